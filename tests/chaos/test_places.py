"""A worker dies at each place where sending can die between two facts, and nobody is lost.

`places` reads them from the code, `faulty` dies there, a second worker finishes, the oracle judges.
A new place is tried without anybody's doing; one that no scene comes to fails: give it a scene.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import subscriptions
from app.extensions import db
from app.models import EndReason, Newsletter, Notice, NoticeState
from app.settings import Settings
from tests import certificates, rows
from tests.chaos import oracle, places, scenes
from tests.chaos.forms import LONG, on
from tests.chaos.places import Place
from tests.chaos.scenes import KILLED, Crew, Stage
from tests.conftest import use_relay
from tests.relay import StoryRelay

READERS = 16
SESSIONS = 2
FRIEND = "friend@readers.invalid"
"""Signs up while the issue goes out: she is owed a confirmation, at whatever place the worker dies."""

Clock = Callable[[dt.timedelta], None]
PLACES = places.every()
REPEATED = ("Journal.begin", "Journal.end", "sendmsg", "recv", "Clerk._take_on commit 2")
"""Places that a send comes to again and again: here a later time is tried, too."""


def faults() -> Iterator[tuple[Place, str, int]]:
    """In the short form a commit and the writes of rows before it are tried once, behind the call: what
    is not committed when a worker dies was never written."""
    for place in PLACES:
        often = any(name in place.name for name in REPEATED)
        for nth in (1, 3) if often else (1,):
            if LONG or place.kind in ("journal", "socket"):
                yield place, "before", nth
            yield place, "after", nth


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew() as crew:
        yield crew


def order_notices() -> None:
    """One confirmation that is still wanted, and one that no longer is."""
    of = db.session.scalars(select(Newsletter)).one()
    subscriptions.sign_up(of, FRIEND)
    other = subscriptions.sign_up(of, "stranger@readers.invalid").subscription
    assert other is not None
    subscriptions.end(other.id, EndReason.ONE_CLICK)
    db.session.commit()


@on("sqlite")
@pytest.mark.parametrize(
    ("place", "when", "nth"),
    [pytest.param(*each, id=f"{each[0].name} {each[1]} {each[2]}") for each in faults()],
)
def test_a_worker_that_dies_at(
    flask_app: Flask, crew: Crew, move_clock: Clock, place: Place, when: str, nth: int
) -> None:
    scene = scenes.at(place)
    known: Settings = flask_app.extensions["hebdo.settings"]
    tls = certificates.context(certificates.self_signed(known.state_dir)) if scene.tls else None
    edition_id = rows.send_to(READERS)
    order_notices()
    with StoryRelay(**scene.story, tls=tls) as relay:
        use_relay(flask_app, relay.relay, connections=SESSIONS)
        known = flask_app.extensions["hebdo.settings"]
        move_clock(dt.timedelta(seconds=10))
        stage = Stage(known, crew, move_clock, edition_id, relay)
        scene.prepare(stage)
        with scene.around(stage):
            code = stage.work(place, when, nth, **scene.how)
        assert code == KILLED, f"no worker came to {place.name}: give it a scene"
        scene.mend(stage)
        # A death lets no one else in before its lease ends, where the journal is not there to tell.
        move_clock(dt.timedelta(minutes=15))
        assert stage.work() == 0
    judge(edition_id, relay, stage.deaths)


def judge(edition_id: int, relay: StoryRelay, deaths: int) -> None:
    letters = [each for each in relay.received if each.rcpt_to == FRIEND]
    doubt = SESSIONS * deaths + len(relay.unanswered)
    oracle.verdict(edition_id, relay, READERS, in_doubt=doubt, beside={FRIEND})
    with oracle.reading():
        states = dict(db.session.execute(select(Notice.address, Notice.state)).all())
    assert states == {
        FRIEND: NoticeState.ACCEPTED,
        "stranger@readers.invalid": NoticeState.DROPPED,
    }
    # A notice in doubt is sent again: a second confirmation is a smaller evil than none.
    assert 1 <= len(letters) <= 1 + deaths


def test_the_places_are_found_in_the_code() -> None:
    """The finder looks for the right words: what is known to be there is found, and by name."""
    names = [place.name for place in PLACES]
    assert len(names) == len(set(names))
    for known in (
        "tasks/clerks.py Clerk._settle_and_claim commit",
        "tasks/recovery.py claim commit",
        "tasks/recovery.py _recover ledger.settle",
        "tasks/journal.py Journal._grow pwrite",
        "tasks/journal.py Journal.end _write",
        "emails/mouths.py Mouth.say sendmsg",
        "emails/wire.py Wire.on_readable recv",
    ):
        assert known in names
