"""Subscriptions: pending → confirmed → ended, and the proof of each step.

Every verb may come twice, at once or years later: the conditional UPDATE decides, and what follows
from it (a consent row, a mail) happens only when it bit. Nothing here tells whether an address was
known; what differs, its owner reads in her inbox.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, update

from app.core import addresses, clock, consents, notices, races, subscribers, suppressions
from app.core.consents import Proof
from app.extensions import db
from app.models import (
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    NoticeKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)

QUIET = dt.timedelta(hours=24)
"""At most one answer to sign-ups per address in this time: no inbox can be bombed by our form.

It ends early when she confirms: who reads and answers is not being bombed, and her next sign-up
deserves its answer.
"""

CONFIRM_WITHIN = dt.timedelta(days=7)
"""How long the link of a confirmation works."""

UNDO = dt.timedelta(days=7)
"""How long a subscription that was ended can be taken up again without a new confirmation."""

ANSWERS = (NoticeKind.CONFIRMATION, NoticeKind.ALREADY_SUBSCRIBED)
OWN_ACTS = (EndReason.UNSUBSCRIBED, EndReason.ONE_CLICK)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a sign-up left behind. Doors ring for the notice and show the same page for all."""

    subscription: Subscription | None = None
    """None for a suppressed address, of which nothing is kept."""
    notice: Notice | None = None
    """None when the address had its answer within 24 hours, or must not be mailed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Where a subscription stands after somebody pressed *confirm*."""

    subscription: Subscription
    notices: tuple[Notice, ...] = ()
    """The welcome, the first time; and what other newsletters she asked for still owe her."""


def sign_up(
    newsletter: Newsletter,
    address: str,
    first_name: str = "",
    language: str = "fr",
    *,
    wording: str = "",
    source: str = "",
    network: str = "",
) -> SignUp:
    """Record that this address asked, and order the mail that answers.

    The person is not known yet, so nothing of a confirmed reader changes by it. Sign-ups of one
    address wait for each other at its subscriber's row: twenty at once order one mail. Raises
    Invalid when this is no address.
    """
    read = addresses.read(address)
    if suppressions.find(read.key) is not None:
        return SignUp()
    subscriber = subscribers.take(read)
    subscription = standing(subscriber, newsletter)
    if subscription.state is not SubscriptionState.CONFIRMED:
        ask(subscription, Proof(wording, source, network))
        if not _is_confirmed_anywhere(subscriber):
            subscriber.first_name, subscriber.language = first_name, language
    return SignUp(subscription, _answer(subscription))


def ask_again(subscription_id: int) -> Notice | None:
    """The confirmation once more, for whoever holds a link that has grown too old."""
    subscription = db.session.get(Subscription, subscription_id)
    if subscription is None or subscription.state is not SubscriptionState.PENDING:
        return None
    if suppressions.find(subscription.subscriber.address_key) is not None:
        return None
    subscribers.lock(subscription.subscriber)
    return _answer(subscription)


def confirm(subscription_id: int, proof: Proof | None = None) -> Confirmation | None:
    """She pressed the button of the confirmation: from now on she gets the newsletter.

    Twice is the same as once; one welcome is ordered. A subscription ended in the meantime stays
    ended. None when it is gone.
    """
    bit = races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.PENDING)
        .values(state=SubscriptionState.CONFIRMED, confirmed_at=clock.now())
    )
    subscription = _read(subscription_id)
    if subscription is None or not bit:
        return Confirmation(subscription) if subscription else None
    consents.record(subscription, ConsentAct.CONFIRMED, proof or Proof())
    if suppressions.find(subscription.subscriber.address_key) is not None:
        return Confirmation(subscription)
    welcome = _order(NoticeKind.WELCOME, subscription)
    return Confirmation(subscription, (welcome, *_answer_the_others(subscription)))


def end(subscription_id: int, reason: EndReason, proof: Proof | None = None) -> Subscription | None:
    """She is no longer written to. As often as anybody likes; None when the rows are gone."""
    bit = races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state != SubscriptionState.ENDED)
        .values(state=SubscriptionState.ENDED, ended_at=clock.now(), end_reason=reason)
    )
    subscription = _read(subscription_id)
    if subscription is not None and bit:
        consents.record(subscription, ConsentAct.ENDED, proof or Proof())
    return subscription


