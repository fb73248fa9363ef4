"""A notice is owed until the relay took it, was refused, or it is no longer wanted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email import message_from_bytes, policy

from flask import Flask

from app.core import editions, notices, subscriptions
from app.extensions import db
from app.models import EndReason, Notice, NoticeKind, NoticeState
from tasks import lookout
from tasks import notices as posting
from tests import people, rows
from tests.conftest import use_relay
from tests.relay import StoryRelay

Clock = Callable[[dt.timedelta], None]


def only_notice() -> Notice:
    db.session.expire_all()
    return db.session.query(Notice).one()


def test_a_confirmation_is_sent_once_however_often_the_bell_rings(flask_app: Flask) -> None:
    people.pending(people.newsletter())
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        assert posting.post(only_notice().id)
        assert not posting.post(only_notice().id)
    assert relay.recipients == [people.ADDRESS]
    message = message_from_bytes(relay.received[0].data, policy=policy.default)
    assert "http://hebdo.test/confirm/" in str(message)
    assert message["Auto-Submitted"] == "auto-generated"
    assert only_notice().state is NoticeState.ACCEPTED


def test_a_deferred_notice_comes_again_and_a_refused_one_does_not(
    flask_app: Flask, move_clock: Clock
) -> None:
    people.pending(people.newsletter())
    with StoryRelay(defer={1}, refuse={2}) as relay:
        use_relay(flask_app, relay.relay)
        posting.post(only_notice().id)
        assert only_notice().state is NoticeState.WAITING
        assert not posting.post(only_notice().id)
        move_clock(dt.timedelta(minutes=2))
        lookout.look()
        assert only_notice().state is NoticeState.REFUSED
        move_clock(dt.timedelta(days=1))
        lookout.look()
    assert relay.transactions == 2


def test_a_notice_in_doubt_is_sent_again(flask_app: Flask, move_clock: Clock) -> None:
    people.pending(people.newsletter())
    with StoryRelay(hang_up_after_dot={1}) as relay:
        use_relay(flask_app, relay.relay)
        posting.post(only_notice().id)
        move_clock(dt.timedelta(minutes=2))
        lookout.look()
    assert len(relay.received) == len(relay.unanswered) == 1
    assert only_notice().state is NoticeState.ACCEPTED


def test_a_notice_that_nobody_rang_for_is_found(flask_app: Flask, move_clock: Clock) -> None:
    people.pending(people.newsletter())
    move_clock(lookout.UNHEARD + dt.timedelta(seconds=1))
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        lookout.look()
    assert relay.recipients == [people.ADDRESS]


def test_a_confirmation_is_dropped_when_she_is_confirmed_by_then(flask_app: Flask) -> None:
    subscription = people.pending(people.newsletter())
    notice_id = only_notice().id
    subscriptions.confirm(subscription.id)
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(notice_id)
    assert relay.received == []
    assert db.session.get_one(Notice, notice_id).state is NoticeState.DROPPED


def test_a_welcome_names_the_latest_issue_and_the_way_out(flask_app: Flask) -> None:
    of = people.newsletter()
    edition_id = rows.ordered(of).id
    from tasks import issues

    issues.press(edition_id)
    subscription = people.confirmed(of)
    welcome = db.session.query(Notice).filter_by(kind=NoticeKind.WELCOME).one()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(welcome.id)
    body = str(
        message_from_bytes(relay.received[0].data, policy=policy.default).get_body(("plain",))
    )
    latest = editions.latest(of.id)
    assert latest is not None
    assert latest.web_url.encode() in relay.received[0].data.replace(b"=\r\n", b"").replace(
        b"=3D", b"="
    )
    assert f"/unsubscribe/{subscription.id}-" in body.replace("=\n", "")


def test_a_welcome_is_not_sent_to_somebody_who_has_left(flask_app: Flask) -> None:
    subscription = people.confirmed(people.newsletter())
    welcome = db.session.query(Notice).filter_by(kind=NoticeKind.WELCOME).one()
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(welcome.id)
    assert relay.received == []


def test_a_proof_says_so_and_can_sign_nobody_out(flask_app: Flask) -> None:
    of = people.newsletter()
    notices.order(
        NoticeKind.PROOF,
        "editor@hebdo.test",
        newsletter=of,
        source=editions.freeze(rows.text(of)),
    )
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(only_notice().id)
    message = message_from_bytes(relay.received[0].data, policy=policy.default)
    assert "bibliothèque" in message["Subject"]
    assert message["Subject"] != rows.text(of).subject
    assert message["List-Unsubscribe-Post"] is None


def test_a_notice_that_ended_its_worker_three_times_is_set_aside(
    flask_app: Flask, move_clock: Clock
) -> None:
    people.pending(people.newsletter())
    notice_id = only_notice().id
    for _strike in range(notices.STRIKES):
        assert notices.claim(notice_id) is not None
        db.session.commit()
        move_clock(notices.LEASE + dt.timedelta(seconds=1))
    assert notices.claim(notice_id) is None
    db.session.commit()
    assert only_notice().state is NoticeState.DROPPED
    assert "3 times" in only_notice().answer


def test_who_lost_a_notice_cannot_settle_it(flask_app: Flask, move_clock: Clock) -> None:
    people.pending(people.newsletter())
    notice_id = only_notice().id
    first = notices.claim(notice_id)
    assert first is not None
    db.session.expunge(first)
    move_clock(notices.LEASE + dt.timedelta(seconds=1))
    assert notices.claim(notice_id) is not None
    assert not notices.drop(first, "too late")
