"""Two worker machines on one PostgreSQL; one is lost with its disk."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import shutil
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import deliveries
from app.core.batches import FOREIGN, LEASE
from app.core.plans import SIZE
from app.extensions import db
from app.models import Batch, Delivery, DeliveryState
from app.settings import Settings
from tasks import issues, journal, nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import LONG, PATIENCE, SEEDS
from tests.relay import StoryRelay
from tests.service import kill, running, wait_for

READERS = 10_000 if LONG else 1_500
Clock = Callable[[dt.timedelta], None]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_machine_lost_with_its_disk_had_in_hand_is_in_doubt_and_nothing_else(
    flask_app: Flask, known: Settings, relay: StoryRelay, move_clock: Clock, seed: int
) -> None:
    relay.story.slow = 0.01
    edition_id = rows.send_to(READERS)
    issues.press(edition_id)
    db.session.commit()
    ours, lost = (machine(known, name) for name in ("ours", "lost"))
    place = journal.place(lost.state_dir)
    with running(lost, "worker", "--only", "deliveries", "--slots", "1") as doomed:
        nudges.deliveries()
        wait_for(lambda: held(place) != set(), what="the other machine has something in hand")
        time.sleep(random.Random(seed).uniform(0, 0.5))  # the moment is the experiment, not a wait
        kill(doomed)
    in_hand = held(place)
    shutil.rmtree(lost.state_dir)
    with running(ours, "worker"):
        nudges.deliveries()
        wait_for(lambda: left(edition_id) == len(in_hand), PATIENCE, "all the rest is done")
        # Only who could read the journal may hurry; nobody can, so it is waited for.
        assert held(place) == in_hand
        move_clock(LEASE + FOREIGN + dt.timedelta(seconds=10))
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert 0 < len(in_hand) <= 2 * SIZE
    progress = oracle.verdict(edition_id, relay, READERS, in_doubt=len(in_hand))
    assert progress.accepted == READERS - len(in_hand)
    with oracle.reading():
        doubted = deliveries.listing(edition_id, [DeliveryState.IN_DOUBT], limit=READERS)
    assert {one.subscriber_id for one in doubted} == in_hand


def machine(known: Settings, name: str) -> Settings:
    """The same installation on another disk."""
    state_dir = known.state_dir / name
    state_dir.mkdir()
    return dataclasses.replace(known, state_dir=state_dir)


def held(place: str) -> set[int]:
    """Who is unsettled in the batches that workers of this place hold."""
    with oracle.reading():
        mine = select(Batch).where(Batch.owner.startswith(place, autoescape=True))
        ids = {one for batch in db.session.scalars(mine) for one in batch.subscriber_ids}
        return ids - set(db.session.scalars(select(Delivery.subscriber_id)))


def left(edition_id: int) -> int:
    """Who waits or is under way."""
    with oracle.reading():
        progress = oracle.count(edition_id)
        return progress.waiting + progress.sending
