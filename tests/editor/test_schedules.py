"""Scheduling at the desk: a moment in Paris, taken back, begun by hand, and asked about when it is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, editions, schedules
from app.extensions import db
from app.models import Edition, EditionState, Issue, IssueState, Role
from tests import desk, pages
from tests.desk import Desk

Clock = Callable[[dt.timedelta], None]


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def typed(ahead: dt.timedelta) -> str:
    """As a browser sends it."""
    return f"{(clock.now() + ahead).astimezone(clock.PARIS):%Y-%m-%dT%H:%M}"


@pytest.fixture
def scheduled(at_desk: Desk, issue: Issue) -> Edition:
    """The sample issue, to go out in two days; by the desk's own form."""
    form = {"revision": 1, "due": typed(dt.timedelta(days=2))}
    answer = at_desk.post(f"/editor/issues/{issue.id}/send", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, progress(issue))
    return db.session.scalars(select(Edition)).one()


def progress(issue: Issue) -> str:
    return f"/editor/issues/{issue.id}/progress"


def state(edition: Edition) -> EditionState:
    db.session.rollback()
    db.session.refresh(edition)
    return edition.state


def test_an_issue_is_scheduled_and_its_page_and_the_list_say_for_when(
    at_desk: Desk, issue: Issue, scheduled: Edition
) -> None:
    assert state(scheduled) is EditionState.SCHEDULED
    page = pages.words(at_desk.get(progress(issue)).text)
    assert "It goes out on" in page
    assert "(Paris time)" in page
    assert "Stop for good" not in page
    row = pages.words(at_desk.get("/editor/").text)
    assert "scheduled" in row
    # A second press, on the page that was open in another tab.
    again = {"revision": 1, "due": typed(dt.timedelta(days=3))}
    assert at_desk.post(f"/editor/issues/{issue.id}/send", again).status_code == 303
    assert at_desk.post(f"/editor/issues/{issue.id}/send", {"revision": 1}).status_code == 303
    assert state(scheduled) is EditionState.SCHEDULED


@pytest.mark.parametrize("due", ["", "demain", "2020-01-01T07:00"])
def test_what_is_no_moment_to_come_comes_back_with_its_fault(
    at_desk: Desk, issue: Issue, due: str
) -> None:
    answer = at_desk.post(f"/editor/issues/{issue.id}/send", {"revision": 1, "due": due})
    assert answer.status_code == 422
    assert 'id="due-fault"' in answer.text
    assert f'value="{due}"' in answer.text
    db.session.refresh(issue)
    assert issue.state is IssueState.DRAFT


def test_the_words_are_kept_until_the_order_is_taken_back(
    at_desk: Desk, issue: Issue, scheduled: Edition
) -> None:
    path = f"/editor/issues/{issue.id}"
    assert at_desk.get(path).headers["Location"] == progress(issue)
    answer = at_desk.post(f"{path}/take-back")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert "This is a draft again" in at_desk.get(path).text
    assert at_desk.post(f"{path}/take-back").status_code == 303
    db.session.expire_all()
    assert issue.state is IssueState.DRAFT
    assert editions.of_issue(issue) is None


def test_it_is_sent_at_once_by_one_press_and_the_second_changes_nothing(
    at_desk: Desk, issue: Issue, scheduled: Edition
) -> None:
    for said in ("A worker prints the issue", "moved on before you pressed"):
        at_desk.post(f"/editor/issues/{issue.id}/begin")
        assert said in at_desk.get(progress(issue)).text
        assert state(scheduled) is EditionState.ORDERED


def test_one_that_is_late_asks_instead_of_going_out(
    at_desk: Desk, issue: Issue, scheduled: Edition, move_clock: Clock
) -> None:
    move_clock(dt.timedelta(days=2) + schedules.LATENESS)
    page = at_desk.get(progress(issue)).text
    assert "This issue is late" in page
    assert f"/editor/issues/{issue.id}/begin" in page
    assert f"/editor/issues/{issue.id}/take-back" in page


def test_who_only_writes_neither_schedules_nor_begins(flask_app: Flask, issue: Issue) -> None:
    writer = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    path = f"/editor/issues/{issue.id}"
    form = {"revision": 1, "due": typed(dt.timedelta(days=2))}
    for what in ("send", "begin", "take-back"):
        assert writer.post(f"{path}/{what}", form).status_code == 403
    db.session.refresh(issue)
    assert issue.state is IssueState.DRAFT
