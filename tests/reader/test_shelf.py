"""The shelf: an issue's page made once serves again, and whatever changes on it shows at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event
from time_machine import travel

from app.core import archive, clock, corrections, stamps
from app.extensions import db, links
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
from app.watermarks import Watermark
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


def take_off_the_earlier(edition: Edition) -> None:
    first = db.session.query(Correction.id).order_by(Correction.id).limit(1).scalar()
    corrections.remove(edition.issue, first)


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
CHANGES += [keep_for_subscribers, halt, take_off_the_earlier]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_shows_on_the_very_next_page(
    client: FlaskClient, edition: Edition, change: Callable[[Edition], None]
) -> None:
    people.edition(edition.newsletter, 11)
    if change in {take_off, take_off_the_earlier}:
        correct(edition)
    if change is take_off_the_earlier:
        corrections.add(edition.issue, "", "Ni mardi.")
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


def test_what_is_committed_while_a_page_is_being_made_shows_on_the_next_one(
    client: FlaskClient, edition: Edition, settings: Settings
) -> None:
    renamed: list[str] = []

    def rename_behind_it(connection: object, cursor: object, said: str, *more: object) -> None:
        if "correction" in said and not renamed:
            renamed.append(said)
            rows.by_hand(settings, "UPDATE newsletter SET name = 'Un autre nom'")

    db.session.rollback()
    event.listen(db.engine, "after_cursor_execute", rename_behind_it)
    assert client.get(ISSUE).status_code == 200
    assert renamed
    assert "Un autre nom" in client.get(ISSUE).text


def test_where_the_watermark_cannot_be_told_the_rows_are_asked_each_time(
    flask_app: Flask, client: FlaskClient, edition: Edition
) -> None:
    shelf: Shelf = flask_app.extensions["hebdo.shelf"]
    client.get(ISSUE)
    shelf._watermark = Watermark(create_engine("sqlite:////nowhere/hebdo.sqlite"))
    assert shelf._watermark.read() is None
    for name in ("Un autre nom", "Encore un autre"):
        edition.newsletter.name = name
        db.session.commit()
        assert name in client.get(ISSUE).text


def test_what_came_with_the_request_makes_a_page_of_its_own_that_nobody_else_gets(
    flask_app: Flask, client: FlaskClient, edition: Edition
) -> None:
    shown = talks.said(edition.issue)
    common = client.get(ISSUE).text
    assert kept(flask_app) == 1
    answering = client.get(f"{ISSUE}?answer={shown.id}").text
    assert without_hers(answering) != without_hers(common)
    assert without_hers(client.get(ISSUE).text) == without_hers(common)
    reader = people.confirmed(edition.newsletter)
    hers = flask_app.test_client()
    hers.get(f"{ISSUE}/for/{links().subscription_token(reader.id)}", follow_redirects=True)
    asked = {each.get("name") for each in pages.elements(common, "input")}
    assert {each.get("name") for each in pages.elements(hers.get(ISSUE).text, "input")} == (
        asked - {"address"}
    )
    assert kept(flask_app) == 1


def test_a_message_that_waits_for_one_visitor_is_shown_to_her_alone(
    client: FlaskClient, edition: Edition
) -> None:
    for _ in range(2):
        with client.session_transaction() as hers:
            hers["_flashes"] = [("message", "Un mot pour elle.")]
        assert "Un mot pour elle." in client.get(ISSUE).text
        assert "Un mot pour elle." not in client.get(ISSUE).text


def test_what_no_row_tells_is_a_minute_late_at_the_most(
    client: FlaskClient, edition: Edition
) -> None:
    talks.issue(edition.newsletter, 13)
    for _ in range(2):
        client.get(ISSUE)
    heard: list[object] = []
    event.listen(db.engine, "before_cursor_execute", lambda *what: heard.append(what[2]))
    for minutes, is_made_anew in ((0, False), (2, True)):
        heard.clear()
        with travel(clock.now() + dt.timedelta(minutes=minutes), tick=True):
            assert client.get(ISSUE).status_code == 200
        assert bool(heard) is is_made_anew


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
