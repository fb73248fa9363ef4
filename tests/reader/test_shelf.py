"""The shelf: an issue's page made once serves again, and whatever changes on it shows at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.core import archive, corrections, stamps
from app.extensions import db
from app.models import (
    Comment,
    CommentRule,
    CommentState,
    Correction,
    Edition,
    EditionState,
    Visibility,
)
from app.reader.shelf import Shelf
from app.settings import Settings
from tests import pages, people, rows, talks

ISSUE = "/archive/essentiel-ia/12"


@pytest.fixture
def edition(flask_app: Flask) -> Edition:
    return people.edition(people.newsletter(), 12)


def kept(flask_app: Flask) -> int:
    shelf: Shelf = flask_app.extensions["hebdo.shelf"]
    return len(shelf._pages)


def without_hers(page: str) -> str:
    """A page without what is one visitor's."""
    for name, value in pages.hidden(page).items():
        if name in {"csrf_token", "form"}:
            page = page.replace(value, name)
    return page


def test_a_page_from_the_shelf_is_the_page_that_was_made(
    flask_app: Flask, client: FlaskClient, edition: Edition
) -> None:
    made, again = client.get(ISSUE), client.get(ISSUE)
    assert kept(flask_app) == 1
    assert without_hers(again.text) == without_hers(made.text)
    assert again.headers["Cache-Control"] == made.headers["Cache-Control"]
    assert client.head(ISSUE).status_code == 200
    assert kept(flask_app) == 1


def test_each_visitors_form_has_a_token_and_a_name_of_its_own(
    flask_app: Flask, client: FlaskClient, edition: Edition
) -> None:
    client.get(ISSUE)
    hers = pages.hidden(client.get(ISSUE).text)
    his = pages.hidden(flask_app.test_client().get(ISSUE).text)
    for name in ("csrf_token", "form"):
        assert hers[name]
        assert hers[name] != his[name]
    answer = client.post(f"{ISSUE}/react", data={**hers, "name": "", "text": "x"})
    assert answer.status_code == 422
    assert "This form had been open for too long" not in answer.text


def correct(edition: Edition) -> None:
    corrections.add(edition.issue, "", "Ce n’était pas lundi.")


def take_off(edition: Edition) -> None:
    corrections.remove(edition.issue, db.session.query(Correction.id).scalar())


def comment(edition: Edition) -> None:
    db.session.query(Comment).one().state = CommentState.SHOWN


def withdraw(edition: Edition) -> None:
    db.session.query(Comment).one().state = CommentState.WITHDRAWN


def close(edition: Edition) -> None:
    edition.newsletter.comment_rule = CommentRule.OFF


def rename(edition: Edition) -> None:
    edition.newsletter.name = "Un autre nom"


def follow(edition: Edition) -> None:
    people.edition(edition.newsletter, 13)


def hide_the_one_before(edition: Edition) -> None:
    before = db.session.query(Edition).filter(Edition.id != edition.id).one()
    archive.expose(before.issue, Visibility.UNLISTED)


def keep_for_subscribers(edition: Edition) -> None:
    archive.expose(edition.issue, Visibility.SUBSCRIBERS)


def halt(edition: Edition) -> None:
    edition.state = EditionState.HALTED


CHANGES = [correct, take_off, comment, withdraw, close, rename, follow, hide_the_one_before]
CHANGES += [keep_for_subscribers, halt]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_shows_on_the_very_next_page(
    client: FlaskClient, edition: Edition, change: Callable[[Edition], None]
) -> None:
    people.edition(edition.newsletter, 11)
    if change is take_off:
        correct(edition)
    state = CommentState.SHOWN if change is withdraw else CommentState.HELD
    talks.said(edition.issue, state=state)
    client.get(ISSUE)
    before = client.get(ISSUE)
    change(edition)
    db.session.commit()
    after = client.get(ISSUE)
    assert (without_hers(after.text), after.status_code) != (without_hers(before.text), 200)


ELSEWHERE = {
    "rename": "UPDATE newsletter SET name = 'Un autre nom'",
    "close": "UPDATE issue SET comments_closed = true",
    "withdraw the page": "UPDATE issue SET visibility = 'unlisted'",
    "halt": "UPDATE edition SET state = 'halted'",
    "correct": "UPDATE correction SET at = '2026-11-28 10:00:00'",
    "comment": "UPDATE comment SET state = 'shown'",
}


@pytest.mark.parametrize("statement", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_another_process_commits_shows_on_the_very_next_page(
    client: FlaskClient, edition: Edition, settings: Settings, statement: str
) -> None:
    correct(edition)
    talks.said(edition.issue, state=CommentState.HELD)
    client.get(ISSUE)
    before = client.get(ISSUE)
    db.session.rollback()
    rows.by_hand(settings, statement)
    after = client.get(ISSUE)
    assert (without_hers(after.text), after.status_code) != (without_hers(before.text), 200)


def test_each_language_has_its_page(
    flask_app: Flask, client: FlaskClient, edition: Edition
) -> None:
    client.get(ISSUE)
    assert 'lang="en"' in client.get(ISSUE).text
    assert "minutes to read" in client.get(ISSUE).text
    client.get(f"{ISSUE}?lang=fr")
    assert "minutes to read" not in client.get(ISSUE).text
    assert kept(flask_app) == 2


def test_where_nothing_that_pages_show_was_committed_a_page_costs_no_statement(
    client: FlaskClient, edition: Edition
) -> None:
    for _ in range(2):
        client.get(ISSUE)
    heard: list[str] = []

    def hear(connection: object, cursor: object, statement: str, *more: object) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    assert client.get(ISSUE).status_code == 200
    assert heard == []
    correct(edition)
    db.session.commit()
    heard.clear()
    assert "Ce n’était pas lundi." in client.get(ISSUE).text
    assert heard != []


def test_only_what_everybody_may_see_has_a_stamp(edition: Edition) -> None:
    found = stamps.of_issue("essentiel-ia", 12)
    assert found is not None
    assert found.issue_id == edition.issue_id
    for visibility in (Visibility.UNLISTED, Visibility.SUBSCRIBERS):
        archive.expose(edition.issue, visibility)
        assert stamps.of_issue("essentiel-ia", 12) is None
    assert stamps.of_issue("essentiel-ia", 99) is None
    assert stamps.of_issue("nothing", 12) is None


def test_no_two_sets_of_comments_have_one_stamp(edition: Edition) -> None:
    """Sums would have: 1 + 4 = 2 + 3."""
    said = [talks.said(edition.issue, state=CommentState.HELD) for _ in range(4)]
    seen = set()
    for chosen in ({0, 3}, {1, 2}, {0, 1, 2, 3}, set[int]()):
        for place, comment in enumerate(said):
            comment.state = CommentState.SHOWN if place in chosen else CommentState.HELD
        db.session.commit()
        found = stamps.of_issue("essentiel-ia", 12)
        assert found is not None
        seen.add(found.text)
    assert len(seen) == 4
