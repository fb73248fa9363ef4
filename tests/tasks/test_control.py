"""A person may pause, resume, cancel, retry and resolve; nothing else sends again what is in doubt."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from email import message_from_bytes

from flask import Flask
from sqlalchemy import select, update

from app.core import deliveries, editions, suppressions
from app.core.deliveries import Progress, Verdict
from app.extensions import db
from app.models import (
    Batch,
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tasks import deliveries as sending
from tasks import issues, lookout
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send, send_on, state
from tests.service import wait_for

Clock = Callable[[dt.timedelta], None]


def test_a_paused_edition_waits_and_goes_on_where_it_was(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    assert editions.pause(edition_id)
    assert not editions.pause(edition_id)
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
        lookout.tidy()
        assert relay.received == []
        assert state(edition_id) is EditionState.PAUSED
        assert editions.resume(edition_id)
        db.session.commit()
        send_on()
    assert len(relay.received) == 3
    assert state(edition_id) is EditionState.SENT


def test_pausing_takes_effect_within_a_second_of_a_slow_send(flask_app: Flask) -> None:
    edition_id = rows.send_to(200)
    issues.press(edition_id)
    with StoryRelay(slow=0.2) as relay:
        use_relay(flask_app, relay.relay)
        sender = threading.Thread(target=pump_in, args=[flask_app])
        sender.start()
        wait_for(lambda: len(relay.received) > 10, what="the first copies")
        assert editions.pause(edition_id)
        db.session.commit()
        paused_at = time.monotonic()
        sender.join(10)
        # What was on the wire is finished; nothing is begun more than a second after the commit.
        assert time.monotonic() - paused_at < 5
        got = len(relay.received)
        assert got < 200
    found = progress(edition_id)
    assert (found.accepted, found.sending) == (got, 0)


def pump_in(flask_app: Flask) -> None:
    with flask_app.app_context():
        sending.pump(60)


def test_a_cancelled_edition_skips_everybody_who_was_still_to_do(flask_app: Flask) -> None:
    edition_id = rows.send_to(5)
    with StoryRelay(defer={1}, refuse_mail={2}, pipelining=False) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
        assert progress(edition_id) == Progress(5, 4, 0, 0, 1, 0, 0, 0)
        assert editions.cancel(edition_id)
        db.session.execute(update(Batch).values(lease_until=None))
        db.session.commit()
        lookout.tidy()
        send_on()
    assert relay.received == []
    assert progress(edition_id) == Progress(5, 0, 0, 0, 0, 0, 0, 5)
    assert state(edition_id) is EditionState.CANCELLED


def test_a_cancelled_edition_of_which_no_mail_can_be_made_comes_to_its_end(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(5)
    issues.press(edition_id)
    edition = db.session.get_one(Edition, edition_id)
    edition.source = edition.source.replace("{{token}}", "")
    db.session.commit()
    send_on()
    assert state(edition_id) is EditionState.PAUSED
    assert editions.cancel(edition_id)
    db.session.commit()
    # One slice is enough: it would claim for ever what it cannot make.
    assert sending.pump(seconds=1.0)
    assert progress(edition_id) == Progress(5, 0, 0, 0, 0, 0, 0, 5)
    assert state(edition_id) is EditionState.CANCELLED


def test_in_doubt_is_resolved_by_a_persons_word_only(flask_app: Flask) -> None:
    edition_id = rows.send_to(6)
    # Each break is followed by an answer: three in a row would make the send rest.
    broken = {f"reader-{n}@readers.invalid" for n in (1, 3, 5)}
    with StoryRelay(hang_up_with=broken) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
        lookout.tidy()
        send_on()
        assert progress(edition_id) == Progress(6, 0, 0, 3, 0, 0, 3, 0)
        first, second, _third = sorted(
            row.subscriber_id
            for row in db.session.scalars(select(Delivery))
            if row.state is DeliveryState.IN_DOUBT
        )
        assert deliveries.resolve(edition_id, Verdict.ACCEPTED, [first]) == 1
        assert deliveries.resolve(edition_id, Verdict.REFUSED, [second]) == 1
        assert deliveries.resolve(edition_id, Verdict.AGAIN) == 1
        assert deliveries.resolve(edition_id, Verdict.AGAIN) == 0
        db.session.commit()
        relay.story.hang_up_with = ()
        lookout.tidy()
        send_on()
    assert progress(edition_id) == Progress(6, 0, 0, 5, 0, 1, 0, 0)
    assert state(edition_id) is EditionState.SENT
    again = message_from_bytes(relay.received[-1].data)["Message-ID"]
    before = {message_from_bytes(each.data)["Message-ID"] for each in relay.unanswered}
    assert again in before


def test_retrying_now_does_not_wait_for_the_back_off(flask_app: Flask) -> None:
    edition_id = rows.send_to(2)
    with StoryRelay(defer={1}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        assert deliveries.retry_now(edition_id) == 1
        db.session.commit()
        lookout.tidy()
        send_on()
    assert progress(edition_id) == Progress(2, 0, 0, 2, 0, 0, 0, 0)


def test_what_the_relay_refused_is_tried_again_by_a_persons_word(flask_app: Flask) -> None:
    edition_id = rows.send_to(6)
    replies = {f"reader-{n}@readers.invalid": "550 relay not permitted" for n in range(1, 5)}
    with StoryRelay(replies=replies, hang_up_with={"reader-5@readers.invalid"}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        # Of this one nobody knows whether the relay has it: to give it up is not to be refused.
        assert deliveries.resolve(edition_id, Verdict.REFUSED) == 1
        db.session.commit()
        assert progress(edition_id) == Progress(6, 0, 0, 1, 0, 5, 0, 0)
        assert state(edition_id) is EditionState.SENT
        assert deliveries.refused_by_relay(edition_id) == 4
        gone = update(Subscription).where(Subscription.subscriber_id == 2)
        db.session.execute(gone.values(state=SubscriptionState.ENDED))
        suppressions.suppress("reader-3@readers.invalid", SuppressionReason.COMPLAINT)
        relay.story.replies = {}
        assert deliveries.retry_refused(edition_id) == 4
        assert deliveries.retry_refused(edition_id) == 0
        db.session.commit()
        assert progress(edition_id) == Progress(6, 0, 0, 1, 4, 1, 0, 0)
        assert state(edition_id) is EditionState.PLANNED
        lookout.tidy()
        send_on()
    assert progress(edition_id) == Progress(6, 0, 0, 3, 0, 1, 0, 2)
    assert state(edition_id) is EditionState.SENT


def test_what_was_refused_of_a_stopped_edition_stays_as_it_is(flask_app: Flask) -> None:
    edition_id = rows.send_to(2)
    with StoryRelay(refuse={1}, defer={2}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
    assert editions.cancel(edition_id)
    assert deliveries.retry_refused(edition_id) == 0
    assert progress(edition_id).refused == 1


def test_what_is_in_doubt_of_a_stopped_edition_is_not_sent_again_nor_called_unwanted(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(2)
    with StoryRelay(defer={1}, hang_up_after_dot={2}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
    assert editions.cancel(edition_id)
    assert deliveries.resolve(edition_id, Verdict.AGAIN) == 0
    db.session.commit()
    lookout.tidy()
    send_on()
    assert progress(edition_id).in_doubt == 1
    assert deliveries.resolve(edition_id, Verdict.ACCEPTED) == 1


def test_what_is_wanted_again_while_the_edition_is_being_closed_is_not_forgotten(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(2)
    with StoryRelay(hang_up_after_dot={1}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
        # As it stands just before the last look calls it sent.
        db.session.execute(update(Edition).values(state=EditionState.PLANNED))
        db.session.commit()
        assert deliveries.resolve(edition_id, Verdict.AGAIN) == 1
        closing = threading.Thread(target=_close_in, args=[flask_app, edition_id])
        closing.start()
        closing.join(0.5)
        db.session.commit()
        closing.join(30)
        assert state(edition_id) is EditionState.PLANNED
        lookout.tidy()
        send_on()
    assert progress(edition_id) == Progress(2, 0, 0, 2, 0, 0, 0, 0)


def _close_in(flask_app: Flask, edition_id: int) -> None:
    with flask_app.app_context():
        deliveries.close(edition_id)
        db.session.commit()
