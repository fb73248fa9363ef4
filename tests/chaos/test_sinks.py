"""Each of smtp-sink's fault switches through a whole send: the states are right, no reader gets two.

A sink that fails is replaced by one that does not, on the same port, once it has had its say: what
it left to do is then done, and what it settled stays settled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from flask import Flask

from app.core.deliveries import Progress
from app.extensions import db
from app.models import Edition
from app.settings import Settings
from emails.values import Relay
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import PATIENCE, on
from tests.chaos.sinks import sink
from tests.conftest import use_relay
from tests.ports import free_port
from tests.service import running, wait_for

pytestmark = pytest.mark.judge

READERS = 40
SESSIONS = 6
Clock = Callable[[dt.timedelta], None]


@dataclass(frozen=True)
class Case:
    """What a sink with these switches leads to."""

    switches: tuple[str, ...]
    state: str
    """What all readers are in when it has had its say; *trouble*: that is told, everything rests, and
    no reader is charged."""
    taken: bool = False
    """It took charge of what it got."""
    least: int = READERS
    """Of how many readers it has its say. A session that brings nothing is opened ever more slowly."""


CASES = [
    Case(("-r", "RCPT"), "deferred"),
    Case(("-r", "."), "deferred"),
    Case(("-f", "RCPT"), "refused"),
    Case(("-f", "."), "trouble"),
    Case(("-f", "MAIL"), "trouble"),
    # One reader over whom sessions break is deferred; here they break over one after the other.
    Case(("-q", "RCPT"), "trouble"),
    Case(("-q", "."), "in_doubt", least=4),
    Case(("-Q", "CONNECT"), "trouble"),
    Case(("-Q", "."), "deferred"),
    # Without -p it may sleep on commands that stand behind the dot, and never wake for them.
    Case(("-p", "-W", ".:1:10"), "accepted", taken=True),
    Case(("-w", "1"), "accepted", taken=True),
    Case(("-A", "0"), "trouble"),
]


@on("sqlite")
@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.switches))
def test_a_sink_started_with(flask_app: Flask, move_clock: Clock, case: Case) -> None:
    port = free_port()
    use_relay(flask_app, Relay("127.0.0.1", port, timeout=10.0), connections=SESSIONS)
    known: Settings = flask_app.extensions["hebdo.settings"]
    edition_id = rows.send_to(READERS)
    with running(known, "worker", "--only", "lookout"):
        with sink(port, *case.switches) as faulty:
            wait_for(lambda: has_had_its_say(edition_id, case), what=case.state)
        before = look(edition_id)
        with sink(port) as sound:
            wait_for(
                lambda: oracle.is_over_by_and_by(edition_id, move_clock),
                PATIENCE,
                what="the edition is sent",
            )
            judge(edition_id, case, faulty.recipients, sound.recipients, before)


def judge(edition_id: int, case: Case, had: list[str], got: list[str], before: Progress) -> None:
    """`had` and `got`: what the failing sink and the sound one were given."""
    took = had if case.taken else got
    relay = SimpleNamespace(recipients=took)
    progress = oracle.verdict(edition_id, relay, READERS, in_doubt=len(had))
    assert progress.accepted == len(took)
    assert progress.refused >= before.refused
    if case.state != "in_doubt":
        assert progress.in_doubt == 0
    if case.state == "in_doubt":
        # It had every copy, once, and said nothing: nobody is written to again.
        assert len(set(had)) == len(had) == progress.in_doubt >= case.least
        assert progress.accepted == READERS - len(had)
    if case.state == "trouble":
        assert before.waiting + before.sending == READERS
        assert progress.accepted == READERS


def look(edition_id: int) -> Progress:
    with oracle.reading():
        return oracle.count(edition_id)


def has_had_its_say(edition_id: int, case: Case) -> bool:
    progress = look(edition_id)
    if case.state != "trouble":
        return getattr(progress, case.state) >= case.least
    with oracle.reading():
        return bool(db.session.get_one(Edition, edition_id, populate_existing=True).trouble)
