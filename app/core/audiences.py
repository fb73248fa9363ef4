"""Audiences: who is to get an edition, when it is planned and again when her turn comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    case,
    func,
    or_,
    select,
)

from app.core import answers, clock, sets
from app.extensions import db, keys
from app.models import Subscriber, Subscription, SubscriptionState, Suppression


class Reader(NamedTuple):
    """A subscriber whose turn has come, as far as a copy needs to know her.

    A tuple, because one is made for every copy: 0.4 µs where a frozen dataclass takes 1.1.
    """

    subscriber_id: int
    subscription_id: int
    address: str
    first_name: str
    hidden: str = ""
    """`Subscription.hidden_rubrics`, as it is kept: empty for most, and then nothing is to be done."""
    text_only: bool = False
    details: Mapping[str, str] = MappingProxyType({})
    """What she answered to the newsletter's own questions, by name, as a mail says it."""


def count(newsletter_id: int) -> int:
    """How many readers an edition planned now would have."""
    found = (
        select(func.count()).select_from(Subscription).where(_wanted(newsletter_id, clock.now()))
    )
    return db.session.scalar(found) or 0


def shares(newsletter_id: int, size: int) -> Subquery:
    """The audience in ascending order of ids, `size` of them to a share: (subscriber_id, n)."""
    # Of whole numbers, so that PostgreSQL divides them as such: by way of floats it takes half again.
    rank = func.row_number(type_=BigInteger).over(order_by=Subscription.subscriber_id)
    return (
        select(Subscription.subscriber_id, ((rank - 1) // size).label("n"))
        .where(_wanted(newsletter_id, clock.now()))
        .order_by(Subscription.subscriber_id)
        .subquery()
    )


def turn(
    newsletter_id: int, subscriber_ids: Sequence[int], *, with_details: bool = True
) -> tuple[dict[int, Reader], dict[int, str]]:
    """Of readers planned earlier: who still wants her copy, and for the others why not, in words.

    Without `with_details` nobody's own answers are read.
    """
    rows = db.session.execute(
        _asked(db.engine.dialect.name),
        {"newsletter": newsletter_id, "ids": sets.packed(subscriber_ids), "now": clock.now()},
    )
    wanted: dict[int, Reader] = {}
    skipped = dict.fromkeys(subscriber_ids, "no longer a subscriber")
    for row in rows:
        why, subscriber_id = row[0], row[1]
        if why:
            skipped[subscriber_id] = why
        else:
            wanted[subscriber_id] = Reader(*row[1:])
            del skipped[subscriber_id]
    for subscriber_id in _suppressed(wanted):
        skipped[subscriber_id] = "suppressed"
        del wanted[subscriber_id]
    return (_with_details(newsletter_id, wanted) if with_details else wanted), skipped


@cache
def _asked(_database: str) -> Select[Any]:
    """Why she is not wanted (empty: she is), and a `Reader`. Put together once for each database: that
    takes as long as asking it."""
    is_paused = Subscription.paused_until > bindparam("now", type_=Subscription.paused_until.type)
    why = case(
        (Subscription.state != SubscriptionState.CONFIRMED, "unsubscribed before her turn"),
        (is_paused, "paused"),
        else_="",
    )
    return (
        select(
            why,
            Subscriber.id,
            Subscription.id,
            Subscriber.address,
            Subscriber.first_name,
            Subscription.hidden_rubrics,
            Subscription.text_only,
        )
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == bindparam("newsletter", type_=BigInteger))
        .where(sets.among_named(Subscription.subscriber_id, "ids"))
    )


def _with_details(newsletter_id: int, readers: dict[int, Reader]) -> dict[int, Reader]:
    """The same readers with what they answered; one look for all of them."""
    found = answers.for_mail(newsletter_id, [each.subscription_id for each in readers.values()])
    if not found:
        return readers
    return {
        subscriber_id: reader._replace(details=found.get(reader.subscription_id, {}))
        for subscriber_id, reader in readers.items()
    }


def _suppressed(readers: dict[int, Reader]) -> list[int]:
    owners = {
        address_hash: reader.subscriber_id
        for reader in readers.values()
        for address_hash in keys.hashes(reader.address)
    }
    asked = _suppressed_among(db.engine.dialect.name)
    found = db.session.scalars(asked, {"hashes": sets.packed(owners)})
    return list({owners[address_hash] for address_hash in found})


@cache
def _suppressed_among(_database: str) -> Select[str]:
    return select(Suppression.address_hash).where(
        sets.among_named(Suppression.address_hash, "hashes")
    )


def _wanted(newsletter_id: int, now: dt.datetime) -> ColumnElement[bool]:
    return (
        (Subscription.newsletter_id == newsletter_id)
        & (Subscription.state == SubscriptionState.CONFIRMED)
        & or_(Subscription.paused_until.is_(None), Subscription.paused_until <= now)
    )
