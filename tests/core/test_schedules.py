"""When a scheduled issue goes out: at its moment, once; what is no moment is told in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask

from app.core import clock, editions, figures, schedules
from app.core.errors import Invalid
from app.extensions import db
from app.models import Edition, EditionState, Issue, IssueState
from tasks import approvals
from tests import desk

Clock = Callable[[dt.timedelta], None]
SOON = dt.timedelta(hours=3)


@pytest.fixture
def edition(flask_app: Flask) -> Edition:
    """The sample issue, scheduled; committed."""
    made = approvals.order(desk.draft(flask_app), due_at=clock.now() + SOON)
    assert made is not None
    db.session.commit()
    return made


def state(edition: Edition) -> EditionState:
    db.session.commit()
    db.session.refresh(edition)
    return edition.state


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=clock.PARIS)


@pytest.mark.usefixtures("flask_app")
@pytest.mark.parametrize(
    ("now", "typed", "due"),
    [
        ("2026-11-30T12:00", "2026-12-01T07:00", "2026-12-01T06:00+00:00"),
        ("2026-11-30T12:00", " 2026-12-01 07:00 ", "2026-12-01T06:00+00:00"),
        ("2026-06-30T12:00", "2026-07-01T07:00", "2026-07-01T05:00+00:00"),
        # Half past two comes twice that night: the first counts.
        ("2026-10-24T12:00", "2026-10-25T02:30", "2026-10-25T00:30+00:00"),
    ],
)
def test_a_moment_is_read_as_it_is_in_paris(
    move_clock: Clock, now: str, typed: str, due: str
) -> None:
    move_clock(paris(now) - dt.datetime.now(dt.UTC))
    assert schedules.read(typed) == dt.datetime.fromisoformat(due)


@pytest.mark.usefixtures("flask_app")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write a day and an hour"),
        ("demain", "Write a day and an hour"),
        ("2026-13-01T07:00", "Write a day and an hour"),
        ("2026-12-01T07:00Z", "without a time zone"),
        ("2027-03-28T02:30", "clocks are put forward"),
        ("2026-11-30T11:59", "is past"),
        ("2028-01-01T07:00", "more than a year away"),
    ],
)
def test_what_is_no_moment_to_come_is_refused_in_words(
    move_clock: Clock, typed: str, said: str
) -> None:
    move_clock(paris("2026-11-30T12:00") - dt.datetime.now(dt.UTC))
    with pytest.raises(Invalid) as refused:
        schedules.read(typed)
    assert said in str(refused.value.faults["due"])


def test_nothing_begins_before_its_moment_and_then_once(
    edition: Edition, move_clock: Clock
) -> None:
    assert schedules.release() == 0
    assert state(edition) is EditionState.SCHEDULED
    assert not schedules.is_late(edition)
    move_clock(SOON)
    assert [schedules.release() for _look in range(3)] == [1, 0, 0]
    assert state(edition) is EditionState.ORDERED
    assert not schedules.begin(edition.id)


def test_one_that_nobody_looked_after_for_too_long_waits_for_a_person(
    edition: Edition, move_clock: Clock
) -> None:
    move_clock(SOON + schedules.LATENESS)
    assert schedules.release() == 0
    assert state(edition) is EditionState.SCHEDULED
    assert schedules.is_late(edition)
    assert [each.is_in_trouble for each in figures.sends()] == [True]
    assert schedules.begin(edition.id)
    assert state(edition) is EditionState.ORDERED
    assert edition.trouble == ""


def test_one_that_waits_goes_back_to_the_draft_and_can_be_scheduled_again(
    flask_app: Flask, edition: Edition, move_clock: Clock
) -> None:
    issue = db.session.get_one(Issue, edition.issue_id)
    revision = issue.revision
    assert editions.take_back(issue.id)
    assert not editions.take_back(issue.id)
    db.session.commit()
    db.session.refresh(issue)
    assert (issue.state, issue.revision) == (IssueState.DRAFT, revision + 1)
    assert editions.of_issue(issue) is None
    again = approvals.order(issue, due_at=clock.now() + 2 * SOON)
    db.session.commit()
    move_clock(SOON)
    assert schedules.release() == 0
    assert again is not None
    move_clock(SOON)
    assert schedules.release() == 1
    assert not editions.take_back(issue.id)


def test_a_mail_carries_the_day_on_which_it_goes_out(flask_app: Flask, move_clock: Clock) -> None:
    move_clock(paris("2026-11-30T12:00") - dt.datetime.now(dt.UTC))
    made = approvals.order(desk.draft(flask_app), due_at=schedules.read("2026-12-01T00:30"))
    assert made is not None
    assert editions.thaw(made.source).dated == dt.date(2026, 12, 1)
