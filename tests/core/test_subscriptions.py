"""Sign-up, confirmation, leaving and coming back: each as often as one likes, each with its proof."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text

from app.core import clock, consents, erasures, preferences, subscriptions, suppressions
from app.core.confirmations import QUIET
from app.core.consents import Proof
from app.core.errors import Invalid
from app.core.subscriptions import UNDO
from app.extensions import db
from app.models import (
    Consent,
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    NoticeKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests import people


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def kinds() -> list[NoticeKind]:
    return list(db.session.scalars(select(Notice.kind).order_by(Notice.id)))


def acts() -> list[ConsentAct]:
    return list(db.session.scalars(select(Consent.act).order_by(Consent.id)))


def rows(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_sign_up_is_pending_with_its_proof_and_owes_one_confirmation(letter: Newsletter) -> None:
    found = subscriptions.sign_up(
        letter,
        "Marie.Dupont@EXAMPLE.org",
        "Marie",
        "en",
        wording="Yes, every week.",
        source="/newsletters/essentiel-ia",
        network="192.0.2.0/24",
    )
    db.session.commit()
    subscription = db.session.scalars(select(Subscription)).one()
    assert found.subscription is subscription
    assert subscription.state is SubscriptionState.PENDING
    person = subscription.subscriber
    assert (person.address, person.address_key) == (
        "Marie.Dupont@example.org",
        "marie.dupont@example.org",
    )
    assert (person.first_name, person.language) == ("Marie", "en")
    proof = db.session.scalars(select(Consent)).one()
    assert (proof.act, proof.wording) == (ConsentAct.ASKED, "Yes, every week.")
    assert (proof.source, proof.network) == ("/newsletters/essentiel-ia", "192.0.2.0/24")
    assert found.notice is not None
    assert (found.notice.kind, found.notice.address) == (NoticeKind.CONFIRMATION, person.address)


def test_what_is_no_address_is_refused_in_words(letter: Newsletter) -> None:
    with pytest.raises(Invalid) as refused:
        subscriptions.sign_up(letter, "marie@")
    assert "address" in refused.value.faults
    assert rows(Subscriber) == 0


def test_a_second_sign_up_within_a_day_owes_no_second_mail(letter: Newsletter) -> None:
    people.pending(letter, "marie@hebdo.test")
    people.pending(letter, "MARIE@hebdo.test")
    assert kinds() == [NoticeKind.CONFIRMATION]
    assert rows(Subscriber) == 1


def test_a_sign_up_after_a_day_is_answered_again(letter: Newsletter) -> None:
    people.pending(letter)
    with time_machine.travel(clock.now() + QUIET + dt.timedelta(minutes=1), tick=False):
        people.pending(letter)
    assert kinds() == [NoticeKind.CONFIRMATION, NoticeKind.CONFIRMATION]


def test_who_is_confirmed_reads_that_she_is(letter: Newsletter) -> None:
    people.confirmed(letter)
    people.pending(letter)
    people.pending(letter)
    assert kinds() == [
        NoticeKind.CONFIRMATION,
        NoticeKind.WELCOME,
        NoticeKind.ALREADY_SUBSCRIBED,
    ]


def test_a_stranger_cannot_rename_a_confirmed_reader(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    subscriptions.sign_up(letter, people.ADDRESS, "Tartempion", "en")
    db.session.commit()
    db.session.refresh(subscription.subscriber)
    assert (subscription.subscriber.first_name, subscription.subscriber.language) == ("Marie", "fr")


def test_nothing_is_kept_of_a_sign_up_for_a_suppressed_address(letter: Newsletter) -> None:
    suppressions.suppress("marie@hebdo.test", SuppressionReason.COMPLAINT)
    found = subscriptions.sign_up(letter, "Marie@hebdo.test")
    db.session.commit()
    assert found == subscriptions.SignUp()
    assert (rows(Subscriber), rows(Notice)) == (0, 0)


def test_twenty_sign_ups_at_once_are_one_person_and_one_mail(
    flask_app: Flask, letter: Newsletter
) -> None:
    slug_id = letter.id
    db.session.rollback()
    start = threading.Barrier(20)
    failures: list[BaseException] = []

    def sign_up() -> None:
        with flask_app.app_context():
            try:
                start.wait(timeout=30)
                subscriptions.sign_up(db.session.get_one(Newsletter, slug_id), people.ADDRESS)
                db.session.commit()
            except BaseException as failure:
                failures.append(failure)
                raise
            finally:
                db.session.remove()

    threads = [threading.Thread(target=sign_up) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert (rows(Subscriber), rows(Subscription), rows(Notice)) == (1, 1, 1)


def test_confirming_twice_is_confirming_once(letter: Newsletter) -> None:
    subscription = people.pending(letter)
    first = subscriptions.confirm(
        subscription.id, proof=Proof(wording="Confirm", network="192.0.2.0/24")
    )
    db.session.commit()
    confirmed_at = subscription.confirmed_at
    second = subscriptions.confirm(subscription.id)
    db.session.commit()
    assert first is not None
    assert [notice.kind for notice in first.notices] == [NoticeKind.WELCOME]
    assert second is not None
    assert (second.subscription.state, second.notices) == (SubscriptionState.CONFIRMED, ())
    assert second.subscription.confirmed_at == confirmed_at
    assert acts() == [ConsentAct.ASKED, ConsentAct.CONFIRMED]
    assert kinds().count(NoticeKind.WELCOME) == 1


def test_an_old_confirmation_does_not_bring_back_who_left(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    found = subscriptions.confirm(subscription.id)
    assert found is not None
    assert found.subscription.state is SubscriptionState.ENDED


def test_verbs_on_rows_that_are_gone_say_none(letter: Newsletter) -> None:
    assert subscriptions.confirm(9) is None
    assert subscriptions.end(9, EndReason.ONE_CLICK) is None
    assert subscriptions.resume(9) is None
    assert subscriptions.ask_again(9) is None


def test_leaving_as_often_as_one_likes_leaves_one_proof(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    for reason in (EndReason.ONE_CLICK, EndReason.UNSUBSCRIBED, EndReason.ONE_CLICK):
        ended = subscriptions.end(subscription.id, reason, Proof(source="mail program"))
        db.session.commit()
        assert ended is not None
        assert ended.end_reason is EndReason.ONE_CLICK
    assert acts() == [ConsentAct.ASKED, ConsentAct.CONFIRMED, ConsentAct.ENDED]


def test_leaving_can_be_undone_without_a_second_welcome(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    assert subscriptions.can_resume(subscription)
    for _ in range(2):
        resumed = subscriptions.resume(subscription.id)
        db.session.commit()
        assert resumed is not None
        assert (resumed.state, resumed.ended_at) == (SubscriptionState.CONFIRMED, None)
    assert kinds().count(NoticeKind.WELCOME) == 1
    assert acts()[-1] is ConsentAct.CONFIRMED


@pytest.mark.parametrize("reason", [EndReason.BOUNCED, EndReason.COMPLAINT])
def test_what_a_bounce_or_complaint_ended_cannot_be_undone(
    letter: Newsletter, reason: EndReason
) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, reason)
    resumed = subscriptions.resume(subscription.id)
    assert resumed is not None
    assert resumed.state is SubscriptionState.ENDED
    assert not subscriptions.can_resume(resumed)


def test_what_was_never_confirmed_cannot_be_undone_into_a_subscription(letter: Newsletter) -> None:
    subscription = people.pending(letter)
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    resumed = subscriptions.resume(subscription.id)
    assert resumed is not None
    assert resumed.state is SubscriptionState.ENDED


def test_undoing_has_its_time(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, EndReason.ONE_CLICK)
    db.session.commit()
    with time_machine.travel(clock.now() + UNDO + dt.timedelta(minutes=1), tick=False):
        resumed = subscriptions.resume(subscription.id)
    assert resumed is not None
    assert resumed.state is SubscriptionState.ENDED


def test_who_left_and_signs_up_again_starts_anew(letter: Newsletter) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    db.session.commit()
    again = people.pending(letter)
    assert again.id == subscription.id
    assert (again.state, again.confirmed_at) == (SubscriptionState.PENDING, None)
    assert kinds()[-1] is NoticeKind.CONFIRMATION
    # Anybody can have typed her address: that she left is forgotten when she confirms.
    assert again.end_reason is EndReason.UNSUBSCRIBED
    subscriptions.confirm(again.id)
    db.session.refresh(again)
    assert (again.ended_at, again.end_reason) == (None, None)


def test_a_forwarded_link_does_not_end_the_quiet_of_an_inbox(letter: Newsletter) -> None:
    hers = people.confirmed(letter)
    other = people.newsletter("autre-lettre")
    assert subscriptions.sign_up(letter, people.ADDRESS).notice is not None
    # The link in every issue leaves, comes back and joins; each is kept as a confirmation of hers.
    subscriptions.end(hers.id, EndReason.UNSUBSCRIBED)
    subscriptions.resume(hers.id, Proof(source=consents.COMING_BACK))
    assert subscriptions.sign_up(letter, people.ADDRESS).notice is None
    preferences.join(hers.subscriber, other, Proof(source=consents.MINE))
    assert subscriptions.sign_up(letter, people.ADDRESS).notice is None


def test_a_second_newsletter_asked_for_the_same_day_is_confirmed_after_the_first(
    letter: Newsletter,
) -> None:
    other = people.newsletter("autre-lettre")
    first = people.pending(letter)
    held_back = people.pending(other)
    assert kinds() == [NoticeKind.CONFIRMATION]
    found = subscriptions.confirm(first.id)
    db.session.commit()
    assert found is not None
    welcome, confirmation = found.notices
    assert welcome.kind is NoticeKind.WELCOME
    assert (confirmation.kind, confirmation.subscription_id) == (
        NoticeKind.CONFIRMATION,
        held_back.id,
    )


def test_asking_for_the_confirmation_again_keeps_the_quiet_time(letter: Newsletter) -> None:
    subscription = people.pending(letter)
    assert subscriptions.ask_again(subscription.id) is None
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
        notice = subscriptions.ask_again(subscription.id)
        assert notice is not None
        assert notice.kind is NoticeKind.CONFIRMATION
        assert subscriptions.ask_again(subscription.id) is None


def test_a_sign_up_that_waited_for_an_erasure_brings_nobody_back(
    flask_app: Flask, letter: Newsletter
) -> None:
    if db.engine.dialect.name == "sqlite":
        # Its writers begin one after another.
        return
    her, letter_id = people.pending(letter, "marie@example.org").subscriber, letter.id
    erasures.erase(her)

    def come() -> None:
        with flask_app.app_context():
            subscriptions.sign_up(db.session.get_one(Newsletter, letter_id), "marie@example.org")
            db.session.commit()

    with ThreadPoolExecutor(1) as crowd, db.engine.connect() as watching:
        press = crowd.submit(come)
        while not watching.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            assert not press.done()
            watching.rollback()
        db.session.commit()
        press.result(20)
    assert db.session.scalars(select(Subscriber.address)).all() == []
