"""Nobody waits behind what is larger, or slower, than her own copy."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import batches, plans
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Delivery, Edition, Subscriber
from emails import wire
from tasks import deliveries as sending
from tasks import issues, senders
from tests import rows
from tests.chaos import oracle
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send_on
from tests.service import wait_for


def large_and_small() -> tuple[int, int]:
    """An edition of three batches, and one to fifty of the readers that was ordered behind it."""
    large = rows.send_to(plans.SIZE * 3)
    issues.press(large)
    of = rows.newsletter("petite")
    rows.subscribe(of, list(db.session.scalars(select(Subscriber.id).limit(50))))
    small = rows.ordered(of, 13).id
    issues.press(small)
    return large, small


def test_claims_go_round_the_editions_that_have_work(flask_app: Flask) -> None:
    large, small = large_and_small()
    claimed: list[int] = []
    for _ in range(4):
        held = batches.claim("place/one", claimed[-1] if claimed else 0)
        assert held is not None
        claimed.append(held.edition_id)
    assert claimed == [large, small, large, large]


def test_a_small_edition_does_not_wait_for_the_end_of_a_large_one(flask_app: Flask) -> None:
    large, small = large_and_small()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    last = dict(
        db.session.execute(
            select(Delivery.edition_id, func.max(Delivery.at)).group_by(Delivery.edition_id)
        ).all()
    )
    behind = select(func.count()).where(Delivery.edition_id == large, Delivery.at > last[small])
    assert (db.session.scalar(behind) or 0) >= plans.SIZE
    assert set(db.session.scalars(select(Edition.state))) == {"sent"}


def test_one_slow_answer_holds_up_neither_the_slice_nor_the_ledger(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LATE", 0.5)
    count = plans.SIZE * 2
    edition_id = rows.send_to(count)
    issues.press(edition_id)
    slow = "reader-5@readers.invalid"
    answer = threading.Event()
    with StoryRelay(held={slow: answer}) as relay:
        use_relay(flask_app, dataclasses.replace(relay.relay, timeout=60.0), connections=4)
        worker = threading.Thread(target=_pump_in, args=[flask_app])
        worker.start()
        wait_for(lambda: _looked_at(edition_id).accepted == count - 1, 30, "the others are settled")
        assert slow not in relay.recipients
        assert _looked_at(edition_id).sending == 1
        answer.set()
        worker.join(30)
        assert slow in relay.recipients
    assert progress(edition_id).accepted == len(set(relay.recipients)) == count


def test_where_every_answer_is_late_the_slice_comes_to_its_end_all_the_same(
    flask_app: Flask,
) -> None:
    """Else its slot would show no sign of life, and do nothing else, as long as there is mail."""
    edition_id = rows.send_to(60)
    issues.press(edition_id)
    with StoryRelay(slow=1.25 * senders.LATE) as relay:
        use_relay(flask_app, relay.relay, connections=4)
        assert sending.pump(seconds=1.0)
        assert 0 < len(relay.recipients) < 60 / 2
    now = progress(edition_id)
    assert now.accepted == len(relay.recipients)
    assert now.waiting == 60 - now.accepted


def _looked_at(edition_id: int) -> Progress:
    with oracle.reading():
        return oracle.count(edition_id)


def _pump_in(flask_app: Flask) -> None:
    with flask_app.app_context():
        # Long enough for the slow one to be begun, and for the slice to know that it is late.
        sending.pump(seconds=1.5)
