"""Audiences: who is to get an edition, when it is planned and again when her turn comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Subquery, func, or_, select

from app.core import answers, clock, sets
from app.extensions import db, keys
from app.models import Subscriber, Subscription, SubscriptionState, Suppression


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber whose turn has come, as far as a copy needs to know her."""

    subscriber_id: int
    subscription_id: int
    address: str
    first_name: str
    hidden: str = ""
    """`Subscription.hidden_rubrics`, as it is kept: empty for most, and then nothing is to be done."""
    text_only: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    """What she answered to the newsletter's own questions, by name, as a mail says it."""


def count(newsletter_id: int) -> int:
    """How many readers an edition planned now would have."""
    found = (
        select(func.count()).select_from(Subscription).where(_wanted(newsletter_id, clock.now()))
    )
    return db.session.scalar(found) or 0


def shares(newsletter_id: int, size: int) -> Subquery:
    """The audience in ascending order of ids, `size` of them to a share: (subscriber_id, n)."""
    rank = func.row_number().over(order_by=Subscription.subscriber_id)
    return (
        select(Subscription.subscriber_id, ((rank - 1) // size).label("n"))
        .where(_wanted(newsletter_id, clock.now()))
        .order_by(Subscription.subscriber_id)
        .subquery()
    )


def turn(
    newsletter_id: int, subscriber_ids: Sequence[int]
) -> tuple[dict[int, Reader], dict[int, str]]:
    """Of readers planned earlier: who still wants her copy, and for the others why not, in words."""
    rows = db.session.execute(
        select(
            Subscriber.id,
            Subscriber.address,
            Subscriber.first_name,
            Subscription.id,
            Subscription.state,
            Subscription.paused_until,
            Subscription.hidden_rubrics,
            Subscription.text_only,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == newsletter_id)
        .where(sets.among(Subscription.subscriber_id, subscriber_ids))
    ).all()
    now = clock.now()
    wanted: dict[int, Reader] = {}
    skipped = dict.fromkeys(subscriber_ids, "no longer a subscriber")
    for (
        subscriber_id,
        address,
        first_name,
        subscription_id,
        state,
        paused_until,
        hidden,
        text,
    ) in rows:
        if state != SubscriptionState.CONFIRMED:
            skipped[subscriber_id] = "unsubscribed before her turn"
        elif paused_until is not None and paused_until > now:
            skipped[subscriber_id] = "paused"
        else:
            wanted[subscriber_id] = Reader(
                subscriber_id, subscription_id, address, first_name, hidden, text
            )
            del skipped[subscriber_id]
    for subscriber_id in _suppressed(wanted):
        skipped[subscriber_id] = "suppressed"
        del wanted[subscriber_id]
    return _with_details(newsletter_id, wanted), skipped


def _with_details(newsletter_id: int, readers: dict[int, Reader]) -> dict[int, Reader]:
    """The same readers with what they answered; one look for all of them."""
    found = answers.for_mail(newsletter_id, [each.subscription_id for each in readers.values()])
    if not found:
        return readers
    return {
        subscriber_id: replace(reader, details=found.get(reader.subscription_id, {}))
        for subscriber_id, reader in readers.items()
    }


def _suppressed(readers: dict[int, Reader]) -> list[int]:
    owners = {
        address_hash: reader.subscriber_id
        for reader in readers.values()
        for address_hash in keys.hashes(reader.address)
    }
    found = db.session.scalars(
        select(Suppression.address_hash).where(sets.among(Suppression.address_hash, owners))
    )
    return list({owners[address_hash] for address_hash in found})


def _wanted(newsletter_id: int, now: dt.datetime) -> ColumnElement[bool]:
    return (
        (Subscription.newsletter_id == newsletter_id)
        & (Subscription.state == SubscriptionState.CONFIRMED)
        & or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now)
    )
