"""A send by real workers over real SMTP: nobody lost, nobody mailed twice, also when they die."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import deliveries
from app.core.deliveries import Progress
from app.database import reading_only
from app.extensions import db
from app.models import DeliveryState, Edition, EditionState
from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.service import kill, running, wait_for

READERS = 1000


@pytest.fixture
def settings(settings: Settings, broker: str) -> Settings:
    """An installation with a real broker."""
    return dataclasses.replace(settings, redis_url=broker)


def with_relay(flask_app: Flask, relay: StoryRelay) -> Settings:
    use_relay(flask_app, relay.relay)
    known: Settings = flask_app.extensions["hebdo.settings"]
    return known


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """A look at what others wrote; no transaction of ours stays open, SQLite would wait for it."""
    db.session.rollback()
    with reading_only():
        yield
        db.session.rollback()


def is_sent(edition_id: int) -> bool:
    with reading():
        return db.session.get_one(Edition, edition_id).state is EditionState.SENT


def count(edition_id: int) -> Progress:
    with reading():
        found = deliveries.progress(edition_id)
    assert found.adds_up, found
    return found


def test_a_nudge_is_heard_and_every_reader_gets_one_copy(flask_app: Flask) -> None:
    edition_id = rows.send_to(READERS)
    with StoryRelay() as relay, running(with_relay(flask_app, relay), "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: is_sent(edition_id), what="the edition is sent")
    assert len(relay.received) == READERS
    assert len(set(relay.recipients)) == READERS
    assert count(edition_id) == Progress(READERS, 0, 0, READERS, 0, 0, 0, 0)


def test_without_a_broker_the_workers_find_the_edition_themselves(flask_app: Flask) -> None:
    edition_id = rows.send_to(50)
    with StoryRelay() as relay:
        known = dataclasses.replace(with_relay(flask_app, relay), redis_url="redis://127.0.0.1:9/0")
        with running(known, "worker"):
            wait_for(lambda: is_sent(edition_id), what="the edition is sent")
    assert len(set(relay.recipients)) == len(relay.received) == 50


def test_killed_workers_leave_every_reader_mailed_once_or_listed_in_doubt(flask_app: Flask) -> None:
    edition_id = rows.send_to(READERS)
    kills = 3
    with StoryRelay() as relay:
        known = dataclasses.replace(with_relay(flask_app, relay), connections=4)
        for round_ in range(kills):
            with running(known, "worker") as worker:
                enough = (round_ + 1) * READERS // (kills + 1)
                wait_for(lambda: len(relay.received) > enough, what=f"{enough} messages")  # noqa: B023
                kill(worker)
        with running(known, "worker"):
            wait_for(lambda: is_sent(edition_id), 120, what="the edition is sent")
    got = Counter(relay.recipients)
    assert max(got.values()) == 1
    progress = count(edition_id)
    assert progress.accepted + progress.in_doubt == READERS
    # One open connection and one kill leave at most one message that nobody can tell about; two
    # sending slots and the lookout may have had theirs open.
    assert progress.in_doubt <= kills * 3 * known.connections
    listed = {
        row.address
        for row in deliveries.listing(edition_id, [DeliveryState.IN_DOUBT], limit=READERS)
    }
    everybody = {f"reader-{n}@readers.invalid" for n in range(1, READERS + 1)}
    assert everybody - set(got) <= listed
