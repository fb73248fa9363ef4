"""Thirty times in one send all workers of a machine are killed, at random moments, with copies on the way.

Workers are forked, and so begin at once; `test_workers.py` kills whole nodes with their Celery.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from app.settings import Settings
from tasks import issues
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import KILLS, PATIENCE, READERS, SEEDS, by_turns
from tests.chaos.scenes import Crew
from tests.relay import StoryRelay
from tests.service import environment, wait_for

SLOTS = 2
"""Workers at a time; on SQLite they take turns."""


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew() as crew:
        yield crew


@by_turns(SEEDS, "postgresql")
def test_all_workers_killed_again_and_again_in_one_send(
    flask_app: Flask, known: Settings, relay: StoryRelay, crew: Crew, seed: int
) -> None:
    relay.story.slow = 0.02
    chance = random.Random(seed)
    edition_id = rows.send_to(READERS)
    issues.press(edition_id)
    order = {
        "goes_on": True,
        "environment": environment(known),
        "log": str(known.state_dir / "log"),
    }
    for _ in range(KILLS):
        workers = [crew.send(**order) for _ in range(SLOTS)]
        wait_for_another(relay)
        time.sleep(chance.uniform(0, 0.3))  # the moment is the experiment, not a wait
        crew.kill(*workers)
    assert not oracle.is_over(edition_id), "too quick a send to kill it so often"
    workers = [crew.send(**order) for _ in range(SLOTS)]
    wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    crew.kill(*workers)
    progress = oracle.verdict(edition_id, relay, in_doubt=KILLS * known.connections * SLOTS)
    # None in doubt would mean that no kill found a copy on the way, and prove nothing.
    assert progress.in_doubt > 0
    assert progress.accepted + progress.in_doubt == READERS


def wait_for_another(relay: StoryRelay) -> None:
    so_far = len(relay.received)
    wait_for(lambda: len(relay.received) > so_far, what="a copy more")
