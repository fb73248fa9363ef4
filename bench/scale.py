"""Ten times the readers: ten times the time, and the same memory?

    python -m bench.scale [--readers 10000 100000 1000000] [--database postgresql]

One send each, whole chain, to the fast sink, on a fresh database. Planned = ledger = received, or
the run does not count. Prints a table, then one JSON line a figure.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

from sqlalchemy import text as sql

from app.extensions import db
from bench import parts, rounds, sinks
from bench.installation import Setup, installed

READERS = [10_000, 100_000, 1_000_000]

LEDGER = "SELECT pg_total_relation_size('delivery')"
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Send:
    readers: int
    seconds: float
    rate: int
    """Messages a second."""
    sender_us: float
    """CPU of the sending node a message."""
    database_us: float
    rss_mb: float
    """The most that any of the node's processes ever held."""
    first_seconds: float
    """From the press of *send* to the first message at the sink: printing and planning stand between."""
    ledger_bytes: int
    """A reader's share of the delivery table and its indexes; 0 on SQLite, as the next two."""
    wal_bytes: int
    """A reader's share of the write-ahead log of the whole send."""
    database_bytes: int
    """A reader's share of the whole database after it."""


def main() -> None:
    parser = argparse.ArgumentParser(description="One send to each number of readers.")
    parser.add_argument("--readers", type=int, nargs="+", default=READERS)
    parser.add_argument(
        "--database", choices=[parts.POSTGRESQL, parts.SQLITE], default="postgresql"
    )
    asked = parser.parse_args()
    rounds.show(figures(asked.readers, asked.database))


def figures(sizes: list[int], database: str = parts.POSTGRESQL) -> list[dict[str, object]]:
    print(f"\nscale, {database}: one send to each number of readers")
    sends = [measure(readers, database) for readers in sizes]
    table(sends)
    found: list[dict[str, object]] = []
    for one in sends:
        told = {"database": database, "readers": one.readers}
        found.append(rounds.plain("rss_mb", [one.rss_mb], **told))
        found.append(rounds.plain("first_mail_seconds", [one.first_seconds], **told))
        found.append({"figure": "scale", "database": database, **asdict(one)})
    return found


def table(sends: list[Send]) -> None:
    print(
        f"{'readers':>10} {'seconds':>9} {'msg/s':>8} {'CPU µs':>7} {'db µs':>6} {'RSS MB':>7}"
        f" {'first s':>8} {'ledger B':>9} {'WAL B':>6} {'all B':>6}"
    )
    for one in sends:
        print(
            f"{one.readers:>10,} {one.seconds:>9.1f} {one.rate:>8,} {one.sender_us:>7.0f}"
            f" {one.database_us:>6.0f} {one.rss_mb:>7.0f} {one.first_seconds:>8.2f}"
            f" {one.ledger_bytes:>9} {one.wal_bytes:>6} {one.database_bytes:>6}"
        )


def measure(readers: int, database: str) -> Send:
    with (
        sinks.running(sinks.FAST) as sink,
        installed(Setup(readers, database), sink) as ours,
    ):
        wal = ask(database, WAL)
        sent = ours.send()
        print(f"  {readers:,} readers: {sent.seconds:.1f} s", flush=True)
        return Send(
            readers=readers,
            seconds=round(sent.seconds, 1),
            rate=round(sent.rate),
            sender_us=round(sent.sender_us, 1),
            database_us=round(sent.database_us, 1),
            rss_mb=round(parts.peak_rss_mb(ours.worker), 1),
            first_seconds=round(sent.first_seconds, 3),
            ledger_bytes=round(ask(database, LEDGER) / readers),
            wal_bytes=round((ask(database, WAL) - wal) / readers),
            database_bytes=round(ask(database, SIZE) / readers),
        )


def ask(database: str, question: str) -> int:
    if database == parts.SQLITE:
        return 0
    found = db.session.scalar(sql(question))
    db.session.rollback()
    return int(found or 0)


if __name__ == "__main__":
    main()
