"""A relay that does what relays do: every reader ends as accepted, refused or in doubt, as it saw her."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.core import deliveries
from app.extensions import db
from app.models import DeliveryState, Edition, Subscriber
from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import PATIENCE, READERS, on
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.service import running, wait_for

Clock = Callable[[dt.timedelta], None]


def some(share: float, seed: int = 7) -> set[int]:
    """Of the transactions to come, about this share."""
    chance = random.Random(seed)
    return {number for number in range(1, 3 * READERS) if chance.random() < share}


STORIES: dict[str, dict[str, Any]] = {
    "closes at the dot": {"hang_up_after_dot": some(0.05)},
    "says 421 now and then": {"busy": some(0.05)},
    "defers one in twenty": {"defer": some(0.05)},
    "refuses one in twenty": {"refuse": some(0.05)},
    "closes every hundred": {"close_every": 100},
    "answers slowly": {"slow": 0.03},
    "does all at once": {
        "hang_up_after_dot": some(0.03, 1),
        "busy": some(0.03, 2),
        "defer": some(0.03, 3),
        "refuse": some(0.03, 4),
        "hang_up_at_rcpt": some(0.03, 5),
        "refuse_data": some(0.01, 6),
        "garble": some(0.02, 8),
    },
}


@on("postgresql")
@pytest.mark.parametrize("name", STORIES)
def test_a_relay_that(flask_app: Flask, known: Settings, move_clock: Clock, name: str) -> None:
    edition_id = rows.send_to(READERS)
    with StoryRelay(**STORIES[name]) as relay:
        races = name == "does all at once"
        send(flask_app, known, relay, edition_id, move_clock, races=races)
    unanswered = {each.rcpt_to for each in relay.unanswered}
    progress = oracle.verdict(edition_id, relay, in_doubt=len(unanswered))
    assert progress.in_doubt == len(unanswered)
    assert progress.accepted == len(relay.received)
    assert progress.accepted + progress.refused + progress.in_doubt == READERS


def send(
    flask_app: Flask,
    known: Settings,
    relay: StoryRelay,
    edition_id: int,
    move_clock: Clock,
    *,
    races: bool = False,
) -> None:
    """With a clock that races, every lease runs out at once under the hands of who has it."""
    use_relay(flask_app, relay.relay, connections=4)
    with running(dataclasses.replace(known, relay=relay.relay), "worker", "--only", "lookout"):

        def over_by_and_by() -> bool:
            if races:
                move_clock(dt.timedelta(seconds=30))
            return oracle.is_over_by_and_by(edition_id, move_clock)

        wait_for(over_by_and_by, PATIENCE, what="the edition is sent")


@on("postgresql")
def test_a_relay_that_is_down_at_the_start_and_mended_later(
    flask_app: Flask, known: Settings, move_clock: Clock
) -> None:
    with StoryRelay() as asked_for_a_port:
        port = asked_for_a_port.port
    edition_id = rows.send_to(READERS)
    down = dataclasses.replace(known.relay, port=port)
    with running(dataclasses.replace(known, relay=down), "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: has_trouble(edition_id), what="the desk knows of the trouble")
        with StoryRelay(port=port) as relay:
            # A worker that found the relay down just now lets it alone for half a minute.
            wait_for(
                lambda: oracle.is_over_by_and_by(edition_id, move_clock),
                PATIENCE,
                what="the edition is sent",
            )
    assert oracle.verdict(edition_id, relay).accepted == READERS


def has_trouble(edition_id: int) -> bool:
    with oracle.reading():
        return bool(db.session.get_one(Edition, edition_id, populate_existing=True).trouble)


HER = "reader-500@readers.invalid"
POISON: dict[str, tuple[dict[str, Any], DeliveryState]] = {
    "hangs up when it hears her address": ({"hang_up_on": {HER}}, DeliveryState.DEFERRED),
    "hangs up when her copy is to come": ({"hang_up_at_data": {HER}}, DeliveryState.DEFERRED),
    "hangs up when it has her whole copy": ({"hang_up_with": {HER}}, DeliveryState.IN_DOUBT),
    "answers her address with what is no SMTP": (
        {"replies": {HER: "maybe, who knows"}},
        DeliveryState.DEFERRED,
    ),
    "has a policy against her": ({"by_policy": {HER}}, DeliveryState.REFUSED),
}
"""In doubt is she alone whose copy had left us whole when the line broke, and then she is asked once."""


@on("postgresql")
@pytest.mark.parametrize("name", POISON)
def test_one_reader_among_a_thousand_over_whom_a_relay(
    flask_app: Flask, known: Settings, name: str
) -> None:
    story, state = POISON[name]
    edition_id = rows.send_to(1000)
    with StoryRelay(**story) as relay:
        use_relay(flask_app, relay.relay, connections=4)
        with running(dataclasses.replace(known, relay=relay.relay), "worker", "--only", "lookout"):
            wait_for(lambda: settled(edition_id) == 1000, PATIENCE, what="all have had their turn")
    assert len(set(relay.recipients)) == len(relay.recipients) == 999
    with oracle.reading():
        assert oracle.count(edition_id).accepted == 999
        (she,) = deliveries.listing(edition_id, [state])
    assert she.address == HER
    assert [each.rcpt_to for each in relay.unanswered] == [HER] * (state is DeliveryState.IN_DOUBT)


@on("sqlite")
def test_one_reader_of_whom_no_mail_can_be_made_among_a_thousand(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    edition_id = rows.send_to(1000)
    odd = Subscriber.address == "reader-500@readers.invalid"
    db.session.execute(update(Subscriber).where(odd).values(address="no address at all"))
    db.session.commit()
    with running(known, "worker", "--only", "lookout"):
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay, 1000)
    assert (progress.accepted, progress.skipped) == (999, 1)


def settled(edition_id: int) -> int:
    with oracle.reading():
        progress = oracle.count(edition_id)
        return progress.settled + progress.deferred
