"""Erasure: a person asks to be forgotten, and is; only the keyed hash of her address stays.

The hash tells nobody the address, and knows it when it comes: no import and no form brings her back.
Deliveries stay as numbers, so that every edition goes on adding up; a send that is under way finds
her gone and skips her.
"""

from __future__ import annotations

from sqlalchemy import select

from app.core import holdings, subscribers, suppressions
from app.extensions import db
from app.models import Subscriber, Subscription, SuppressionReason


def erase(subscriber: Subscriber) -> None:
    """Everything that `holdings.HELD` names, in one transaction; the caller commits.

    Waits for whoever is at work for her, or for one of her subscriptions by its mail's link.
    """
    subscribers.lock(subscriber)
    _lock_subscriptions(subscriber)
    suppressions.suppress(subscriber.address, SuppressionReason.ERASED)
    db.session.flush()
    forget(subscriber)


def forget(subscriber: Subscriber) -> None:
    """The same of somebody, locked, who did not ask for it: nothing bars her from coming again."""
    _lock_subscriptions(subscriber)
    who = holdings.person(subscriber)
    # From the rows that refer to the ones that are referred to.
    for held in reversed(holdings.HELD):
        held.erase(who)
    db.session.expire_all()


def _lock_subscriptions(subscriber: Subscriber) -> None:
    hers = select(Subscription.id).where(Subscription.subscriber_id == subscriber.id)
    # In one order everywhere, so that two who wait never wait for each other.
    db.session.execute(hers.order_by(Subscription.id).with_for_update())
