"""Shares: limits that hold over all workers, leased slice by slice.

A provider allows so many sessions, or messages a second, whoever asks. Who comes first takes what it
can use and who comes next what is left, or waits: that is not even, and need not be, since one
sender fills such a relay. A share ends with its lease, like a batch; nothing has to count down.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update

from app.core import clock, races
from app.core.batches import LEASE
from app.extensions import db
from app.models import Share


@dataclass(frozen=True, slots=True)
class Limits:
    """What all workers together may use; 0 is no limit."""

    sessions: int = 0
    rate: int = 0
    """Messages a second."""

    @property
    def is_set(self) -> bool:
        return bool(self.sessions or self.rate)


@dataclass(frozen=True, slots=True)
class Granted:
    sessions: int
    rate: int = 0


def take(owner: str, limits: Limits, most: int) -> Granted | None:
    """Up to `most` sessions until the lease ends; None when others use all there is.

    Without limits nothing is written. One at a time: what is free is read and taken in one breath.
    """
    if not limits.is_set:
        return Granted(most)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE share IN SHARE ROW EXCLUSIVE MODE"))
    now = clock.now()
    db.session.execute(delete(Share).where(Share.lease_until <= now))
    used = used_now()
    sessions = min(most, limits.sessions - used.sessions) if limits.sessions else most
    rate = limits.rate - used.rate
    if limits.sessions:
        # Who has a part of the sessions has that part of the rate, and at least one.
        rate = min(rate, max(1, limits.rate * sessions // limits.sessions))
    if sessions < 1 or (limits.rate and rate < 1):
        return None
    granted = Granted(sessions, rate if limits.rate else 0)
    db.session.add(
        Share(owner=owner, sessions=sessions, rate=granted.rate, lease_until=now + LEASE)
    )
    db.session.flush()
    return granted


def used_now() -> Granted:
    """What all workers hold at this moment."""
    sessions, rate = db.session.execute(
        select(
            func.coalesce(func.sum(Share.sessions), 0), func.coalesce(func.sum(Share.rate), 0)
        ).where(Share.lease_until > clock.now())
    ).one()
    return Granted(int(sessions), int(rate))


def renew(owner: str) -> bool:
    """Move the end of the lease; False when it has ended, and others may have the share."""
    now = clock.now()
    return races.won(
        update(Share)
        .where(Share.owner == owner, Share.lease_until > now)
        .values(lease_until=now + LEASE)
    )


def give_back(owner: str) -> None:
    """Twice is once."""
    db.session.execute(delete(Share).where(Share.owner == owner))


def owners(prefix: str) -> list[str]:
    """Who holds a share and has a name that begins so."""
    return list(
        db.session.scalars(
            select(Share.owner).where(Share.owner.startswith(prefix, autoescape=True))
        )
    )
