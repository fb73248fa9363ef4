"""Deliveries: what the ledger and the batches tell of an edition, and what a person may decide.

    (no row) ─▶ accepted | deferred | refused | in doubt | skipped
    deferred ─▶ accepted | deferred | refused (also: expired after 5 days) | in doubt | skipped
    in doubt ─▶ accepted | refused | deferred, due at once   (only by a person's word)
    refused  ─▶ deferred, due at once                        (only by a person's word)

The equation  planned = waiting + sending + accepted + deferred + refused + in doubt + skipped
is counted from both sides: batches say what waits and what is under way, the ledger says the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, func, literal, select, update

from app.core import clock, editions, races, sets
from app.extensions import db
from app.models import Batch, Delivery, DeliveryState, Edition, EditionState, Subscriber

log = structlog.get_logger()


class Verdict(StrEnum):
    """What a person decides about a copy in doubt."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"


_TOLD = {
    Verdict.ACCEPTED: DeliveryState.ACCEPTED,
    Verdict.REFUSED: DeliveryState.REFUSED,
    Verdict.AGAIN: DeliveryState.DEFERRED,
}

GOES_ON = (EditionState.PLANNED, EditionState.PAUSED, EditionState.SENT)
"""An edition of which copies can still go out; what is sent is reopened."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The equation of one edition. Every figure is counted, none is a remainder."""

    planned: int
    waiting: int
    sending: int
    accepted: int
    deferred: int
    refused: int
    in_doubt: int
    skipped: int

    @property
    def adds_up(self) -> bool:
        return self.planned == self.waiting + self.sending + self.settled + self.deferred

    @property
    def settled(self) -> int:
        return self.accepted + self.refused + self.in_doubt + self.skipped

    @property
    def is_over(self) -> bool:
        return self.settled == self.planned


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    subscriber_id: int
    address: str
    """Empty when the person has asked to be erased."""
    state: DeliveryState
    code: int
    enhanced: str
    answer: str
    queue_id: str
    attempts: int
    at: dt.datetime
    not_before: dt.datetime | None


def progress(edition_id: int) -> Progress:
    """Count an edition's equation, on read."""
    size, settled, sending = db.session.execute(
        select(
            func.coalesce(func.sum(Batch.size), 0),
            func.coalesce(func.sum(Batch.settled), 0),
            func.coalesce(func.sum(Batch.size - Batch.settled).filter(Batch.owner != ""), 0),
        ).where(Batch.edition_id == edition_id, Batch.retry.is_(False))
    ).one()
    counted = dict(
        db.session.execute(
            select(Delivery.state, func.count())
            .where(Delivery.edition_id == edition_id)
            .group_by(Delivery.state)
        ).all()
    )
    planned = db.session.scalar(select(Edition.planned).where(Edition.id == edition_id)) or 0
    return Progress(
        planned=planned,
        waiting=int(size) - int(settled) - int(sending),
        sending=int(sending),
        accepted=counted.get(DeliveryState.ACCEPTED, 0),
        deferred=counted.get(DeliveryState.DEFERRED, 0),
        refused=counted.get(DeliveryState.REFUSED, 0),
        in_doubt=counted.get(DeliveryState.IN_DOUBT, 0),
        skipped=counted.get(DeliveryState.SKIPPED, 0),
    )


def listing(
    edition_id: int, states: Collection[DeliveryState], after: int = 0, limit: int = 50
) -> list[ListedDelivery]:
    """Deliveries in these states, by subscriber id, from the one behind `after`."""
    rows = db.session.execute(
        select(Delivery, func.coalesce(Subscriber.address, literal("")))
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.edition_id == edition_id, Delivery.state.in_(states))
        .where(Delivery.subscriber_id > after)
        .order_by(Delivery.subscriber_id)
        .limit(limit)
    )
    return [
        ListedDelivery(
            subscriber_id=row.subscriber_id,
            address=address,
            state=row.state,
            code=row.code,
            enhanced=row.enhanced,
            answer=row.answer,
            queue_id=row.queue_id,
            attempts=row.attempts,
            at=row.at,
            not_before=row.not_before,
        )
        for row, address in rows
    ]


