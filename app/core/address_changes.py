"""Changes of address: asked for, confirmed from the new one, stopped from the old one.

    asked ─▶ confirmed (within a day, from the new address) ─▶ taken back (within a week, from the old)
      └────▶ stopped (from the old address, or by a newer wish)

Nothing changes until the new address has confirmed. Whether an address is free, a subscriber's already,
or one that must not be mailed, is nobody's business: the page, the mail to the old address, the count
of wishes and what is told of them are the same. The ledger knows a person by her number: her deliveries
stay hers.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core import (
    addresses,
    clock,
    consents,
    notices,
    own_pages,
    races,
    subscribers,
    suppressions,
)
from app.core.addresses import Address
from app.core.consents import Proof
from app.core.errors import Invalid
from app.extensions import _, db, keys
from app.models import AddressChange, ConsentAct, Notice, NoticeKind, Subscriber

CONFIRM_WITHIN = dt.timedelta(hours=24)
STAY_WITHIN = dt.timedelta(days=7)
"""How long the old address can stop a change, or take it back."""

MOST = 3
"""Changes that one person can ask for in a day: each is a mail to somebody else."""


class Step(StrEnum):
    """Where a change stands after a press."""

    DONE = "done"
    STOPPED = "stopped"
    OVER = "over"
    """Too old, or a newer wish has replaced it."""
    TAKEN = "taken"
    """The address has become somebody else's meanwhile."""


def ask(subscriber: Subscriber, typed: str, network: str = "") -> list[Notice]:
    """Record the wish and order the mails to both addresses. Raises Invalid beside `address`."""
    read = addresses.read(typed)
    if read.key == subscriber.address_key:
        raise _refusal(_("This is the address that you already have."))
    subscribers.lock(subscriber)
    if _asked_today(subscriber) >= MOST:
        raise _refusal(_("You have asked for this three times today. Please try again tomorrow."))
    if _is_asked(subscriber, read):
        # The same press again: the mail that is on its way is about the wish that stands.
        return []
    _replace(subscriber)
    is_barred = suppressions.find(read.key) is not None
    change = AddressChange(
        subscriber=subscriber,
        # Nothing goes there, and of an address that asked to be forgotten nothing is kept.
        address="" if is_barred else read.written,
        address_hash=keys.hashes(read.key)[0],
        asked_at=clock.now(),
        network=network,
    )
    db.session.add(change)
    db.session.flush()
    told = [None if is_barred else _tell_new(change, read), _tell_old(change)]
    return [notice for notice in told if notice is not None]


def find(change_id: int) -> AddressChange | None:
    return db.session.get(AddressChange, change_id)


def find_open(change_id: int) -> AddressChange | None:
    """The change unless it was stopped; a confirmed one can still be taken back."""
    change = find(change_id)
    return change if change is not None and change.stopped_at is None else None


def standing(change: AddressChange) -> Step | None:
    """Where it stands; None while it waits for its confirmation."""
    if change.stopped_at is not None:
        return Step.STOPPED
    if change.confirmed_at is not None:
        return Step.DONE
    return Step.OVER if change.asked_at < clock.now() - CONFIRM_WITHIN else None


def confirm(change_id: int, proof: Proof) -> Step:
    """From now on mail goes to the new address. Twice is the same as once."""
    change = find(change_id)
    if change is None:
        return Step.OVER
    subscribers.lock(change.subscriber)
    db.session.refresh(change)
    step = standing(change)
    if step is not None:
        return step
    former = change.subscriber.address
    if not _move(change.subscriber, addresses.read(change.address)):
        return Step.TAKEN
    change.former_address, change.confirmed_at = former, clock.now()
    _record(change.subscriber, proof)
    return Step.DONE