def resume(subscription_id: int, proof: Proof | None = None) -> Subscription | None:
    """Undo an end of her own within `UNDO`; the state of what comes back tells whether it worked.

    Not for what a bounce or a complaint ended, and not for one that was never confirmed: those
    take a new sign-up.
    """
    now = clock.now()
    bit = races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.ENDED)
        .where(Subscription.confirmed_at.is_not(None), Subscription.ended_at >= now - UNDO)
        .where(Subscription.end_reason.in_(OWN_ACTS))
        .values(
            state=SubscriptionState.CONFIRMED,
            ended_at=None,
            end_reason=None,
            end_word=None,
            end_note="",
        )
    )
    subscription = _read(subscription_id)
    if subscription is not None and bit:
        consents.record(subscription, ConsentAct.CONFIRMED, proof or Proof())
    return subscription


def find(subscription_id: int) -> Subscription | None:
    return db.session.get(Subscription, subscription_id)


def can_resume(subscription: Subscription) -> bool:
    """Whether `resume` would work now."""
    return (
        subscription.state is SubscriptionState.ENDED
        and subscription.end_reason in OWN_ACTS
        and subscription.confirmed_at is not None
        and subscription.ended_at is not None
        and subscription.ended_at >= clock.now() - UNDO
    )


def standing(subscriber: Subscriber, newsletter: Newsletter) -> Subscription:
    """The subscription of a locked subscriber, new and pending when there was none."""
    found = db.session.scalar(
        select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber.id,
            Subscription.newsletter_id == newsletter.id,
        )
        .execution_options(populate_existing=True)
    )
    if found is not None:
        return found
    made = Subscription(
        subscriber=subscriber,
        newsletter=newsletter,
        state=SubscriptionState.PENDING,
        asked_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def ask(subscription: Subscription, proof: Proof) -> None:
    """She asks, or asks again: pending, with the proof of it."""
    subscription.state = SubscriptionState.PENDING
    subscription.asked_at = clock.now()
    subscription.confirmed_at = subscription.ended_at = subscription.end_reason = None
    subscription.end_word, subscription.end_note = None, ""
    # Who asks anew wants the next issue, not the one after an old pause.
    subscription.paused_until = None
    consents.record(subscription, ConsentAct.ASKED, proof)


def _answer(subscription: Subscription) -> Notice | None:
    """The one mail that answers a sign-up; None while the address has its quiet."""
    subscriber = subscription.subscriber
    since = clock.now() - QUIET
    confirmed_at = consents.last_confirmed_at(subscriber)
    if notices.ordered_since(subscriber.address, ANSWERS, max(since, confirmed_at or since)):
        return None
    confirmed = subscription.state is SubscriptionState.CONFIRMED
    kind = NoticeKind.ALREADY_SUBSCRIBED if confirmed else NoticeKind.CONFIRMATION
    return _order(kind, subscription)


def _answer_the_others(confirmed: Subscription) -> list[Notice]:
    """Confirmations that the quiet time held back for other newsletters she asked for.

    She has just shown that she reads this inbox, so one more mail for each bombs nobody.
    """
    since = clock.now() - CONFIRM_WITHIN
    answered = select(Notice.id).where(
        Notice.subscription_id == Subscription.id,
        Notice.kind == NoticeKind.CONFIRMATION,
        Notice.created_at >= since,
    )
    others = db.session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == confirmed.subscriber_id, ~answered.exists())
        .where(Subscription.state == SubscriptionState.PENDING, Subscription.asked_at >= since)
        .order_by(Subscription.id)
    )
    return [_order(NoticeKind.CONFIRMATION, other) for other in others.all()]


def _order(kind: NoticeKind, subscription: Subscription) -> Notice:
    return notices.order(
        kind,
        subscription.subscriber.address,
        newsletter=subscription.newsletter,
        subscription=subscription,
    )


def _is_confirmed_anywhere(subscriber: Subscriber) -> bool:
    found = select(Subscription.id).where(
        Subscription.subscriber_id == subscriber.id,
        Subscription.state == SubscriptionState.CONFIRMED,
    )
    return db.session.scalar(found.limit(1)) is not None


def _read(subscription_id: int) -> Subscription | None:
    return db.session.get(Subscription, subscription_id, populate_existing=True)
