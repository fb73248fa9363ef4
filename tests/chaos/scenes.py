"""What is the case when a worker dies at a place, and who works before and after it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from app.core import batches, clock, editions
from app.extensions import db
from app.models import Edition, EditionState
from app.settings import Settings
from tasks import issues, journal
from tests.chaos import places
from tests.chaos.places import Place
from tests.relay import StoryRelay
from tests.service import ROOT, environment

KILLED = -9
SIZE = 5
"""Readers in a batch: a few dozen readers are many batches."""

Clock = Callable[[dt.timedelta], None]


class Crew:
    """Starts workers that die where they are told to; ends with its block."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.faulty"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def send(self, **order: Any) -> int:
        """Start a worker and wait for its end; its exit code, or its process when it goes on."""
        orders, codes = self._process.stdin, self._process.stdout
        assert orders is not None
        assert codes is not None
        print(json.dumps(order), file=orders, flush=True)
        return int(codes.readline())

    def kill(self, *workers: int) -> None:
        """kill -9 for workers that go on, all before any is waited for."""
        for each in workers:
            os.kill(each, signal.SIGKILL)
        for each in workers:
            assert self.send(ended=each) == KILLED

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


@dataclass
class Stage:
    """One installation with its edition, and who works for it."""

    known: Settings
    crew: Crew
    move_clock: Clock
    edition_id: int
    relay: StoryRelay
    deaths: int = 0

    def work(self, place: Place | None = None, when: str = "", nth: int = 1, **how: Any) -> int:
        """A worker that works until nothing waits, or dies at the place; its exit code."""
        log = self.known.state_dir / "worker.log"
        fault = place and {
            "path": place.path, "first": place.first, "last": place.last, "when": when, "nth": nth
        }  # fmt: skip
        given = environment(self.known) | {
            clock.TEST_CLOCK: os.environ[clock.TEST_CLOCK],
            "SSL_CERT_FILE": str(self.known.state_dir / "relay.pem"),
        }
        order = {"environment": given, "log": str(log), "size": SIZE, "fault": fault, **how}
        code = self.crew.send(**order)
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-4000:])
        self.deaths += code == KILLED
        return code


@dataclass(frozen=True)
class Scene:
    story: dict[str, Any] = field(default_factory=dict)
    """What the relay does, see `tests.relay.Story`."""
    tls: bool = False
    pieces: bool = False
    """The kernel takes a few kilobytes at a time: a copy leaves in many writes."""
    lease: float = 0.0
    """Seconds of a lease by which the clerk renews it, when they are not the usual ones."""
    misprint: bool = False
    """The MJML engine stumbles over the edition."""
    limited: bool = False
    """All workers together may open so many sessions, and each has a share of them."""
    prepare: Callable[[Stage], None] = lambda stage: None
    around: Callable[[Stage], AbstractContextManager[None]] = lambda stage: nullcontext()
    """What is the case only until the worker has died."""
    mend: Callable[[Stage], None] = lambda stage: None
    """What a person does between the death and the next worker."""

    @property
    def how(self) -> dict[str, Any]:
        """What the worker that dies is told beside its place."""
        return {
            "pieces": self.pieces,
            "lease": self.lease,
            "misprint": self.misprint,
            "limited": self.limited,
        }


def named(name: str) -> Place:
    (found,) = (one for one in places.every() if one.name.endswith(name))
    return found


def die_with_copies_begun(stage: Stage) -> None:
    """A worker before this one was killed with its journal half written."""
    assert stage.work(named("Journal.begin _write"), "after", nth=7, limited=True) == KILLED


def die_over_one_row(stage: Stage) -> None:
    """Four workers were: the last three while they tried the same reader's copy."""
    die_with_copies_begun(stage)
    for _ in range(3):
        assert stage.work(named("Journal.rehearse _write"), "after") == KILLED


def die_over_one_row_and_another(stage: Stage) -> None:
    """Workers were killed wherever they were."""
    die_with_copies_begun(stage)
    for nth in (1, 3):
        assert stage.work(named("Journal.rehearse _write"), "after", nth) == KILLED


def let_the_relay_hurry(stage: Stage) -> None:
    stage.relay.story.slow = 0.0


@contextlib.contextmanager
def a_living_owner(stage: Stage) -> Iterator[None]:
    """A slow worker holds a batch beyond its lease; its journal's lock says that it lives."""
    issues.press(stage.edition_id)
    with journal.opened(stage.known.state_dir) as (owner, _):
        assert batches.claim(owner) is not None
        db.session.commit()
        stage.move_clock(dt.timedelta(minutes=2))
        yield


