"""Trouble is told apart: what is about us rests and charges nobody, what is one reader's stops no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core import plans
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Edition, EditionState, Subscriber
from tasks import clerks, issues, senders
from tasks import deliveries as sending
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send, send_on, state

Clock = Callable[[dt.timedelta], None]


def test_a_reader_whose_copy_alone_is_refused_by_policy_holds_up_nobody(flask_app: Flask) -> None:
    edition_id = rows.send_to(30)
    with StoryRelay(by_policy={"reader-7@readers.invalid"}) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(30, 0, 0, 29, 0, 1, 0, 0)
    assert db.session.get_one(Edition, edition_id).trouble == ""


@pytest.mark.parametrize(
    ("connections", "slow"), [(1, 0.0), (1, 2 * clerks.EARLY / senders.IN_A_ROW), (6, 0.1)]
)
def test_ten_copies_refused_by_policy_in_a_row_are_about_us_and_charge_no_reader(
    flask_app: Flask, move_clock: Clock, connections: int, slow: float
) -> None:
    """Also where the ten take longer than results wait for the ledger, and where others are on the way."""
    edition_id = rows.send_to(30)
    everybody = {f"reader-{n}@readers.invalid" for n in range(1, 31)}
    with StoryRelay(by_policy=everybody, slow=slow) as relay:
        use_relay(flask_app, relay.relay, connections=connections)
        send(edition_id)
        assert progress(edition_id) == Progress(30, 30, 0, 0, 0, 0, 0, 0)
        assert "5.7.1" in db.session.get_one(Edition, edition_id).trouble
        relay.story.by_policy, relay.story.slow = (), 0.0
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(30, 0, 0, 30, 0, 0, 0, 0)
    assert len(set(relay.recipients)) == len(relay.recipients) == 30


@pytest.mark.parametrize("connections", [1, 6])
def test_a_relay_that_breaks_over_every_copy_is_let_alone_before_all_are_in_doubt(
    flask_app: Flask, move_clock: Clock, connections: int
) -> None:
    """Those of the sessions that were open together at first, and two more."""
    edition_id = rows.send_to(30)
    everybody = {f"reader-{n}@readers.invalid" for n in range(1, 31)}
    with StoryRelay(hang_up_with=everybody) as relay:
        use_relay(flask_app, relay.relay, connections=connections)
        send(edition_id)
        doubtful = len(relay.unanswered)
        assert doubtful <= connections + senders.FRUITLESS - 1
        assert progress(edition_id) == Progress(30, 30 - doubtful, 0, 0, 0, 0, doubtful, 0)
        assert "closed the connection" in db.session.get_one(Edition, edition_id).trouble
        relay.story.hang_up_with = ()
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(30, 0, 0, 30 - doubtful, 0, 0, doubtful, 0)
    assert db.session.get_one(Edition, edition_id).trouble == ""


def spread_over_domains(dead: int = 0) -> list[str]:
    """Every other reader moves to a second domain; the addresses of the first `dead`."""
    odd = Subscriber.id % 2 == 1
    moved = func.replace(Subscriber.address, "readers.invalid", "others.invalid")
    db.session.execute(update(Subscriber).where(odd).values(address=moved))
    db.session.commit()
    return list(db.session.scalars(select(Subscriber.address).order_by(Subscriber.id).limit(dead)))


@pytest.mark.parametrize(
    "said",
    [
        "550 relay not permitted",
        "550 <{address}>: {domain} is no domain of ours",
        "504 5.5.2 <3f2ab9c1d0e4>: Helo command rejected: need fully-qualified hostname",
        "553 5.1.8 <lettre@hebdo.test>: Sender address rejected: Domain not found",
        "550 5.4.5 Daily SMTP relay limit exceeded",
        "554 5.7.1 <{address}>: Relay access denied",
    ],
)
def test_a_relay_that_refuses_us_at_rcpt_charges_no_reader(
    flask_app: Flask, move_clock: Clock, said: str
) -> None:
    edition_id = rows.send_to(30)
    replies = {
        each: said.format(address=each, domain=each.partition("@")[2])
        for each in spread_over_domains(30)
    }
    with StoryRelay(replies=replies) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        assert progress(edition_id) == Progress(30, 30, 0, 0, 0, 0, 0, 0)
        assert said.partition("{")[0] in db.session.get_one(Edition, edition_id).trouble
        relay.story.replies = {}
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(30, 0, 0, 30, 0, 0, 0, 0)


def test_dead_addresses_of_one_domain_in_a_row_stop_no_send(flask_app: Flask) -> None:
    edition_id = rows.send_to(30)
    dead = {f"reader-{n}@readers.invalid": "550 unknown user" for n in range(1, 21)}
    with StoryRelay(replies=dead) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(30, 0, 0, 10, 0, 20, 0, 0)
    assert db.session.get_one(Edition, edition_id).trouble == ""


def test_each_dead_address_with_a_code_of_its_own_is_refused_however_many_there_are(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(30)
    with StoryRelay(replies=dict.fromkeys(spread_over_domains(30), "550 5.1.1 nobody")) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
    assert progress(edition_id) == Progress(30, 0, 0, 0, 0, 30, 0, 0)


@pytest.mark.parametrize("said", ["550 unknown user", "550 5.4.1 Recipient address rejected"])
def test_dead_addresses_side_by_side_are_told_from_a_relay_that_takes_nobody(
    flask_app: Flask, move_clock: Clock, said: str
) -> None:
    edition_id = rows.send_to(60)
    with StoryRelay(replies=dict.fromkeys(spread_over_domains(15), said)) as relay:
        use_relay(flask_app, relay.relay)
        send(edition_id)
        assert said in db.session.get_one(Edition, edition_id).trouble
        # Mixed anew each time: ten of fifteen in a row are one chance in 100,000.
        for _ in range(3):
            move_clock(clerks.RELAY_PAUSE)
            send_on()
    assert progress(edition_id) == Progress(60, 0, 0, 45, 0, 15, 0, 0)
    assert db.session.get_one(Edition, edition_id).trouble == ""


def test_readers_for_whom_no_mail_can_be_made_are_skipped_unless_it_is_all_of_them(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(12)
    issues.press(edition_id)
    odd = update(Subscriber).values(first_name="a\x07b")
    db.session.execute(odd)
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
        assert progress(edition_id) == Progress(12, 12, 0, 0, 0, 0, 0, 0)
        assert "first_name" in db.session.get_one(Edition, edition_id).trouble
        db.session.execute(update(Subscriber).where(Subscriber.id > 2).values(first_name=""))
        db.session.commit()
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(12, 0, 0, 10, 0, 0, 0, 2)


def test_an_edition_of_which_no_mail_can_be_made_is_paused_and_holds_up_no_other(
    flask_app: Flask,
) -> None:
    of = rows.newsletter()
    rows.readers(of, 3)
    broken, sound = rows.ordered(of, 12).id, rows.ordered(of, 13).id
    issues.press(broken)
    issues.press(sound)
    edition = db.session.get_one(Edition, broken)
    edition.source = edition.source.replace("{{token}}", "")
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert state(sound) is EditionState.SENT
    assert state(broken) is EditionState.PAUSED
    assert "List-Unsubscribe" in db.session.get_one(Edition, broken).trouble
    assert progress(broken) == Progress(3, 3, 0, 0, 0, 0, 0, 0)
    assert len(relay.received) == 3


def test_a_relay_that_refuses_us_is_let_alone_by_every_batch(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(plans.SIZE * 2 + 1)
    with StoryRelay(refuse_mail=range(1, 12)) as relay:
        use_relay(flask_app, relay.relay, connections=2)
        issues.press(edition_id)
        assert sending.pump()
        assert not sending.pump()
        asked = relay.transactions
        assert asked <= 4
        relay.story.refuse_mail = ()
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id).accepted == len(set(relay.recipients)) == plans.SIZE * 2 + 1


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


@pytest.mark.parametrize("sessions", [1, 6])
def test_a_relay_that_hangs_up_over_one_reader_after_the_other_is_trouble_and_charges_none(
    flask_app: Flask, move_clock: Clock, sessions: int
) -> None:
    """Over a single one it is her affair: `test_an_address_that_breaks_every_session_is_deferred`."""
    edition_id = rows.send_to(20)
    with StoryRelay(hang_up_at_rcpt=range(1, 100)) as relay:
        use_relay(flask_app, relay.relay, connections=sessions)
        send(edition_id)
        assert progress(edition_id) == Progress(20, 20, 0, 0, 0, 0, 0, 0)
        assert db.session.get_one(Edition, edition_id).trouble
        relay.story.hang_up_at_rcpt = ()
        move_clock(clerks.RELAY_PAUSE)
        send_on()
    assert progress(edition_id) == Progress(20, 0, 0, 20, 0, 0, 0, 0)


def test_a_relay_that_is_not_there_costs_no_reader(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    send(edition_id)
    assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)
    db.session.expire_all()
    assert "refused" in db.session.get_one(Edition, edition_id).trouble
