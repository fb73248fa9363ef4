"""A process dies at a commit beside sending: what it was to order or clear away is done once all the same.

The sweeps of comments and of sign-ups, and the press of *send* at the desk. The modules that write
the letters (`tasks/own_letters.py`) and freeze an issue (`tasks/approvals.py`) commit nothing
themselves: the first's notices are posted by `tasks/notices.py`, whose places `test_places.py` tries.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, moderations, unconfirmed
from app.extensions import db
from app.models import (
    Comment,
    CommentState,
    Edition,
    Notice,
    NoticeKind,
    NoticeState,
    Subscriber,
    Subscription,
)
from app.settings import Settings
from tests import desk, people, talks
from tests.chaos import oracle, places
from tests.chaos.forms import LONG, on
from tests.chaos.places import Place
from tests.chaos.scenes import KILLED, Crew, Stage
from tests.conftest import use_relay
from tests.relay import StoryRelay

Clock = Callable[[dt.timedelta], None]
LATE, NEVER = "late@hebdo.test", "never@hebdo.test"
UNHEARD = dt.timedelta(minutes=5)
"""Later than any bell that was not heard, and sooner than a second digest or reminder."""


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew() as crew:
        yield crew


def stage_for(
    flask_app: Flask, crew: Crew, move_clock: Clock, relay: StoryRelay, edition_id: int = 0
) -> Stage:
    use_relay(flask_app, relay.relay)
    known: Settings = flask_app.extensions["hebdo.settings"]
    return Stage(known, crew, move_clock, edition_id, relay)


def each_way(found: list[Place]) -> list[object]:
    """Before a commit nothing is there, behind it all is. The short form tries one of them before."""
    ways = [(place, when) for when in ("after", "before") for place in found]
    ways = ways if LONG else ways[: len(found) + 1]
    return [pytest.param(*way, id=f"{way[0].name} {way[1]}") for way in ways]


def let_much_be_due(move_clock: Clock) -> None:
    """A digest, a reminder, a sign-up and a comment to forget."""
    of = people.newsletter()
    of.reminds = True
    under = talks.issue(of)
    editor = desk.editor()
    editor.wants_digest = True
    talks.said(under, "Effacé", state=CommentState.DELETED).decided_at = clock.now()
    db.session.commit()
    people.pending(of, NEVER)
    move_clock(max(unconfirmed.KEPT, moderations.UNDO) - unconfirmed.REMIND_AFTER)
    people.pending(of, LATE)
    for notice in db.session.scalars(select(Notice)):
        notice.state = NoticeState.ACCEPTED
    db.session.commit()
    move_clock(unconfirmed.REMIND_AFTER + UNHEARD)
    talks.said(under, "Nouveau", state=CommentState.HELD)
    db.session.rollback()


@on("sqlite")
@pytest.mark.parametrize(("place", "when"), each_way(places.sweeping()))
def test_a_sweep_that_dies_at(
    flask_app: Flask, crew: Crew, move_clock: Clock, place: Place, when: str
) -> None:
    let_much_be_due(move_clock)
    with StoryRelay() as relay:
        stage = stage_for(flask_app, crew, move_clock, relay)
        assert stage.work(place, when) == KILLED
        for _ in range(2):
            move_clock(UNHEARD)
            assert stage.work() == 0
    assert Counter(relay.recipients) == {LATE: 1, desk.ADDRESSES[desk.Role.EDITOR]: 1}
    with oracle.reading():
        ordered = Counter(db.session.scalars(select(Notice.kind)))
        known = set(db.session.scalars(select(Subscriber.address).join(Subscription)))
        texts = set(db.session.scalars(select(Comment.text)))
    assert ordered[NoticeKind.REMINDER] == ordered[NoticeKind.COMMENT_DIGEST] == 1
    assert known == {LATE}
    assert texts == {"Nouveau"}


@on("sqlite")
@pytest.mark.parametrize(("place", "when"), each_way(places.ordering()))
def test_a_press_of_send_that_dies_at(
    flask_app: Flask, crew: Crew, move_clock: Clock, place: Place, when: str
) -> None:
    """Whoever presses again, since no answer came, finds it ordered, or orders it: it goes out once."""
    press = {"issue_id": desk.draft(flask_app).id, "address": desk.editor().address}
    # No transaction of ours stays open: SQLite would wait for it.
    db.session.rollback()
    with StoryRelay() as relay:
        stage = stage_for(flask_app, crew, move_clock, relay)
        assert stage.work(place, when, press=press) == KILLED
        with oracle.reading():
            kept = db.session.scalar(select(func.count()).select_from(Edition))
        assert kept == (when == "after")
        assert stage.work(press=press) == 0
        move_clock(UNHEARD)
        assert stage.work() == 0
    with oracle.reading():
        edition_id = db.session.scalars(select(Edition.id)).one()
    assert oracle.verdict(edition_id, relay, 25).accepted == 25