def cancel_it(stage: Stage) -> None:
    issues.press(stage.edition_id)
    assert editions.cancel(stage.edition_id)
    db.session.commit()


def schedule_it(stage: Stage) -> None:
    """Its moment has just come."""
    db.session.execute(update(Edition).values(state=EditionState.SCHEDULED, due_at=clock.now()))
    db.session.commit()


def leave_an_old_journal(stage: Stage) -> None:
    with journal.opened(stage.known.state_dir) as (_, own):
        os.utime(own.path, (0, 0))


def spoil_the_letterhead(stage: Stage) -> None:
    """An edition that was printed and of which no copy can be made: its way out leads nowhere."""
    issues.press(stage.edition_id)
    _rewrite(stage, "{{token}}", "{{tokem}}")


def mend_the_letterhead(stage: Stage) -> None:
    _rewrite(stage, "{{tokem}}", "{{token}}")
    editions.resume(stage.edition_id)
    db.session.commit()


def order_again(stage: Stage) -> None:
    """The engine is mended, and the edition ordered as it was."""
    db.session.rollback()
    db.session.execute(update(Edition).values(state=EditionState.ORDERED))
    db.session.commit()


def _rewrite(stage: Stage, old: str, new: str) -> None:
    db.session.rollback()
    edition = db.session.get_one(Edition, stage.edition_id, populate_existing=True)
    edition.source = edition.source.replace(old, new)
    db.session.commit()


LIVELY = Scene(
    {"defer": {3, 11}, "refuse": {5}, "hang_up_at_rcpt": {8}, "hang_up_after_dot": {14}},
    prepare=leave_an_old_journal,
)
"""A relay that does a little of everything."""

RECOVERY = Scene(prepare=die_with_copies_begun)
SPOILT = Scene(prepare=spoil_the_letterhead, mend=mend_the_letterhead)

SCENES = {
    "tasks/recovery.py _recover ": RECOVERY,
    "tasks/recovery.py _set_aside ": RECOVERY,
    "tasks/recovery.py _set_aside batches.suspect 2": Scene(prepare=die_over_one_row),
    "tasks/recovery.py _judge ": RECOVERY,
    "tasks/recovery.py _judge batches.acquit": Scene(prepare=die_over_one_row_and_another),
    "tasks/lookout.py free_orphans ": Scene(prepare=die_with_copies_begun, limited=True),
    "tasks/lookout.py tidy schedules.release": Scene(prepare=schedule_it),
    "tasks/clerks.py Clerk._settle_early ": Scene({"slow": 0.6}, mend=let_the_relay_hurry),
    "tasks/recovery.py claim batches.hand_back": Scene(around=a_living_owner),
    "tasks/recovery.py claim commit": Scene(around=a_living_owner),
    "tasks/clerks.py Clerk._take_on commit": RECOVERY,
    "tasks/clerks.py Clerk._take_on commit 2": LIVELY,
    "tasks/journal.py _disk unlink": Scene(),
    "tasks/clerks.py Clerk._skip_all ": Scene(prepare=cancel_it),
    "tasks/clerks.py Clerk._set_down ": SPOILT,
    "tasks/journal.py Journal.rehearse ": RECOVERY,
    "tasks/clerks.py Clerk._write batches.release": Scene({"refuse_mail": {1, 2}}),
    "tasks/clerks.py Clerk._give_all_back batches.rest": Scene({"refuse_mail": {1, 2}}),
    "tasks/clerks.py Clerk._renew ": Scene({"slow": 0.25}, lease=8.0, mend=let_the_relay_hurry),
    "tasks/clerks.py Clerk._read_wishes ": Scene({"slow": 0.25}, mend=let_the_relay_hurry),
    "tasks/issues.py _print editions.halt": Scene(misprint=True, mend=order_again),
    "emails/mouths.py Mouth.flush sendmsg": Scene(pieces=True),
    "emails/mouths.py Mouth.flush send": Scene(tls=True),
}
"""Which scene comes to a place, by the beginning of its name, the longest first; else the lively one."""


def at(place: Place) -> Scene:
    found = [
        name
        for name in SCENES
        if name == place.name or (name[-1] == " " and place.name.startswith(name))
    ]
    return SCENES[max(found, key=len)] if found else LIVELY
