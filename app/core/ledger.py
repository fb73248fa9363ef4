"""The ledger's pen: what became of each copy is written here, once, by whoever owns its batch.

One row per edition and subscriber; a second one is a mail too many, so a conflict is reported.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import select, text

from app.core import batches, clock
from app.core.batches import Claim
from app.extensions import db
from app.models import Delivery, DeliveryState
from emails.values import Answer, Outcome

log = structlog.get_logger()

BACKOFF = tuple(dt.timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240))
"""How long a deferred copy waits after its first, second … attempt; the last one goes on."""

PATIENCE = dt.timedelta(days=5)
"""RFC 5321 §4.5.4.1: a sender gives up after four or five days."""


# One statement and one parameter for a whole batch: what the driver does to each value cost more than
# all that the database does with it (8 µs a row as arrays, 33 by executemany; measured).
_INSERT = {
    "postgresql": text(
        """
        INSERT INTO delivery (edition_id, attempts, first_at, subscriber_id, state,
                              code, enhanced, answer, queue_id, at, not_before)
        SELECT :edition_id, 1, CAST(one->>6 AS timestamptz), CAST(one->>0 AS bigint), one->>1,
               CAST(one->>2 AS bigint), one->>3, one->>4, one->>5, CAST(one->>6 AS timestamptz),
               CAST(one->>7 AS timestamptz)
          FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS given (one)
            ON CONFLICT DO NOTHING
        RETURNING subscriber_id
        """
    ),
    # WHERE true: without it SQLite's parser takes ON for a join's ("UPSERT" §2.2).
    "sqlite": text(
        """
        INSERT INTO delivery (edition_id, attempts, first_at, subscriber_id, state,
                              code, enhanced, answer, queue_id, at, not_before)
        SELECT :edition_id, 1, value->>6, value->>0, value->>1,
               value->>2, value->>3, value->>4, value->>5, value->>6,
               value->>7
          FROM json_each(:rows) WHERE true
            ON CONFLICT DO NOTHING
        RETURNING subscriber_id
        """
    ),
}


class Result(NamedTuple):
    """What became of one copy, on its way into the ledger. A tuple: one is made for every copy."""

    subscriber_id: int
    state: DeliveryState
    at: dt.datetime
    code: int = 0
    enhanced: str = ""
    answer: str = ""
    queue_id: str = ""


def result(subscriber_id: int, answer: Answer) -> Result:
    """The relay's answer as the ledger keeps it."""
    return Result(
        subscriber_id,
        DeliveryState(answer.outcome),
        clock.now(),
        answer.code,
        answer.enhanced,
        answer.text,
        answer.queue_id,
    )


def in_doubt(subscriber_id: int, why: str) -> Result:
    return result(subscriber_id, Answer(Outcome.IN_DOUBT, text=why))


def skipped(subscriber_id: int, why: str) -> Result:
    return Result(subscriber_id, DeliveryState.SKIPPED, clock.now(), answer=why)


def to_do(held: Claim) -> list[int]:
    """The ids of a batch that are still to be sent, in order.

    Bounded on both sides by the batch's own ids: unbounded, this anti-join grew to 134 µs a row
    under stale statistics (measured); bounded it stays at 2.
    """
    if held.is_untouched:
        return list(held.subscriber_ids)
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


def settle(held: Claim, results: Sequence[Result], *, is_last: bool = False) -> bool:
    """Write results into the ledger; False, and nothing written, when the fence is past.

    The fence is tried first and in the same transaction: a worker that lost its batch cannot write.
    `is_last`: with these results all of the batch is settled, and it is done.
    """
    count = 0 if held.retry else len(results)
    if not (batches.finish(held, count) if is_last else batches.settled(held, count)):
        return False
    if results and held.retry:
        _write_again(held, results)
    elif results:
        _write_first(held, results)
    return True


def _write_first(held: Claim, results: Sequence[Result]) -> None:
    database = db.engine.dialect.name
    insert = _INSERT[database]
    rows = json.dumps([_first_row(one, is_zoned=database != "sqlite") for one in results])
    written = db.session.scalars(insert, {"edition_id": held.edition_id, "rows": rows}).all()
    if len(written) == len(results):
        return
    missing = {one.subscriber_id for one in results}.difference(written)
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
        kept = _row(one, attempts=row.attempts + 1, first_at=row.first_at)
        for name, value in kept.items():
            setattr(row, name, value)
    db.session.flush()


def _first_row(one: Result, *, is_zoned: bool) -> tuple[object, ...]:
    """In the order of `_INSERT`. SQLite keeps times without their zone, which is UTC."""
    at = one.at if is_zoned else one.at.replace(tzinfo=None)
    later = at + BACKOFF[0] if one.state is DeliveryState.DEFERRED else None
    return (
        one.subscriber_id,
        one.state,
        one.code,
        one.enhanced,
        one.answer,
        one.queue_id,
        at.isoformat(" ", "microseconds"),
        later and later.isoformat(" ", "microseconds"),
    )


def _row(one: Result, attempts: int, first_at: dt.datetime) -> dict[str, object]:
    state, answer, not_before = one.state, one.answer, None
    if state is DeliveryState.DEFERRED:
        not_before = one.at + BACKOFF[min(attempts, len(BACKOFF)) - 1]
        if not_before > first_at + PATIENCE:
            state, not_before = DeliveryState.REFUSED, None
            answer = f"expired after {attempts} attempts; the last answer was: {answer}"
    return {
        "state": state,
        "code": one.code,
        "enhanced": one.enhanced,
        "answer": answer,
        "queue_id": one.queue_id,
        "attempts": attempts,
        "at": one.at,
        "not_before": not_before,
        "batch_id": None,
    }
