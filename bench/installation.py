"""One installation of Hebdo that is measured: its database, broker, worker, readers, and each send."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
from flask import Flask

from app import create_app
from app.core import deliveries
from app.database import reading_only
from app.extensions import db
from app.models import Edition, EditionState
from app.settings import load
from bench import parts, sample
from bench.parts import Database
from bench.sinks import Sink
from tasks import nudges

BELLS = 2
"""A worker waits for two: that of notices and printing, and that of deliveries."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an installation is made of. One slot sends; more would share the two cores with the sink."""

    readers: int
    database: str = parts.POSTGRESQL
    connections: int = 10
    slots: int = 1
    port: int = 0
    """Where its relay answers; 0: at the sink's own port."""
    more: tuple[tuple[str, str], ...] = ()
    """Other settings."""
    is_alone: bool = True
    """Nothing else of it sends meanwhile: then the sink must have taken its issue and no more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One send, whole chain, from the press of *send* until the ledger is full."""

    readers: int
    seconds: float
    sender_us: float
    """CPU of the worker a message; of the database and the sink, the next two."""
    database_us: float
    sink_us: float
    first_seconds: float
    """From the press to the first message that the sink took charge of; 0 where it does not say."""

    @property
    def rate(self) -> float:
        return self.readers / self.seconds


class Installation:
    """Made by `installed`; `send` may be called again and again."""

    def __init__(
        self,
        flask_app: Flask,
        environ: Mapping[str, str],
        setup: Setup,
        database: Database,
        sink: Sink,
        worker: psutil.Process,
        folder: Path,
    ) -> None:
        self.flask_app = flask_app
        self.environ = environ
        """The settings, for other processes of it."""
        self.setup = setup
        self.database = database
        self.sink = sink
        self.worker = worker
        self.newsletter_id = sample.plant(setup.readers)
        self.message = folder / "message.eml"
        self.message.write_bytes(sample.one_copy(self.newsletter_id))
        self.number = 0

    def send(self) -> Sent:
        # A context of its own: two installations may be measured by turns.
        with self.flask_app.app_context():
            return self._send()

    def _send(self) -> Sent:
        self.number += 1
        families = (self.worker, self.database.server, self.sink.family)
        before = [parts.cpu_seconds(one) for one in families]
        began = time.monotonic()
        edition_id = sample.order(self.newsletter_id, self.number)
        nudges.edition(edition_id)
        parts.wait_until(lambda: state(edition_id) is EditionState.SENT, "the send", 1800)
        seconds = time.monotonic() - began
        sender, database, sink = (
            (parts.cpu_seconds(one) - first) / self.setup.readers * 1e6
            for one, first in zip(families, before, strict=True)
        )
        first_at = check(edition_id, self.setup, self.sink)
        first = first_at - began if first_at else 0.0
        return Sent(self.setup.readers, seconds, sender, database, sink, first)


@contextlib.contextmanager
def installed(setup: Setup, sink: Sink) -> Iterator[Installation]:
    """A fresh one, migrated, with its readers planted and its worker waiting."""
    from flask_migrate import upgrade

    with (
        tempfile.TemporaryDirectory(prefix="hebdo-bench-") as name,
        parts.database(setup.database, Path(name)) as database,
        parts.broker() as broker,
    ):
        folder = Path(name)
        environ = {
            **parts.environment(database.url, broker, sink.relay(setup.port), folder),
            "HEBDO_SMTP_CONNECTIONS": str(setup.connections),
            **dict(setup.more),
            **trust(sink),
        }
        flask_app = create_app(load(environ))
        with flask_app.app_context():
            upgrade()
            with working(setup, environ, folder) as worker:
                yield Installation(flask_app, environ, setup, database, sink, worker, folder)
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def working(setup: Setup, environ: Mapping[str, str], folder: Path) -> Iterator[psutil.Process]:
    """The worker as an operator starts it, once it listens."""
    command = parts.hebdo("worker", "--slots", str(setup.slots))
    with parts.process(command, environ, folder / "worker.log") as process:
        parts.wait_until(lambda: listening(environ["REDIS_URL"]) >= BELLS, "the worker")
        yield psutil.Process(process.pid)


def listening(broker: str) -> int:
    """How many workers wait at their bell."""
    with redis.Redis.from_url(broker) as client:
        return sum(one["cmd"] == "brpop" for one in client.client_list())


def trust(sink: Sink) -> dict[str, str]:
    """The sink's own certificate, the way OpenSSL is told of authorities (SSL_CERT_FILE)."""
    return {"SSL_CERT_FILE": str(sink.certificate)} if sink.certificate else {}


def state(edition_id: int) -> EditionState:
    with reading_only():
        found = db.session.get_one(Edition, edition_id, populate_existing=True).state
        db.session.rollback()
    return found


def check(edition_id: int, setup: Setup, sink: Sink) -> float:
    """Planned = ledger = received, or the run does not count; when the sink took the first one."""
    with reading_only():
        progress = deliveries.progress(edition_id)
        db.session.rollback()
    if not (progress.adds_up and progress.accepted == progress.planned == setup.readers):
        raise SystemExit(f"the ledger does not agree: {progress}")
    if not sink.counts:
        return 0.0
    told = sink.taken()
    is_right = told.taken == told.different == setup.readers
    if not (is_right if setup.is_alone else told.different >= setup.readers):
        raise SystemExit(f"the sink does not agree: {told}")
    return told.first_at
