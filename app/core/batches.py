"""Batches: how the deliveries of an edition are shared out to workers, and never to two at once.

A claim is a conditional UPDATE that gives a fence number and a deadline. Every later write carries
the fence in its WHERE: a worker that was stopped past its deadline finds that nothing of its bites.

    free ──claim──▶ held, under way ──settle──▶ done
      ▲                │    │
      └──── release ───┘    └─ lease ran out ─▶ claimed by another, who first recovers it
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    Update,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from app.core import clock, races
from app.extensions import db
from app.models import Batch, Edition, EditionState

CLAIMABLE = (EditionState.PLANNED, EditionState.CANCELLED)
"""A cancelled edition's batches are claimed, too: to say of each reader that she was skipped."""

LEASE = dt.timedelta(seconds=60)
"""How long a worker may stay silent before another takes its batch; it renews every quarter."""

FOREIGN = dt.timedelta(minutes=5)
"""How much longer a batch under way waits for a worker that can read its owner's journal: whoever
cannot has to call all that is unsettled in doubt."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that is ours until the lease ends. `fence` proves it in every write."""

    batch_id: int
    owner: str
    edition_id: int
    newsletter_id: int
    fence: int
    retry: bool
    is_cancelled: bool
    """Its edition was cancelled: nobody of it is to be mailed."""
    subscriber_ids: tuple[int, ...]
    last_owner: str
    """Who held it before us and never gave it back; empty when nothing is to be recovered."""
    strikes: int
    """How many claims in a row ended so, the last owner's included."""
    suspect_id: int | None
    """Whose copy was being made when the one before the last owner died."""

    @property
    def is_untouched(self) -> bool:
        """Nobody had it before us, so that nothing of it can stand in the ledger."""
        return self.fence == 1 and not self.retry


def claim(owner: str, after: int = 0) -> Claim | None:
    """Take a batch that nobody holds; None when there is none.

    `owner` is the place of this worker's journals, a slash, and the name of this claim's journal.
    `after` is the edition of its last claim: the next one in turn comes first, so that a small
    edition does not wait for the end of a large one. Of one edition, the oldest batch.
    """
    while True:
        now = clock.now()
        asked = _next(is_sqlite=db.engine.dialect.name == "sqlite")
        found = db.session.execute(
            asked,
            {
                "owner": owner,
                "place": owner.rpartition("/")[0] + "/",
                "now": now,
                "forgiven": now - FOREIGN,
                "after": after,
            },
        ).one_or_none()
        if found is None:
            return None
        held = Claim(
            batch_id=found.id,
            owner=owner,
            edition_id=found.edition_id,
            newsletter_id=found.newsletter_id,
            fence=found.fence + 1,
            retry=found.retry,
            is_cancelled=found.state is EditionState.CANCELLED,
            subscriber_ids=tuple(found.subscriber_ids),
            last_owner=found.owner,
            strikes=found.strikes + bool(found.owner),
            suspect_id=found.suspect_id,
        )
        # Lost only when another claimed it and gave it back while we looked: then we look again.
        if _take(held, now):
            return held


@cache
def _next(*, is_sqlite: bool) -> Select[*tuple[Any, ...]]:
    """The next batch to claim, with its edition's newsletter and state. Put together once: that took
    longer than asking it."""
    after = bindparam("after", type_=BigInteger)
    turns = (
        _first(turn, is_sqlite=is_sqlite) for turn in (Edition.id > after, Edition.id <= after)
    )
    return (
        select(
            Batch.id,
            Batch.edition_id,
            Batch.fence,
            Batch.retry,
            Batch.subscriber_ids,
            Batch.owner,
            Batch.strikes,
            Batch.suspect_id,
            Edition.newsletter_id,
            Edition.state,
        )
        .join(Edition, Edition.id == Batch.edition_id)
        .where(Batch.id == func.coalesce(*turns))
    )


def _first(turn: ColumnElement[bool], *, is_sqlite: bool) -> ScalarSelect[int]:
    """On SQLite only while no other owner holds one: it has one writer at a time, so a second sender
    would buy nothing but waiting."""
    now = bindparam("now", type_=Batch.lease_until.type)
    candidate = (
        select(Batch.id)
        .join(Edition, Edition.id == Batch.edition_id)
        .where(Edition.state.in_(CLAIMABLE), turn, _free(Batch, now), _ready())
        .order_by(Batch.edition_id, Batch.n)
        .limit(1)
        .with_for_update(skip_locked=True, of=Batch)
    )
    if is_sqlite:
        other = aliased(Batch)
        is_other = other.owner != bindparam("owner", type_=Text)
        candidate = candidate.where(
            ~exists().where(other.done_at.is_(None), ~_free(other, now), is_other)
        )
    return candidate.scalar_subquery()


