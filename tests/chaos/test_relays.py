"""A relay that does what relays do: every reader ends as accepted, refused or in doubt, as it saw her."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.oracle import READERS
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.service import running, wait_for


def some(share: float, seed: int = 7) -> set[int]:
    """Of the transactions to come, about this share."""
    chance = random.Random(seed)
    return {number for number in range(1, 3 * READERS) if chance.random() < share}


STORIES: dict[str, dict[str, Any]] = {
    "closes at the dot": {"hang_up_after_dot": some(0.05)},
    "421 now and then": {"busy": some(0.05)},
    "defers one in twenty": {"defer": some(0.05)},
    "refuses one in twenty": {"refuse": some(0.05)},
    "closes every hundred": {"close_every": 100},
    "all at once": {
        "hang_up_after_dot": some(0.03, 1),
        "busy": some(0.03, 2),
        "defer": some(0.03, 3),
        "refuse": some(0.03, 4),
        "hang_up_at_rcpt": some(0.03, 5),
        "refuse_data": some(0.01, 6),
        "garble": some(0.02, 8),
    },
}


@pytest.mark.parametrize("name", STORIES)
def test_a_relay_that(
    flask_app: Flask, known: Settings, move_clock: Callable[[dt.timedelta], None], name: str
) -> None:
    edition_id = rows.send_to(READERS)
    with StoryRelay(**STORIES[name]) as relay:
        use_relay(flask_app, relay.relay, connections=4)
        with running(dataclasses.replace(known, relay=relay.relay), "worker"):
            nudges.edition(edition_id)

            def over_by_and_by() -> bool:
                # Deferred copies wait for hours: the clock is moved on whenever one is looked for.
                move_clock(dt.timedelta(seconds=30))
                return oracle.is_over(edition_id)

            wait_for(over_by_and_by, 180, what="the edition is sent")
        progress = oracle.verdict(edition_id, relay)
    unanswered = {each.rcpt_to for each in relay.unanswered}
    assert progress.in_doubt == len(unanswered)
    assert progress.accepted == len(relay.received)
    assert progress.accepted + progress.refused + progress.in_doubt == READERS


def test_a_relay_that_is_down_at_the_start_and_mended_later(
    flask_app: Flask, known: Settings, move_clock: Callable[[dt.timedelta], None]
) -> None:
    with StoryRelay() as asked_for_a_port:
        port = asked_for_a_port.port
    edition_id = rows.send_to(READERS)
    down = dataclasses.replace(known.relay, port=port)
    with running(dataclasses.replace(known, relay=down), "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: has_trouble(edition_id), what="the desk knows of the trouble")
        with StoryRelay(port=port) as relay:
            move_clock(dt.timedelta(minutes=1))
            wait_for(lambda: oracle.is_over(edition_id), 120, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


def has_trouble(edition_id: int) -> bool:
    from app.extensions import db
    from app.models import Edition

    with oracle.reading():
        return bool(db.session.get_one(Edition, edition_id, populate_existing=True).trouble)
