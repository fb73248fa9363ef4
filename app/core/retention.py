"""Retention: people who have done nothing themselves for years are forgotten, and may come again.

What counts is an act of her own: she signed up, confirmed, changed what she gets, moved her address,
commented, left, or pressed “Keep me”. That mail was sent to her, or taken by her provider, is none.
Nothing bars her afterwards, unlike after an erasure that she asked for: no hash of her is kept that
was not kept before (CNIL: three years from the last contact that came from the person).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, func, select

from app.core import clock, consents, erasures, subscribers
from app.core.consents import Proof
from app.core.errors import Gone
from app.core.subscriptions import OWN_ACTS
from app.extensions import db
from app.models import (
    AddressChange,
    Comment,
    Consent,
    ConsentAct,
    Subscriber,
    Subscription,
    SubscriptionState,
)

AT_A_TIME = 200
"""People forgotten in one transaction."""

QUIET = dt.timedelta(days=365)
"""Of silence, after which her page asks whether she wants to be kept."""

A_DAY = dt.timedelta(days=1)

NO_SUBSCRIPTION = "none"

HER_ACTS = tuple(act for act in ConsentAct if act is not ConsentAct.ENDED)
"""Of leaving the subscription says whether it was she, a bounce or an editor."""


def before(years: int) -> dt.datetime:
    """The moment so many years ago; 29 February counts as the 28th."""
    now = clock.now()
    day = now.day if (now.month, now.day) != (2, 29) else 28
    return now.replace(year=now.year - years, day=day)


def counts(since: dt.datetime) -> dict[str, int]:
    """How many people did nothing themselves since then, by where the best of theirs stands."""
    best = (
        select(Subscription.state)
        .where(Subscription.subscriber_id == Subscriber.id)
        .order_by(
            Subscription.state != SubscriptionState.CONFIRMED,
            Subscription.state != SubscriptionState.PENDING,
        )
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(select(best, func.count()).where(_is_stale(since)).group_by(best))
    found = {str(state or NO_SUBSCRIPTION): count for state, count in rows}
    names = [*map(str, SubscriptionState), NO_SUBSCRIPTION]
    return {name: found.get(name, 0) for name in names}


def forget(since: dt.datetime) -> int:
    """Forget up to `AT_A_TIME` of them, each looked at once more under her lock; how many."""
    found = select(Subscriber).where(_is_stale(since)).order_by(Subscriber.id).limit(AT_A_TIME)
    return sum(_forget(each, since) for each in db.session.scalars(found).all())


def keep(subscriber: Subscriber, proof: Proof) -> None:
    """She said that she is still there: a row of consent for each newsletter that she has.

    Nothing when she did something herself within the day: it tells as much, and rows that are only
    ever added must not grow with each press.
    """
    subscribers.lock(subscriber)
    last = _last_act(subscriber)
    if last is not None and last > clock.now() - A_DAY:
        return
    for subscription in subscriber.subscriptions:
        if subscription.state is SubscriptionState.CONFIRMED:
            consents.record(subscription, ConsentAct.CHANGED, proof)


def silent_since(subscriber: Subscriber) -> dt.datetime | None:
    """When somebody who receives something last did anything about it, if that is over `QUIET` ago."""
    last = _last_act(subscriber)
    return last if last is not None and last < clock.now() - QUIET else None


def _last_act(subscriber: Subscriber) -> dt.datetime | None:
    found = select(func.max(Consent.at)).where(
        Consent.subscription_id == Subscription.id,
        Subscription.subscriber_id == subscriber.id,
        Subscription.state == SubscriptionState.CONFIRMED,
        Consent.act.in_(HER_ACTS),
    )
    return db.session.scalar(found)


def _forget(subscriber: Subscriber, since: dt.datetime) -> bool:
    try:
        subscribers.lock(subscriber)
    except Gone:
        # She erased herself a moment ago.
        return False
    still = select(Subscriber.id).where(Subscriber.id == subscriber.id, _is_stale(since))
    if db.session.scalar(still) is None:
        return False
    erasures.forget(subscriber)
    return True


def _is_stale(since: dt.datetime) -> ColumnElement[bool]:
    hers = Subscription.subscriber_id == Subscriber.id
    acted = exists().where(
        hers,
        Consent.subscription_id == Subscription.id,
        Consent.act.in_(HER_ACTS),
        Consent.at >= since,
    )
    left = exists().where(
        hers, Subscription.end_reason.in_(OWN_ACTS), Subscription.ended_at >= since
    )
    moved = exists().where(
        AddressChange.subscriber_id == Subscriber.id, AddressChange.asked_at >= since
    )
    said = exists().where(
        Comment.address_key == Subscriber.address_key, Comment.created_at >= since
    )
    # An import brings people in whose act is older than their row: the row counts as well, so that
    # nobody is forgotten on the day after she was brought in.
    return and_(Subscriber.created_at < since, ~acted, ~left, ~moved, ~said)
