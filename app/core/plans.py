"""Plans: an audience frozen into batches, once; later, batches of those whose time has come again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Insert, exists, func, insert, literal, or_, select, update

from app.core import audiences, clock, editions, races
from app.extensions import db
from app.models import Batch, Delivery, DeliveryState, Edition, EditionState

SIZE = 240
"""Deliveries in a batch. A worker leaves 500 of them unsettled at most, which is what losing it with
its disk puts in doubt; at 10,000 messages a second a batch lasts 24 ms, ten times what its two writes
take."""

PAGE = 50_000
"""Deliveries that are due again, read at a time."""


def make(edition_id: int) -> int | None:
    """Freeze the audience of a printed edition into batches, once; None when it was planned already.

    1,000,000 readers are 4,167 rows, made where they are kept: read and written back one by one
    they took two to three times as long. In one transaction with the edition's step, so that a worker that
    dies here leaves nothing planned by half.
    """
    step = update(Edition).where(Edition.id == edition_id, Edition.state == EditionState.PRINTED)
    if not races.won(step.values(state=EditionState.PLANNED, planned_at=clock.now())):
        return None
    newsletter_id = db.session.scalar(select(Edition.newsletter_id).where(Edition.id == edition_id))
    assert newsletter_id is not None
    db.session.execute(_batches(edition_id, newsletter_id))
    planned = db.session.scalar(select(func.sum(Batch.size)).where(Batch.edition_id == edition_id))
    races.won(update(Edition).where(Edition.id == edition_id).values(planned=planned or 0))
    return int(planned or 0)


def _batches(edition_id: int, newsletter_id: int) -> Insert:
    share = audiences.shares(newsletter_id, SIZE)
    is_sqlite = db.engine.dialect.name == "sqlite"
    gather = func.json_group_array if is_sqlite else func.json_agg
    made: dict[str, ColumnElement[Any]] = {
        "edition_id": literal(edition_id),
        "n": share.c.n,
        "subscriber_ids": gather(share.c.subscriber_id),
        "size": func.count(),
        "retry": literal(False),
        "settled": literal(0),
        "owner": literal(""),
        "fence": literal(0),
        "strikes": literal(0),
    }
    return insert(Batch).from_select(list(made), select(*made.values()).group_by(share.c.n))


def make_retries(now: dt.datetime | None = None) -> int:
    """Put deferred deliveries whose time has come into retry batches; how many batches that made.

    A page of them at most: when a relay has deferred a million, no look holds all their rows at once.
    It holds the editions, before their rows: two beats would give the same number to two batches.
    """
    now = now or clock.now()
    for edition_id in _editions_due(now):
        editions.hold(edition_id)
    due = list(_due(now))
    for edition_id, ids in due:
        n = db.session.scalar(select(func.max(Batch.n)).where(Batch.edition_id == edition_id))
        batch_id = _add(edition_id, (n if n is not None else -1) + 1, ids, retry=True)
        races.won(
            update(Delivery)
            .where(Delivery.edition_id == edition_id, Delivery.subscriber_id.in_(ids))
            .where(Delivery.state == DeliveryState.DEFERRED, Delivery.batch_id.is_(None))
            .values(batch_id=batch_id)
        )
    return len(due)


def _editions_due(now: dt.datetime) -> list[int]:
    waiting = exists().where(
        Delivery.edition_id == Edition.id,
        Delivery.state == DeliveryState.DEFERRED,
        Delivery.batch_id.is_(None),
        _is_due(now),
    )
    return list(db.session.scalars(select(Edition.id).where(waiting).order_by(Edition.id)))


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    """Its time has come, or never will: of a cancelled edition nothing is waited for."""
    due = (Edition.state == EditionState.PLANNED) & (Delivery.not_before <= now)
    return or_(due, Edition.state == EditionState.CANCELLED)


def _add(edition_id: int, n: int, ids: list[int], *, retry: bool) -> int:
    made = db.session.execute(
        insert(Batch)
        .values(edition_id=edition_id, n=n, subscriber_ids=ids, size=len(ids), retry=retry, fence=0)
        .returning(Batch.id)
    )
    return made.scalar_one()


def _shares(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), SIZE):
        yield ids[start : start + SIZE]


def _due(now: dt.datetime) -> Iterator[tuple[int, list[int]]]:
    rows = db.session.execute(
        select(Delivery.edition_id, Delivery.subscriber_id)
        .join(Edition, Edition.id == Delivery.edition_id)
        .where(Delivery.state == DeliveryState.DEFERRED, Delivery.batch_id.is_(None))
        .where(_is_due(now))
        .order_by(Delivery.edition_id, Delivery.subscriber_id)
        .limit(PAGE)
        .with_for_update(skip_locked=True, of=Delivery)
    ).all()
    by_edition: dict[int, list[int]] = {}
    for edition_id, subscriber_id in rows:
        by_edition.setdefault(edition_id, []).append(subscriber_id)
    for edition_id, ids in by_edition.items():
        yield from ((edition_id, share) for share in _shares(ids))
