"""A send, in this process: the ledger says what the relay said, and nobody is mailed twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select, update

from app.core import clock, editions
from app.core.deliveries import Progress
from app.extensions import db
from app.models import (
    Batch,
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from tasks import issues, lookout
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send, send_on, state

Clock = Callable[[dt.timedelta], None]


def test_every_reader_gets_the_issue_once(flask_app: Flask) -> None:
    edition_id = rows.send_to(25)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert sorted(relay.recipients) == sorted(f"reader-{n}@readers.invalid" for n in range(1, 26))
    assert progress(edition_id) == Progress(25, 0, 0, 25, 0, 0, 0, 0)
    assert state(edition_id) is EditionState.SENT


def test_an_edition_without_readers_is_sent_at_once(flask_app: Flask) -> None:
    edition_id = rows.ordered(rows.newsletter()).id
    issues.press(edition_id)
    assert state(edition_id) is EditionState.SENT


def test_printing_and_planning_twice_is_the_same_as_once(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    assert issues.press(edition_id)
    assert not issues.press(edition_id)
    assert len(list(db.session.scalars(select(Batch)))) == 1
    assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)


def test_a_print_that_was_not_approved_is_halted_and_mails_nobody(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    db.session.execute(update(Edition).values(digest="0" * 64))
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert relay.received == []
    edition = db.session.get_one(Edition, edition_id)
    assert edition.state is EditionState.HALTED
    assert "differs" in edition.trouble


def test_the_ledger_keeps_what_the_relay_said(flask_app: Flask) -> None:
    edition_id = rows.send_to(6)
    with StoryRelay(defer={3}, refuse={5}, hang_up_after_dot={6}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(6, 0, 0, 3, 1, 1, 1, 0)
    kept = {row.state: row for row in db.session.scalars(select(Delivery))}
    assert (kept[DeliveryState.DEFERRED].code, kept[DeliveryState.DEFERRED].enhanced) == (
        451,
        "4.2.1",
    )
    assert (kept[DeliveryState.REFUSED].code, kept[DeliveryState.REFUSED].enhanced) == (
        550,
        "5.1.1",
    )
    assert kept[DeliveryState.ACCEPTED].queue_id.startswith("STORY")
    assert state(edition_id) is EditionState.PLANNED


def test_a_deferred_copy_is_tried_again_when_its_time_has_come(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(3)
    with StoryRelay(defer={2}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        lookout.tidy()
        send_on()
        assert len(relay.received) == 2
        move_clock(dt.timedelta(minutes=6))
        lookout.tidy()
        send_on()
    assert len(set(relay.recipients)) == len(relay.recipients) == 3
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
    assert state(edition_id) is EditionState.SENT


def test_a_copy_deferred_for_five_days_is_refused_as_expired(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(1)
    address = "reader-1@readers.invalid"
    with StoryRelay(replies={address: "451 4.7.1 Try later"}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        for _try in range(60):
            move_clock(dt.timedelta(hours=4))
            lookout.tidy()
            send_on()
    row = db.session.scalars(select(Delivery)).one()
    assert row.state is DeliveryState.REFUSED
    assert row.answer.startswith("expired after ")
    assert "Try later" in row.answer
    assert 20 < len(relay.attempts) < 40
    assert state(edition_id) is EditionState.SENT


def test_who_left_before_her_turn_is_skipped(flask_app: Flask) -> None:
    edition_id = rows.send_to(4)
    issues.press(edition_id)
    first, second, third, _ = db.session.scalars(select(Subscription).order_by(Subscription.id))
    first.state = SubscriptionState.ENDED
    second.paused_until = clock.now() + dt.timedelta(days=1)
    third_hash = address_hash("reader-3@readers.invalid")
    db.session.add(
        Suppression(
            address_hash=third_hash, reason=SuppressionReason.COMPLAINT, created_at=clock.now()
        )
    )
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert relay.recipients == ["reader-4@readers.invalid"]
    assert progress(edition_id) == Progress(4, 0, 0, 1, 0, 0, 0, 3)
    assert third.subscriber_id


def address_hash(address: str) -> str:
    from app.extensions import keys

    return keys.hashes(address)[0]


def test_a_frozen_issue_thaws_to_the_same_words(flask_app: Flask) -> None:
    whole = rows.text(rows.newsletter())
    assert editions.thaw(editions.freeze(whole)) == whole


def test_an_address_that_breaks_every_session_is_deferred_and_the_others_go_on(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(30)
    poison = "reader-7@readers.invalid"
    with StoryRelay(replies={poison: "421 4.3.0 I fall over"}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(30, 0, 0, 29, 1, 0, 0, 0)
    assert poison not in relay.recipients


def test_a_relay_without_pipelining_hears_one_command_at_a_time(flask_app: Flask) -> None:
    edition_id = rows.send_to(20)
    with StoryRelay(pipelining=False, defer={3}, refuse={5}, refuse_data={7}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(20, 0, 0, 17, 1, 2, 0, 0)
    assert len(set(relay.recipients)) == 17


def test_a_relay_that_closes_after_every_third_message_costs_sessions_and_no_reader(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(60)
    with StoryRelay(close_every=3) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(60, 0, 0, 60, 0, 0, 0, 0)
    assert len(set(relay.recipients)) == len(relay.recipients) == 60
    assert relay.connections >= 20
