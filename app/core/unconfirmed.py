"""Sign-ups that nobody confirmed: reminded of once, where the newsletter says so, then forgotten whole.

Whoever did not confirm did not consent: there is nothing of hers that the law lets us keep.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import ColumnElement, delete, exists, func, or_, select

from app.core import clock, confirmations, subscribers, suppressions
from app.core.confirmations import ANSWERS, CONFIRM_WITHIN
from app.extensions import db
from app.models import (
    AddressChange,
    Newsletter,
    Notice,
    NoticeKind,
    NoticeState,
    Subscriber,
    Subscription,
    SubscriptionState,
)

REMIND_AFTER = dt.timedelta(days=2)

KEPT = dt.timedelta(days=14)
"""How long after she asked it is forgotten: the link works for a week, and for a week more it can be
exchanged for a new one."""

ABOUT_HER = (
    NoticeKind.WELCOME,
    NoticeKind.MY_SUBSCRIPTION,
    NoticeKind.ADDRESS_CONFIRMATION,
    NoticeKind.ADDRESS_TAKEN,
    NoticeKind.ADDRESS_CHANGING,
)
"""Mails about her own page and address, which go with her."""

AT_A_TIME = 200
"""Rows looked at in one round; the next round, seconds later, goes on."""


def remind() -> list[Notice]:
    """Order the one reminder for each person whose time has come; twice orders nothing more.

    Only where her confirmation was taken by the relay, and never within a day of another answer, nor
    to whom must not be mailed.
    """
    found = db.session.scalars(
        select(Subscription)
        .join(Subscription.newsletter)
        .join(Subscription.subscriber)
        .where(_is_due(), Newsletter.reminds, _was_mailed(), ~_was_reminded())
        .order_by(Subscription.subscriber_id, Subscription.id)
        .limit(AT_A_TIME)
    ).all()
    grouped = groupby(found, key=lambda each: each.subscriber)
    reminded = [_remind(subscriber, list(each)) for subscriber, each in grouped]
    return [notice for notice in reminded if notice is not None]


def forget() -> int:
    """Delete what was never confirmed, and with it the mails about it; how many sign-ups.

    The person goes with her last subscription. What was confirmed in the meantime stays. Of somebody
    who had left before, it is on record again that she did: whoever typed her address changed nothing.
    """
    before = clock.now() - KEPT
    old = db.session.scalars(
        select(Subscription)
        .where(Subscription.state == SubscriptionState.PENDING, Subscription.asked_at < before)
        # As in `remind`: people are locked in one order, so that two rounds never wait for each other.
        .order_by(Subscription.subscriber_id, Subscription.id)
        .limit(AT_A_TIME)
    ).all()
    return sum(_forget(each, before) for each in old)


def _is_due() -> ColumnElement[bool]:
    now = clock.now()
    return (
        (Subscription.state == SubscriptionState.PENDING)
        & (Subscription.asked_at <= now - REMIND_AFTER)
        & (Subscription.asked_at > now - CONFIRM_WITHIN)
    )


def _was_mailed() -> ColumnElement[bool]:
    """A reminder of what never arrived would only knock at a door that is not there."""
    return exists().where(
        Notice.address == Subscriber.address,
        Notice.kind == NoticeKind.CONFIRMATION,
        Notice.state == NoticeState.ACCEPTED,
        Notice.created_at <= clock.now() - REMIND_AFTER,
    )


def _was_reminded() -> ColumnElement[bool]:
    return exists().where(
        Notice.address == Subscriber.address,
        Notice.kind == NoticeKind.REMINDER,
        Notice.created_at >= clock.now() - KEPT,
    )


def _remind(subscriber: Subscriber, wanted: Sequence[Subscription]) -> Notice | None:
    if suppressions.find(subscriber.address_key) is not None:
        return None
    # Two beats at once: the second finds the first one's order, and the address its quiet.
    subscribers.lock(subscriber)
    return confirmations.remind(wanted)


def _forget(subscription: Subscription, before: dt.datetime) -> bool:
    subscriber = subscription.subscriber
    subscribers.lock(subscriber)
    db.session.refresh(subscription)
    if subscription.state is not SubscriptionState.PENDING or subscription.asked_at >= before:
        return False
    if subscription.ended_at is not None:
        subscription.state = SubscriptionState.ENDED
        return True
    db.session.execute(delete(Notice).where(Notice.subscription_id == subscription.id))
    db.session.delete(subscription)
    db.session.flush()
    if not _has_any(subscriber):
        _forget_person(subscriber)
    return True


def _has_any(subscriber: Subscriber) -> bool:
    found = select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    return db.session.scalar(found.limit(1)) is not None


def _forget_person(subscriber: Subscriber) -> None:
    """With the mails that answered her; what she wrote under an issue is not about a subscription."""
    answers = Notice.kind.in_((*ANSWERS, *ABOUT_HER))
    hers = or_(
        Notice.address == subscriber.address, func.lower(Notice.address) == subscriber.address_key
    )
    db.session.execute(delete(Notice).where(hers, answers))
    db.session.execute(delete(AddressChange).where(AddressChange.subscriber_id == subscriber.id))
    db.session.expire(subscriber)
    db.session.delete(subscriber)
    db.session.flush()
