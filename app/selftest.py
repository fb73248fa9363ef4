"""The kill test on the operator's own machine: a real worker, a sink of ours, kill -9 again and again.

What it proves holds for every send: nobody lost, nobody mailed twice, and whatever no one can know
is listed as in doubt. It touches nothing of this installation: rows, journals and
keys are its own, in a folder that is gone afterwards; no mail leaves the machine.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import create_app
from app.catcher import postbox
from app.catcher.postbox import HOST
from app.children import Child
from app.core import clock, deliveries, enrolments, issues, samples
from app.core.deliveries import Progress
from app.core.enrolments import ImportRow
from app.database import reading_only
from app.extensions import db
from app.models import DeliveryState, Edition, EditionState
from app.settings import load
from app.up import state

PATIENCE = 600.0
"""Seconds for the whole of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the sink took against what the ledger says; readers counted, all of them."""

    progress: Progress
    once: int
    twice: int
    """Got it more than once."""
    never: int
    """Got nothing."""
    unlisted: int
    """Got nothing, and the ledger does not call her in doubt."""
    kills: int
    seconds: float

    @property
    def holds(self) -> bool:
        return self.progress.adds_up and not (self.twice or self.unlisted)


@dataclass(frozen=True, slots=True)
class Taken:
    id: int


class Tally:
    """Stands where the catcher's inbox stands: counts who was written to, keeps nothing."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    def keep(self, mail_from: str, rcpt_to: Sequence[str], data: bytes) -> Taken:
        self.taken.update(rcpt_to)
        return Taken(self.taken.total())


def run(readers: int, kills: int, folder: Path, say: Callable[[str], None]) -> Verdict:
    """Send one issue to so many readers, killing the worker so often; may take minutes."""
    tally = Tally()
    with listening(tally) as port:
        environ = environment(folder, port)
        with create_app(load(environ)).app_context():
            edition_id = prepare(readers, folder)
            began = time.monotonic()
            done = torment(tally, edition_id, readers, kills, environ, folder, say)
            seconds = time.monotonic() - began
            found = verdict(tally, edition_id, readers, done, seconds)
            db.session.remove()
            db.engine.dispose()
    return found


@contextmanager
def listening(tally: Tally) -> Iterator[int]:
    """The sink, on loopback, at whatever port is free."""
    port = state.free_port()
    sink = postbox.controller(tally, port, "selftest.invalid")
    sink.start()
    try:
        yield port
    finally:
        sink.stop()


def environment(folder: Path, port: int) -> dict[str, str]:
    """An installation of its own, without a broker: its worker finds everything itself."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HEBDO_SECRET_KEY": secrets.token_hex(32),
        "HEBDO_BASE_URL": "http://selftest.invalid",
        "HEBDO_SMTP_URL": f"smtp://{HOST}:{port}?tls=none",
        "HEBDO_MAIL_FROM": "desk@selftest.invalid",
        "HEBDO_STATE_DIR": str(folder),
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "HEBDO_LOG_LEVEL": "WARNING",
    }


def prepare(readers: int, folder: Path) -> int:
    """Tables, the sample newsletter and issue, its readers, and the press of *send*."""
    from flask_migrate import upgrade

    from tasks import approvals

    upgrade()
    newsletter = samples.plant(folder / "media")
    more = (
        ImportRow(n, f"reader-{n}@selftest.invalid")
        for n in range(1, readers - len(samples.READERS) + 1)
    )
    for _line in enrolments.import_confirmed(more, newsletter, "selftest", clock.now()):
        pass
    (issue, _edition), *_ = issues.listing(newsletter)
    edition = approvals.order(issue)
    assert edition is not None
    edition_id = edition.id
    db.session.commit()
    return edition_id


def torment(
    tally: Tally,
    edition_id: int,
    readers: int,
    kills: int,
    environ: dict[str, str],
    folder: Path,
    say: Callable[[str], None],
) -> int:
    """Let the worker send, kill it when another share is out, start it again; how often that was."""
    command = [sys.executable, "-m", "app.cli", "worker", "--only", "lookout"]
    until = time.monotonic() + PATIENCE
    done = 0
    while not is_over(edition_id):
        worker = Child("worker", command, log=folder / "worker.log", environ=environ)
        worker.start()
        share = (done + 1) * readers // (kills + 1) if done < kills else readers + 1
        while not is_over(edition_id) and tally.taken.total() < share:
            if time.monotonic() > until or worker.exit_code() is not None:
                worker.kill()
                raise TimeoutError(worker.last_lines())
            threading.Event().wait(0.02)
        if is_over(edition_id):
            worker.stop(30)
            break
        worker.kill()
        done += 1
        say(f"killed after {tally.taken.total()} of {readers}")
    return done


def is_over(edition_id: int) -> bool:
    with reading_only():
        state = db.session.get_one(Edition, edition_id, populate_existing=True).state
        db.session.rollback()
    return state is EditionState.SENT


def verdict(tally: Tally, edition_id: int, readers: int, kills: int, seconds: float) -> Verdict:
    with reading_only():
        progress = deliveries.progress(edition_id)
        doubtful = deliveries.listing(edition_id, [DeliveryState.IN_DOUBT], limit=readers)
        db.session.rollback()
    got = len(tally.taken)
    silent = readers - got
    excused = sum(one.address not in tally.taken for one in doubtful)
    return Verdict(
        progress=progress,
        once=sum(count == 1 for count in tally.taken.values()),
        twice=sum(count > 1 for count in tally.taken.values()),
        never=silent,
        unlisted=silent - excused,
        kills=kills,
        seconds=seconds,
    )