def stop(change_id: int, proof: Proof) -> Step:
    """The owner of the old address says no: the wish is void, or what was confirmed is taken back."""
    change = find(change_id)
    if change is None or change.asked_at < clock.now() - STAY_WITHIN:
        return Step.OVER
    subscribers.lock(change.subscriber)
    db.session.refresh(change)
    if change.stopped_at is not None:
        return Step.STOPPED
    if change.confirmed_at is not None:
        if not _move(change.subscriber, addresses.kept(change.former_address)):
            return Step.TAKEN
        _record(change.subscriber, proof)
    change.stopped_at = clock.now()
    _void_later(change)
    return Step.STOPPED


def _move(subscriber: Subscriber, to: Address) -> bool:
    """Give her this address; False when it is another's, or must not be mailed."""
    if suppressions.find(to.key) is not None:
        return False
    try:
        with db.session.begin_nested():
            subscriber.address, subscriber.address_key = to.written, to.key
    except IntegrityError:
        db.session.refresh(subscriber)
        return False
    return True


def _record(subscriber: Subscriber, proof: Proof) -> None:
    for subscription in subscriber.subscriptions:
        consents.record(subscription, ConsentAct.CHANGED, proof)


def _is_asked(subscriber: Subscriber, to: Address) -> bool:
    """Whether this very wish is open and can still be confirmed."""
    found = select(AddressChange.id).where(
        AddressChange.subscriber_id == subscriber.id,
        AddressChange.address_hash.in_(keys.hashes(to.key)),
        AddressChange.confirmed_at.is_(None),
        AddressChange.stopped_at.is_(None),
        AddressChange.asked_at >= clock.now() - CONFIRM_WITHIN,
    )
    return db.session.scalar(found.limit(1)) is not None


def _replace(subscriber: Subscriber) -> None:
    """A newer wish voids the ones still open."""
    races.won(
        update(AddressChange)
        .where(AddressChange.subscriber_id == subscriber.id)
        .where(AddressChange.confirmed_at.is_(None), AddressChange.stopped_at.is_(None))
        .values(stopped_at=clock.now())
    )


def _void_later(change: AddressChange) -> None:
    """Whoever moved a subscription away may have moved it on: none of that can be confirmed any more."""
    races.won(
        update(AddressChange)
        .where(AddressChange.subscriber_id == change.subscriber_id, AddressChange.id > change.id)
        .where(AddressChange.stopped_at.is_(None))
        .values(stopped_at=clock.now())
    )


def _asked_today(subscriber: Subscriber) -> int:
    since = clock.now() - dt.timedelta(hours=24)
    found = select(func.count()).where(
        AddressChange.subscriber_id == subscriber.id, AddressChange.asked_at >= since
    )
    return db.session.scalar(found) or 0


def _tell_new(change: AddressChange, read: Address) -> Notice | None:
    """At most one such mail to an address in a day, however it is spelt: this form bombs nobody either."""
    if _is_wanted_already(change):
        return None
    other = subscribers.find(read.key)
    if other is not None:
        return _order(NoticeKind.ADDRESS_TAKEN, other, other.address)
    return _order(NoticeKind.ADDRESS_CONFIRMATION, change.subscriber, read.written, change)


def _is_wanted_already(change: AddressChange) -> bool:
    """Whether anybody asked for the same address within the day: it has been mailed about that."""
    found = select(AddressChange.id).where(
        AddressChange.address_hash == change.address_hash,
        AddressChange.id != change.id,
        AddressChange.asked_at >= clock.now() - CONFIRM_WITHIN,
    )
    return db.session.scalar(found.limit(1)) is not None


def _tell_old(change: AddressChange) -> Notice | None:
    subscriber = change.subscriber
    return _order(NoticeKind.ADDRESS_CHANGING, subscriber, subscriber.address, change)


def _order(
    kind: NoticeKind, to: Subscriber, address: str, change: AddressChange | None = None
) -> Notice | None:
    subscription = own_pages.nearest(to)
    if subscription is None:
        return None
    return notices.order(
        kind,
        address,
        newsletter=subscription.newsletter,
        subscription=subscription,
        source=str(change.id) if change else "",
    )


def _refusal(sentence: object) -> Invalid:
    return Invalid(sentence, {"address": sentence})
