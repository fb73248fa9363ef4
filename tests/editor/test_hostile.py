"""Hostile input at the desk: none is executed, none ends in a 500, each is answered in words."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import issues
from app.extensions import db
from app.models import Edition, Issue, Role
from tasks.issues import press
from tests import desk
from tests.desk import Desk
from tests.hostile import BROKEN_UTF8, PAYLOADS, is_alive

IN_WORDS = {200, 303, 404, 409, 422}


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app, Role.ADMIN)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def fill(issue: Issue, payload: str) -> dict[str, object]:
    """The payload in every field of the issue and of its first story."""
    story = issue.stories[0]
    name = f"story-{story.id}"
    fields = ("title", "body", "link", "link_label", "image_alt", "image_credit")
    typed = {f"{name}-{field}": payload for field in fields}
    return desk.form_of(issue, subject=payload, preheader=payload, leftovers=payload, **typed)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_stay_text_on_every_page_of_an_issue(
    at_desk: Desk, issue: Issue, payload: str
) -> None:
    url = f"/editor/issues/{issue.id}"
    saved = at_desk.post(url, fill(issue, payload))
    assert saved.status_code in IN_WORDS
    for page in ("", "/preview", "/preview/mail", "/send"):
        answer = at_desk.get(url + page)
        assert answer.status_code == 200, page
        assert not is_alive(answer.text), page
    assert at_desk.get("/editor/").status_code == 200


@pytest.mark.parametrize("payload", [each for each in PAYLOADS if len(each) < 200])
def test_hostile_words_stay_text_in_mail_and_archive(
    at_desk: Desk, issue: Issue, payload: str
) -> None:
    story = issue.stories[0]
    story.title = story.body = payload.replace("\x00", " ")
    issue.subject = " ".join(payload.replace("\x00", " ").split())
    db.session.commit()
    answer = at_desk.post(f"/editor/issues/{issue.id}/send", {"revision": 1})
    if answer.status_code == 422:
        # The checks named the link that leads nowhere: it never came as far as a mail.
        assert "javascript" in payload
        return
    press(db.session.query(Edition).one().id)
    page = at_desk.get(f"/archive/{issue.newsletter.slug}/{issue.number}")
    assert page.status_code == 200
    assert not is_alive(page.text)
    assert not is_alive(at_desk.get(f"/editor/issues/{issue.id}/preview/mail").text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_are_answered_by_every_other_form(
    at_desk: Desk, issue: Issue, payload: str
) -> None:
    forms = {
        "/editor/issues/new": {"newsletter": payload},
        "/editor/issues/import": {"newsletter": "essentiel-ia", "text": payload},
        f"/editor/issues/{issue.id}/proof": {"address": payload},
        f"/editor/issues/{issue.id}/send": {"revision": payload},
        f"/editor/issues/{issue.id}/delete": {"revision": payload},
        "/editor/editors": {"name": payload, "address": payload, "role": payload},
        "/editor/newsletters/essentiel-ia": dict.fromkeys(
            ("name", "tagline", "sender_name", "sender_address", "accent", "language"), payload
        ),
        "/editor/password": {"address": payload},
        "/editor/password/x": {"password": payload},
        "/editor/sign-in": {"address": payload, "password": payload},
    }
    for url, form in forms.items():
        answer = at_desk.post(url, form)
        assert answer.status_code in IN_WORDS, url
        assert not is_alive(answer.text), url


@pytest.mark.parametrize("field", ["subject", "preheader", "leftovers", "do", "story", "revision"])
def test_broken_utf8_is_answered(at_desk: Desk, issue: Issue, field: str) -> None:
    body = b"csrf_token=" + at_desk.token.encode() + b"&revision=1&" + field.encode() + b"="
    broken = b"".join(b"%%%02x" % byte for byte in BROKEN_UTF8)
    for value in (BROKEN_UTF8, broken):
        answer = at_desk.open(
            f"/editor/issues/{issue.id}",
            method="POST",
            data=body + value,
            content_type="application/x-www-form-urlencoded",
        )
        # Bytes that no browser sends leave an empty form, which lacks its token.
        assert answer.status_code in (IN_WORDS | {400} if value == BROKEN_UTF8 else IN_WORDS)
        assert "<h1" in answer.text or answer.status_code == 303


def test_a_forged_header_becomes_part_of_the_subject(at_desk: Desk, issue: Issue) -> None:
    form = desk.form_of(issue, subject="Sujet\r\nBcc: victim@example.org")
    at_desk.post(f"/editor/issues/{issue.id}", form)
    db.session.expire_all()
    assert issue.subject == "Sujet Bcc: victim@example.org"


def test_an_import_of_anything_is_a_draft_or_a_word(at_desk: Desk, issue: Issue) -> None:
    for payload in PAYLOADS:
        text = f"Sujet\nDevise\nÀ la Une\n{payload}\nEt aussi\n{payload}\n"
        answer = at_desk.post("/editor/issues/import", {"newsletter": "essentiel-ia", "text": text})
        assert answer.status_code in {200, 422}
        assert not is_alive(answer.text)
    assert issues.listing()
