"""Her own page: who may open it, and the mail that brings its link to whoever asks with an address.

Two kinds of link lead there. The one in every issue lasts for ever and lets her set what she gets;
but issues are forwarded, so what only the owner of the address may see or do (all that is held, a new
address, erasure) takes a *fresh* one, mailed on demand, good for a day. No password anywhere.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app.core import addresses, clock, notices, subscribers, suppressions
from app.extensions import db, keys
from app.models import Notice, NoticeKind, Subscriber, Subscription, SubscriptionState

FRESH = dt.timedelta(hours=24)
"""How long a fresh link opens everything."""

QUIET = FRESH
"""At most one such mail an address in this time: until then the one before still works."""

SEAL = 16
"""Hex digits, 64 bits, of the address's keyed hash: inside a signed token they only have to differ."""


def ask(typed: str) -> Notice | None:
    """Order the mail with a fresh link, if this address is a subscriber's; doors answer all alike.

    Raises Invalid when this is no address.
    """
    subscriber = subscribers.find(addresses.read(typed).key)
    return send_link(subscriber) if subscriber is not None else None


def send_link(subscriber: Subscriber) -> Notice | None:
    """The same for a person who is known; None while she has her quiet, or must not be mailed."""
    if suppressions.find(subscriber.address_key) is not None:
        return None
    subscribers.lock(subscriber)
    since = clock.now() - QUIET
    subscription = nearest(subscriber)
    if subscription is None or notices.ordered_since(
        subscriber.address, (NoticeKind.MY_SUBSCRIPTION,), since
    ):
        return None
    return notices.order(
        NoticeKind.MY_SUBSCRIPTION,
        subscriber.address,
        newsletter=subscription.newsletter,
        subscription=subscription,
    )


def nearest(subscriber: Subscriber) -> Subscription | None:
    """The subscription in whose name she is written to: one that she has, else the newest."""
    found = db.session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == subscriber.id)
        .order_by(Subscription.state != SubscriptionState.CONFIRMED, Subscription.asked_at.desc())
    )
    return found.first()


def seal(subscriber: Subscriber) -> str:
    """What a fresh link stands or falls with: it dies when the address changes."""
    return keys.hashes(subscriber.address_key)[0][:SEAL]


def is_sealed(subscriber: Subscriber, sealed: str) -> bool:
    """Whether a fresh link with this seal was mailed to the address that she has now."""
    return sealed in {each[:SEAL] for each in keys.hashes(subscriber.address_key)}


def is_proved(subscriber: Subscriber) -> bool:
    """Whether she has ever shown that she reads what comes to this address."""
    found = select(Subscription.id).where(
        Subscription.subscriber_id == subscriber.id, Subscription.confirmed_at.is_not(None)
    )
    return db.session.scalar(found.limit(1)) is not None
