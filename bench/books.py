"""The clerk's work alone, without mail: what a row of the ledger costs, and what planning a reader does.

    python -m bench.books [--database postgresql|sqlite] [--rounds 10]

Claim a batch, read what is to do and who is wanted, commit, settle, commit: the same calls as in a send,
with an answer for each reader made up. Wall time: waiting for the database and its disk (two commits a
batch, where a send settles one batch and claims the next in one) is in it; the CPU of both sides is told
beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from app import create_app, logs
from app.core import audiences, ledger
from app.core.batches import Claim
from app.extensions import db, settings
from app.settings import load
from bench import parts, rounds, sample
from emails.values import Answer, Outcome
from tasks import issues, journal, recovery

READERS = 20_000
NOBODY = "redis://127.0.0.1:9/0"
ACCEPTED = Answer(Outcome.ACCEPTED, 250, "2.0.0", "2.0.0 Ok: queued as SINK", "SINK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds a reader."""

    plan: float
    """Printing and planning, wall time."""
    keep: float
    """The books, wall time."""
    clerk: float
    """Our CPU in them; the database's, the next."""
    database: float


def main() -> None:
    parser = argparse.ArgumentParser(description="What a row of the ledger costs.")
    parser.add_argument("--database", choices=[parts.POSTGRESQL, parts.SQLITE])
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    figures = []
    for kind in [asked.database] if asked.database else [parts.POSTGRESQL, parts.SQLITE]:
        figures += measure(kind, asked.rounds)
    rounds.show(figures)


def measure(kind: str, count: int) -> list[dict[str, object]]:
    from flask_migrate import upgrade

    print(f"\nbooks, {kind}: {count} times {READERS:,} rows")
    with (
        tempfile.TemporaryDirectory(prefix="hebdo-books-") as name,
        parts.database(kind, Path(name)) as database,
    ):
        environ = parts.environment(database.url, NOBODY, "smtp://127.0.0.1:9", Path(name))
        with create_app(load(environ)).app_context():
            logs.configure(settings())
            upgrade()
            newsletter_id = sample.plant(READERS)
            found = [one_edition(newsletter_id, n + 1, database.server) for n in range(count)]
            db.session.remove()
            db.engine.dispose()
    return told(kind, found)


def one_edition(newsletter_id: int, number: int, server: psutil.Process | None) -> Cost:
    edition_id = sample.order(newsletter_id, number)
    began = time.monotonic()
    issues.press(edition_id)
    planned = time.monotonic()
    ours, theirs = time.process_time(), parts.cpu_seconds(server)
    with journal.opened(settings().state_dir) as (owner, own):
        while held := recovery.claim(owner):
            keep(held)
        db.session.commit()
        own.discard()
    return Cost(
        plan=each(planned - began),
        keep=each(time.monotonic() - planned),
        clerk=each(time.process_time() - ours),
        database=each(parts.cpu_seconds(server) - theirs),
    )


def each(seconds: float) -> float:
    return seconds / READERS * 1e6


def keep(held: Claim) -> None:
    to_do = ledger.to_do(held)
    audiences.turn(held.newsletter_id, to_do)
    db.session.commit()
    ledger.settle(held, [ledger.result(one, ACCEPTED) for one in to_do], is_last=True)
    db.session.commit()


def told(kind: str, found: list[Cost]) -> list[dict[str, object]]:
    figures = []
    for figure, values in (
        ("ledger_us_per_row", [one.keep for one in found]),
        ("ledger_clerk_cpu_us", [one.clerk for one in found]),
        ("ledger_database_cpu_us", [one.database for one in found]),
        ("plan_us_per_reader", [one.plan for one in found]),
    ):
        low, middle, high = rounds.quartiles(values)
        print(f"{figure}, {kind}: {middle:.1f} µs, quartiles {low:.1f} to {high:.1f}")
        figures.append(rounds.plain(figure, values, database=kind, readers=READERS))
    return figures


if __name__ == "__main__":
    main()
