"""Forms that stood open for too long, or past the end of a session: nothing that was typed is lost."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.extensions import db, links
from app.models import Image, Issue, Notice, Role
from tests import desk, pages
from tests.core.test_images import picture
from tests.desk import Desk
from tests.papers import is_told_above, written

MULTIPART = "multipart/form-data"


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def url(issue: Issue) -> str:
    return f"/editor/issues/{issue.id}"


def typed(issue: Issue, **changes: Any) -> dict[str, Any]:
    first = issue.stories[0]
    words = {f"story-{first.id}-body": "Une heure\nde travail <b>", "subject": "Tapé longtemps"}
    return desk.form_of(issue, **words, **changes)


def subject(issue: Issue) -> str:
    db.session.rollback()
    db.session.refresh(issue)
    return issue.subject


@pytest.mark.parametrize("token", [None, "", "stale", "é"])
def test_a_stale_token_costs_the_writing_page_no_word(
    flask_app: Flask, issue: Issue, token: str | None
) -> None:
    at_desk = desk.signed_in(flask_app)
    before = subject(issue)
    form = typed(issue, csrf_token=token or "")
    if token is None:
        del form["csrf_token"]
    first = issue.stories[0]
    answer = at_desk.open(url(issue), method="POST", data=form)
    assert answer.status_code == 422
    assert "Please press once more." in pages.words(answer.text)
    kept = written(answer.text)
    assert kept["subject"] == ["Tapé longtemps"]
    assert kept[f"story-{first.id}-body"] == ["Une heure\nde travail <b>"]
    assert subject(issue) == before
    fresh = {"csrf_token": desk.token(answer)}
    assert at_desk.post(url(issue), {**form, **fresh}).status_code == 303
    assert subject(issue) == "Tapé longtemps"


def test_a_picture_that_came_with_a_stale_token_is_not_kept_and_that_is_said(
    flask_app: Flask, issue: Issue
) -> None:
    at_desk = desk.signed_in(flask_app)
    pictures = db.session.query(Image).count()
    name = f"story-{issue.stories[0].id}-picture"
    form = typed(issue, csrf_token="stale")
    form[name] = (BytesIO(picture("JPEG")), "photo.jpg")
    answer = at_desk.post(url(issue), form, content_type=MULTIPART)
    assert answer.status_code == 422
    assert pages.element(answer.text, "p", id=f"{name}-fault")
    assert db.session.query(Image).count() == pictures


def test_who_is_signed_out_while_she_writes_signs_in_and_goes_on(
    flask_app: Flask, issue: Issue
) -> None:
    at_desk = desk.signed_in(flask_app)
    before = subject(issue)
    form = typed(issue, do="save")
    at_desk.client.delete_cookie("hebdo")
    answer = at_desk.post(url(issue), form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 403
    kept = written(answer.text)
    del kept["csrf_token"]
    assert kept == {
        name: [str(each) for each in (value if isinstance(value, list) else [value])]
        for name, value in form.items()
    }
    assert subject(issue) == before
    # In another window.
    assert at_desk.sign_in(desk.ADDRESSES[Role.EDITOR]).status_code == 303
    again = at_desk.open(url(issue), method="POST", data={**kept, "csrf_token": "of the page"})
    assert again.status_code == 422
    form = {**kept, "csrf_token": desk.token(again)}
    assert at_desk.open(url(issue), method="POST", data=form).status_code == 303
    assert subject(issue) == "Tapé longtemps"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
def test_what_another_site_sends_is_not_carried_on(
    flask_app: Flask, issue: Issue, origin: str
) -> None:
    form = typed(issue, csrf_token="x")
    answer = Desk(flask_app).post(url(issue), form, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "Tapé longtemps" not in answer.text


def test_a_button_pressed_after_the_session_says_how_to_go_on(
    flask_app: Flask, issue: Issue
) -> None:
    stranger = Desk(flask_app)
    stranger.token = desk.token(stranger.get("/editor/sign-in"))
    answer = stranger.post(f"{url(issue)}/delete", {"revision": 1})
    assert answer.status_code == 403
    assert "load the page again" in answer.text


@pytest.mark.parametrize("token", ["", "stale"])
@pytest.mark.parametrize("where", ["sign-in", "password", "link", "proof"])
def test_a_small_form_with_a_stale_token_comes_back_and_is_good_for_a_second_press(
    flask_app: Flask, issue: Issue, where: str, token: str
) -> None:
    editor = desk.editor()
    link = links().password(editor.id, editor.stamp).removeprefix(links().url(""))
    action = {
        "sign-in": "/editor/sign-in",
        "password": "/editor/password",
        "link": link,
        "proof": f"{url(issue)}/proof",
    }[where]
    given = {"address": editor.address, "password": desk.WORD + " !"}
    visitor = Desk(flask_app)
    if where == "proof":
        assert visitor.sign_in(editor.address).status_code == 303
    if where == "sign-in":
        given["password"] = desk.WORD
    answer = visitor.post(action, {**given, "csrf_token": token})
    assert answer.status_code == 422
    assert "Please press once more." in pages.words(answer.text)
    assert is_told_above(answer.text)
    assert where == "link" or written(answer.text)["address"] == [editor.address]
    assert db.session.query(Notice).count() == 0
    visitor.token = desk.token(answer)
    assert visitor.post(action, given).status_code == 303
