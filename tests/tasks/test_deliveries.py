"""A send, in this process: the ledger says what the relay said, and nobody is mailed twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core import batches, clock, deliveries, editions
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
from emails.values import Answer, Outcome
from tasks import deliveries as sending
from tasks import clerks, issues, journal, lookout
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay

Clock = Callable[[dt.timedelta], None]


def send(edition_id: int) -> None:
    issues.press(edition_id)
    send_on()


def send_on() -> None:
    """Pump until there is nothing to claim, as a worker does."""
    while sending.pump():
        pass


def state(edition_id: int) -> EditionState:
    db.session.expire_all()
    return db.session.get_one(Edition, edition_id).state


def progress(edition_id: int) -> Progress:
    db.session.rollback()
    found = deliveries.progress(edition_id)
    assert found.adds_up, found
    return found


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


def test_a_relay_that_refuses_us_costs_no_reader_and_is_said(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(3)
    with StoryRelay(refuse_mail={1}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)
        assert "550 5.7.1" in db.session.get_one(Edition, edition_id).trouble
        assert not sending.pump()
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
    assert db.session.get_one(Edition, edition_id).trouble == ""


def test_a_relay_that_is_not_there_costs_no_reader(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    send(edition_id)
    assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)
    db.session.expire_all()
    assert "relay" in db.session.get_one(Edition, edition_id).trouble


def test_a_second_claim_finds_the_batch_taken(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    assert batches.claim("place/one") is not None
    db.session.commit()
    assert batches.claim("place/two") is None


def test_who_lost_the_lease_cannot_write(flask_app: Flask, move_clock: Clock) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    first = batches.claim("place/one")
    assert first is not None
    db.session.commit()
    move_clock(batches.LEASE + batches.FOREIGN)
    second = batches.claim("elsewhere/two")
    assert second is not None
    assert second.last_owner == "place/one"
    late = [deliveries.result(first.subscriber_ids[0], Answer(Outcome.ACCEPTED, 250))]
    assert not deliveries.settle(first, late)
    assert not batches.renew(first)
    db.session.commit()
    assert list(db.session.scalars(select(Delivery))) == []


def test_a_dead_owner_leaves_in_doubt_only_what_its_journal_cannot_tell(
    flask_app: Flask, tmp_path: Path
) -> None:
    edition_id = rows.send_to(5)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        db.session.commit()
        one, two, three, four, five = held.subscriber_ids
        own.begin(held.batch_id, one)
        own.end(held.batch_id, one, Answer(Outcome.ACCEPTED, 250, text="queued as A1"))
        own.begin(held.batch_id, two)
        own.begin(held.batch_id, three)
        own.give_back(held.batch_id, three)
    # Leaving the block closes the file and frees its lock, as the kernel does for the dead.
    lookout.free_orphans()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert len(relay.received) == 3
    kept = {row.subscriber_id: row.state for row in db.session.scalars(select(Delivery))}
    assert kept[one] is DeliveryState.ACCEPTED
    assert kept[two] is DeliveryState.IN_DOUBT
    assert {kept[three], kept[four], kept[five]} == {DeliveryState.ACCEPTED}
    assert progress(edition_id) == Progress(5, 0, 0, 4, 0, 0, 1, 0)
    assert [each for each in (tmp_path / "journals").iterdir() if each.name != "disk"] == []


def test_a_living_owner_keeps_its_window_past_its_lease(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        db.session.commit()
        own.begin(held.batch_id, held.subscriber_ids[0])
        move_clock(batches.LEASE * 2)
        lookout.free_orphans()
        with StoryRelay() as relay:
            use_relay(flask_app, relay.relay)
            send_on()
        assert relay.attempts == []
    assert progress(edition_id) == Progress(2, 0, 2, 0, 0, 0, 0, 0)


def test_a_lost_journal_puts_all_that_was_under_way_in_doubt(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    held = batches.claim("another-disk/another-boot/abc")
    assert held is not None
    db.session.commit()
    move_clock(batches.LEASE * 2)
    send_on()
    assert progress(edition_id) == Progress(3, 0, 3, 0, 0, 0, 0, 0)
    move_clock(batches.FOREIGN)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 0, 0, 0, 3, 0)
    assert state(edition_id) is EditionState.SENT
    assert relay.received == []


def test_a_conflict_in_the_ledger_is_reported(
    flask_app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    held = batches.claim("place/one")
    assert held is not None
    twice = [deliveries.result(held.subscriber_ids[0], Answer(Outcome.ACCEPTED, 250))]
    assert deliveries.settle(held, twice)
    assert deliveries.settle(held, twice)
    said = capsys.readouterr()
    assert "ledger.conflict" in said.out + said.err


def test_on_sqlite_one_batch_is_under_way_at_a_time(flask_app: Flask) -> None:
    edition_id = rows.send_to(batches.SIZE + 1)
    issues.press(edition_id)
    assert batches.claim("place/one") is not None
    db.session.commit()
    second = batches.claim("place/two")
    assert (second is None) is (db.engine.dialect.name == "sqlite")


def test_a_frozen_issue_thaws_to_the_same_words(flask_app: Flask) -> None:
    whole = rows.text(rows.newsletter())
    assert editions.thaw(editions.freeze(whole)) == whole