def _ready() -> ColumnElement[bool]:
    """Nothing of it is under way, or what is can be read here, or nobody came who could."""
    place = bindparam("place", type_=Text)
    return or_(
        Batch.owner == "",
        func.substr(Batch.owner, 1, func.length(place)) == place,
        Batch.lease_until <= bindparam("forgiven", type_=Batch.lease_until.type),
    )


def _take(held: Claim, now: dt.datetime) -> bool:
    return races.won(
        update(Batch)
        .where(Batch.id == held.batch_id, Batch.fence == held.fence - 1, _free(Batch, now))
        .values(owner=held.owner, fence=held.fence, strikes=held.strikes, lease_until=now + LEASE)
    )


def renew(held: Claim) -> bool:
    """Move the deadline; False when the batch is no longer ours."""
    return races.won(_ours(held).values(lease_until=clock.now() + LEASE))


def settled(held: Claim, count: int) -> bool:
    """`count` of its ids got their first row in the ledger, in this very transaction."""
    return races.won(_ours(held).values(settled=Batch.settled + count))


def finish(held: Claim, count: int) -> bool:
    """The same, and with them all of it is settled: what `settled` and `release` do, in one write."""
    done = {"owner": "", "strikes": 0, "lease_until": None, "done_at": clock.now()}
    return races.won(_ours(held).values(settled=Batch.settled + count, **done))


def release(held: Claim, wait: dt.timedelta = dt.timedelta()) -> bool:
    """Give the batch back before all of it is settled: it is free again after `wait`."""
    later = clock.now() + wait if wait else None
    return races.won(_ours(held).values(owner="", strikes=0, lease_until=later))


def suspect(held: Claim, subscriber_id: int | None) -> bool:
    """Keep whose copy the last owner was making when it died; None: it was nobody's."""
    return races.won(_ours(held).values(suspect_id=subscriber_id))


def acquit(held: Claim) -> bool:
    """Whoever was suspected was not it, nor is anybody else of this batch."""
    return races.won(_ours(held).values(suspect_id=None, strikes=0))


def went_on(held: Claim) -> bool:
    """The owner that died had got further with it: what went before does not count any more."""
    return races.won(_ours(held).values(strikes=1))


def rest(wait: dt.timedelta) -> int:
    """Let every batch that nobody holds rest: the relay is not to be asked; how many that are.

    Skipping those that another worker has in hand at the moment, so that two that rest at the same
    time do not wait for each other.
    """
    now = clock.now()
    free = select(Batch.id).where(_free(Batch, now), Batch.owner == "")
    return races.rows_changed(
        update(Batch)
        .where(Batch.id.in_(free.with_for_update(skip_locked=True)))
        .values(lease_until=now + wait)
    )


def hand_back(held: Claim, wait: dt.timedelta) -> bool:
    """Undo a claim, for a while: the owner before us lives, and what it has under way is its own."""
    return races.won(
        _ours(held).values(
            owner=held.last_owner, strikes=held.strikes - 1, lease_until=clock.now() + wait
        )
    )


def is_idle() -> bool:
    """Whether there is something to claim and nobody at work: a bell that nobody heard."""
    now = clock.now()
    free, held = (
        select(Batch.id)
        .join(Edition, Edition.id == Batch.edition_id)
        .where(Edition.state.in_(CLAIMABLE), Batch.done_at.is_(None), condition)
        .exists()
        for condition in (_free(Batch, now), ~_free(Batch, now))
    )
    return bool(db.session.scalar(select(free & ~held)))


def is_owned(owner: str) -> bool:
    """Whether some batch still waits for what this owner's journal tells."""
    # An open one, and saying so lets the index of open batches answer: without it the batches of
    # all editions there ever were would be read, at the end of each slice.
    open_ones = exists().where(Batch.owner == owner, Batch.done_at.is_(None))
    return bool(db.session.scalar(select(open_ones)))


def orphan(batch_id: int, fence: int) -> bool:
    """The owner is known to be dead: end its lease now, so that another may claim and recover."""
    return races.won(
        update(Batch).where(Batch.id == batch_id, Batch.fence == fence).values(lease_until=None)
    )


def held_by(prefix: str) -> list[tuple[int, int, str]]:
    """Batches under a lease whose owner begins with `prefix`: (id, fence, owner)."""
    rows = db.session.execute(
        select(Batch.id, Batch.fence, Batch.owner).where(
            Batch.done_at.is_(None), Batch.lease_until.is_not(None), Batch.owner.startswith(prefix)
        )
    )
    return [(batch_id, fence, owner) for batch_id, fence, owner in rows]


def _free(
    batch: type[Batch], now: dt.datetime | BindParameter[dt.datetime | None]
) -> ColumnElement[bool]:
    return batch.done_at.is_(None) & or_(batch.lease_until.is_(None), batch.lease_until <= now)


def _ours(held: Claim) -> Update:
    # The owner, too: when a commit's answer was lost, a second try finds the batch given back, and
    # counts nothing twice.
    return update(Batch).where(
        Batch.id == held.batch_id, Batch.fence == held.fence, Batch.owner == held.owner
    )
