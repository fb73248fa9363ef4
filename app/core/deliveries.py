"""The ledger: what became of each copy, told by the row that was written when it happened.

    (no row) ─▶ accepted | deferred | refused | in doubt | skipped
    deferred ─▶ accepted | deferred | refused (also: expired after 5 days) | in doubt | skipped

One row per edition and subscriber; a second one is a mail too many, so a conflict is reported.
The equation  planned = waiting + sending + accepted + deferred + refused + in doubt + skipped
is counted from both sides: batches say what waits and what is under way, the ledger says the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core import batches, clock, races
from app.core.batches import Claim
from app.extensions import db
from app.models import Batch, Delivery, DeliveryState, Edition, EditionState, Subscriber
from emails.values import Answer, Outcome

log = structlog.get_logger()

BACKOFF = tuple(dt.timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240))
"""How long a deferred copy waits after its first, second … attempt; the last one goes on."""

PATIENCE = dt.timedelta(days=5)
"""RFC 5321 §4.5.4.1: a sender gives up after four or five days."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one copy, on its way into the ledger."""

    subscriber_id: int
    state: DeliveryState
    at: dt.datetime
    code: int = 0
    enhanced: str = ""
    answer: str = ""
    queue_id: str = ""


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
    attempts: int
    at: dt.datetime
    not_before: dt.datetime | None


def result(subscriber_id: int, answer: Answer) -> Result:
    """The relay's answer as the ledger keeps it."""
    return Result(
        subscriber_id=subscriber_id,
        state=DeliveryState(answer.outcome),
        at=clock.now(),
        code=answer.code,
        enhanced=answer.enhanced,
        answer=answer.text,
        queue_id=answer.queue_id,
    )


def in_doubt(subscriber_id: int, why: str) -> Result:
    return result(subscriber_id, Answer(Outcome.IN_DOUBT, text=why))


def to_do(held: Claim) -> list[int]:
    """The ids of a batch that are still to be sent, in order.

    Bounded on both sides by the batch's own ids: unbounded, this anti-join grew to 134 µs a row
    under stale statistics (measured); bounded it stays at 2.
    """
    low, high = min(held.subscriber_ids), max(held.subscriber_ids)
    rows = select(Delivery.subscriber_id).where(
        Delivery.edition_id == held.edition_id, Delivery.subscriber_id.between(low, high)
    )
    if held.retry:
        mine = rows.where(
            Delivery.state == DeliveryState.DEFERRED, Delivery.batch_id == held.batch_id
        )
        return sorted(db.session.scalars(mine))
    known = set(db.session.scalars(rows))
    return [one for one in held.subscriber_ids if one not in known]


def settle(held: Claim, results: Sequence[Result]) -> bool:
    """Write results into the ledger; False, and nothing written, when the fence is past.

    The fence is tried first and in the same transaction: a worker that lost its batch cannot write.
    """
    count = 0 if held.retry else len(results)
    if not batches.settled(held, count):
        return False
    if results and held.retry:
        _write_again(held, results)
    elif results:
        _write_first(held, results)
    return True


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
            attempts=row.attempts,
            at=row.at,
            not_before=row.not_before,
        )
        for row, address in rows
    ]


def close(edition_id: int) -> bool:
    """Call the edition sent when nothing waits and nothing is deferred; False when that is not so."""
    open_batch = select(Batch.id).where(Batch.edition_id == edition_id, Batch.done_at.is_(None))
    deferred = select(Delivery.subscriber_id).where(
        Delivery.edition_id == edition_id, Delivery.state == DeliveryState.DEFERRED
    )
    return races.won(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.PLANNED)
        .where(~open_batch.exists(), ~deferred.exists())
        .values(state=EditionState.SENT, sent_at=clock.now(), trouble="")
    )


def _write_first(held: Claim, results: Sequence[Result]) -> None:
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Delivery).on_conflict_do_nothing()
    written = db.session.scalars(
        statement.returning(Delivery.subscriber_id),
        [_row(held.edition_id, one, attempts=1, first_at=one.at) for one in results],
    )
    missing = {one.subscriber_id for one in results} - set(written)
    if missing:
        log.error("ledger.conflict", edition=held.edition_id, subscribers=sorted(missing))


def _write_again(held: Claim, results: Sequence[Result]) -> None:
    """Move deferred rows on; only rows that this batch holds."""
    rows = {
        row.subscriber_id: row
        for row in db.session.scalars(
            select(Delivery)
            .where(Delivery.edition_id == held.edition_id, Delivery.batch_id == held.batch_id)
            .where(Delivery.subscriber_id.in_([one.subscriber_id for one in results]))
            .execution_options(populate_existing=True)
        )
    }
    for one in results:
        row = rows.pop(one.subscriber_id, None)
        if row is None:
            log.error("ledger.conflict", edition=held.edition_id, subscribers=[one.subscriber_id])
            continue
        kept = _row(held.edition_id, one, attempts=row.attempts + 1, first_at=row.first_at)
        for name, value in kept.items():
            setattr(row, name, value)
    db.session.flush()


def _row(edition_id: int, one: Result, attempts: int, first_at: dt.datetime) -> dict[str, object]:
    state, answer, not_before = one.state, one.answer, None
    if state is DeliveryState.DEFERRED:
        not_before = one.at + BACKOFF[min(attempts, len(BACKOFF)) - 1]
        if not_before > first_at + PATIENCE:
            state, not_before = DeliveryState.REFUSED, None
            answer = f"expired after {attempts} attempts; the last answer was: {answer}"
    return {
        "edition_id": edition_id,
        "subscriber_id": one.subscriber_id,
        "state": state,
        "code": one.code,
        "enhanced": one.enhanced,
        "answer": answer,
        "queue_id": one.queue_id,
        "attempts": attempts,
        "first_at": first_at,
        "at": one.at,
        "not_before": not_before,
        "batch_id": None,
    }