def retry_now(edition_id: int) -> int:
    """Try all deferred copies again now, without waiting for their time; how many there are."""
    return races.rows_changed(
        update(Delivery)
        .where(Delivery.edition_id == edition_id, Delivery.state == DeliveryState.DEFERRED)
        .where(Delivery.batch_id.is_(None))
        .values(not_before=clock.now())
    )


def refused_by_relay(edition_id: int) -> int:
    """How many copies `retry_refused` would try again."""
    found = select(func.count()).select_from(Delivery).where(_by_relay(edition_id))
    return db.session.scalar(found) or 0


def retry_refused(edition_id: int) -> int:
    """The relay refused for a reason that is mended: try all these copies again now; how many.

    An edition that was called sent is reopened; nothing changes of one that is stopped. Whoever left
    or is suppressed by now is skipped when her turn comes, as always. It holds the edition, as
    `resolve` does.
    """
    editions.hold(edition_id)
    if not _may_go_on(edition_id):
        return 0
    now = clock.now()
    due = {"state": DeliveryState.DEFERRED, "at": now, "not_before": now, "first_at": now}
    count = races.rows_changed(update(Delivery).where(_by_relay(edition_id)).values(due))
    if count:
        editions.reopen(edition_id)
    return count


def _may_go_on(edition_id: int) -> bool:
    """Whether a copy may still go out: not of an edition that was stopped, whose copies are skipped."""
    state = db.session.scalar(select(Edition.state).where(Edition.id == edition_id))
    return state in GOES_ON


def _by_relay(edition_id: int) -> ColumnElement[bool]:
    """What a person gave up was in doubt before, and has no such code: the relay may have it."""
    return (
        (Delivery.edition_id == edition_id)
        & (Delivery.state == DeliveryState.REFUSED)
        & (Delivery.code >= 400)
    )


def resolve(
    edition_id: int, verdict: Verdict, subscriber_ids: Collection[int] | None = None
) -> int:
    """A person says what became of copies in doubt (all, or these); how many were still in doubt.

    *Again* sends under the same Message-ID: a mail program that got both shows one; of an edition
    that is stopped nothing is sent again, and nothing changes. It holds the edition, so that nobody
    calls it sent in the same moment.
    """
    editions.hold(edition_id)
    if verdict is Verdict.AGAIN and not _may_go_on(edition_id):
        return 0
    doubted = update(Delivery).where(
        Delivery.edition_id == edition_id, Delivery.state == DeliveryState.IN_DOUBT
    )
    if subscriber_ids is not None:
        doubted = doubted.where(sets.among(Delivery.subscriber_id, subscriber_ids))
    now = clock.now()
    told: dict[str, object] = {"state": _TOLD[verdict], "at": now}
    if verdict is Verdict.AGAIN:
        told |= {"not_before": now, "first_at": now}
    count = races.rows_changed(doubted.values(told))
    if count and verdict is Verdict.AGAIN:
        editions.reopen(edition_id)
    return count


def close(edition_id: int) -> bool:
    """Call the edition sent when nothing waits and nothing is deferred; False when that is not so."""
    open_batch = select(Batch.id).where(Batch.edition_id == edition_id, Batch.done_at.is_(None))
    deferred = select(Delivery.subscriber_id).where(
        Delivery.edition_id == edition_id, Delivery.state == DeliveryState.DEFERRED
    )
    is_over = (
        (Edition.id == edition_id)
        & (Edition.state == EditionState.PLANNED)
        & ~open_batch.exists()
        & ~deferred.exists()
    )
    if db.session.scalar(select(Edition.id).where(is_over)) is None:
        return False
    # Asked again once it is ours: meanwhile a person may have wanted more of it.
    editions.hold(edition_id)
    return races.won(
        update(Edition)
        .where(is_over)
        .values(state=EditionState.SENT, sent_at=clock.now(), trouble="")
    )
