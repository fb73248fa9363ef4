"""Hostile input at the desk: none is executed, none ends in a 500, each is answered in words."""

from __future__ import annotations

import itertools

import pytest
from flask import Flask

from app.core import imports, issues, samples, stories
from app.core.errors import Invalid
from app.core.stories import StoryWords
from app.extensions import db
from app.models import Edition, Issue, Newsletter, Role
from tasks import approvals
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


def test_hostile_words_stay_text_on_every_page_of_an_issue(at_desk: Desk, issue: Issue) -> None:
    url = f"/editor/issues/{issue.id}"
    for payload in PAYLOADS:
        db.session.expire_all()
        assert at_desk.post(url, fill(issue, payload)).status_code in IN_WORDS, payload
        for page in ("", "/preview", "/preview/mail", "/send"):
            answer = at_desk.get(url + page)
            assert answer.status_code == 200, (payload, page)
            assert not is_alive(answer.text), (payload, page)
        assert at_desk.get("/editor/").status_code == 200, payload


def test_hostile_words_stay_text_in_mail_and_archive(at_desk: Desk, issue: Issue) -> None:
    """Each payload is the subject and the lead of an issue that is sent for good."""
    sent = 0
    for payload in PAYLOADS:
        number = order(issue.newsletter, payload)
        if number is None:
            # The checks named the link that leads nowhere or the slot that is none: it never came
            # as far as a mail.
            assert "(javascript:" in payload or "{{" in payload
            continue
        sent += 1
        page = at_desk.get(f"/archive/{issue.newsletter.slug}/{number}")
        assert page.status_code == 200, payload
        assert not is_alive(page.text), payload
        printed = db.session.query(Edition).order_by(Edition.id.desc()).first()
        assert printed is not None
        assert printed.html
        assert not is_alive(printed.html), payload
    assert sent >= 25


def order(newsletter: Newsletter, payload: str) -> int | None:
    """Write, order and print an issue with this payload; its number, None when the checks refuse."""
    text = (samples.FOLDER / samples.ISSUE).read_text(encoding="utf-8")
    issue, _ = issues.create_from(newsletter, imports.read(text, newsletter.rubrics))
    lead = stories.of_rubric(issue, newsletter.rubrics[0].id)[0]
    words = StoryWords(lead.id, lead.rubric_id, payload[:900], payload)
    issues.save(issue, 1, issues.Words(payload[:200], payload[:200], stories=(words,)))
    db.session.commit()
    try:
        edition = approvals.order(issue)
    except Invalid:
        db.session.rollback()
        return None
    assert edition is not None
    db.session.commit()
    press(edition.id)
    return issue.number


def test_hostile_words_are_answered_by_every_other_form(at_desk: Desk, issue: Issue) -> None:
    for payload in PAYLOADS:
        for url, form in other_forms(issue, payload).items():
            answer = at_desk.post(url, form)
            assert answer.status_code in IN_WORDS, (url, payload)
            assert not is_alive(answer.text), (url, payload)


def other_forms(issue: Issue, payload: str) -> dict[str, dict[str, str]]:
    settings = ("name", "tagline", "sender_name", "sender_address", "accent", "language")
    question = ("name", "kind", "label", "hint", "message", "choices", "least", "most")
    rubric = ("title", "kind", "anchor", "least", "most")
    return {
        "/editor/issues/new": {"newsletter": payload},
        "/editor/issues/import": {"newsletter": "essentiel-ia", "text": payload},
        f"/editor/issues/{issue.id}/proof": {"address": payload},
        f"/editor/issues/{issue.id}/send": {"revision": payload},
        f"/editor/issues/{issue.id}/delete": {"revision": payload},
        "/editor/editors": {"name": payload, "address": payload, "role": payload},
        "/editor/newsletters/essentiel-ia": dict.fromkeys(settings, payload),
        "/editor/newsletters/essentiel-ia/questions": dict.fromkeys(question, payload),
        "/editor/newsletters/essentiel-ia/rubrics": dict.fromkeys(rubric, payload),
        "/editor/newsletters/essentiel-ia/embedding": {"origins": payload},
        "/editor/password": {"address": payload},
        "/editor/password/x": {"password": payload},
        "/editor/sign-in": {"address": payload, "password": payload},
    }


def test_broken_utf8_is_answered(at_desk: Desk, issue: Issue) -> None:
    fields = ("subject", "preheader", "leftovers", "do", "story", "revision")
    broken = b"".join(b"%%%02x" % byte for byte in BROKEN_UTF8)
    for field, value in itertools.product(fields, (BROKEN_UTF8, broken)):
        body = b"csrf_token=" + at_desk.token.encode() + b"&revision=1&" + field.encode() + b"="
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


def test_a_hostile_question_is_text_wherever_it_is_asked(at_desk: Desk, issue: Issue) -> None:
    """On the sign-up pages, in the frame, in the snippets to copy, at the desk."""
    slug = issue.newsletter.slug
    url = f"/editor/newsletters/{slug}"
    for n, payload in enumerate(PAYLOADS[:16]):
        plan = {"name": f"q{n}", "kind": "choice", "label": payload, "hint": payload}
        offered = {"choices": f"{payload}\nautre", "message": payload, "required": "y"}
        answer = at_desk.post(f"{url}/questions", {**plan, **offered})
        assert answer.status_code == 303, payload
    pages = ("/questions", "/embedding", "")
    for path in (*(url + page for page in pages), f"/newsletters/{slug}", f"/embed/{slug}"):
        answer = at_desk.get(path)
        assert answer.status_code == 200, path
        assert not is_alive(answer.text), path
