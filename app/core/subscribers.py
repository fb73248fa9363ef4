"""Subscribers: persons, each known by one address; and the table of them that an editor takes home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import contains_eager

from app.core import addresses, answers, clock
from app.core.addresses import Address
from app.core.errors import Gone
from app.extensions import _, db
from app.models import Newsletter, Subscriber, Subscription

PAGE = 500
"""Rows of an export held at a time."""

LONGEST_NAME = 100
"""Characters of a first name."""


def take(address: Address) -> Subscriber:
    """The person of this address, known or new, her row locked until the transaction ends."""
    return _locked(address) or _add(address)


def lock(subscriber: Subscriber) -> None:
    """Wait for whoever else is at work for this person (SQLite writers wait for all).

    Raises Gone when she was erased in the meantime.
    """
    try:
        db.session.refresh(subscriber, with_for_update=True)
    except InvalidRequestError as gone:
        raise Gone(_("Nothing is kept of you here any more.")) from gone


def find(address: str) -> Subscriber | None:
    key = addresses.key(address)
    return db.session.scalar(select(Subscriber).where(Subscriber.address_key == key))


def _locked(address: Address) -> Subscriber | None:
    return db.session.scalar(
        select(Subscriber)
        .where(Subscriber.address_key == address.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _add(address: Address) -> Subscriber:
    made = Subscriber(address=address.written, address_key=address.key, created_at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        # Somebody signed up the same address a moment ago, and we waited for her commit.
        found = _locked(address)
        if found is None:
            raise
        return found
    return made


EXPORTED = (
    "address",
    "first_name",
    "language",
    "state",
    "asked_at",
    "confirmed_at",
    "ended_at",
    "end_reason",
)


def columns(newsletter: Newsletter) -> tuple[str, ...]:
    """The columns of an export: those of every newsletter, then its own questions."""
    return (*EXPORTED, *(each.name for each in newsletter.questions))


def export(newsletter: Newsletter) -> Iterator[tuple[str, ...]]:
    """A row per subscription in the order of `columns`; times in ISO 8601, UTC; empty where none.

    Cells are as they are kept: whoever writes a table for people writes it with
    `core.spreadsheets`, which defuses formulas.
    """
    names = [each.name for each in newsletter.questions]
    found = db.session.scalars(
        select(Subscription)
        .join(Subscription.subscriber)
        .options(contains_eager(Subscription.subscriber))
        .where(Subscription.newsletter_id == newsletter.id)
        .order_by(Subscription.id)
        .execution_options(yield_per=PAGE)
    )
    for page in found.partitions():
        ids = [each.id for each in page]
        given = answers.of(newsletter.id, ids) if names else {}
        for subscription in page:
            told = given.get(subscription.id, {})
            yield (*_row(subscription), *(told.get(name, "") for name in names))


def _row(subscription: Subscription) -> tuple[str, ...]:
    person = subscription.subscriber
    return (
        person.address,
        person.first_name,
        person.language,
        str(subscription.state),
        _moment(subscription.asked_at),
        _moment(subscription.confirmed_at),
        _moment(subscription.ended_at),
        str(subscription.end_reason or ""),
    )


def _moment(at: dt.datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
