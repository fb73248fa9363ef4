"""Figures for whoever watches the service: how sends, notices, readers and workers stand, from rows alone.

Nobody is named in them: newsletters by slug, issues by number, workers by the queue they serve.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.core import clock
from app.extensions import db
from app.models import (
    Edition,
    EditionState,
    Issue,
    Newsletter,
    Notice,
    NoticeState,
    Subscription,
    SubscriptionState,
    Worker,
)

UNDER_WAY = (
    EditionState.SCHEDULED,
    EditionState.ORDERED,
    EditionState.PRINTED,
    EditionState.PLANNED,
    EditionState.PAUSED,
)

LATEST, MOST = 5, 20
"""Of the editions ordered last so many are watched, whatever became of them; and of all so many."""


@dataclass(frozen=True, slots=True)
class Send:
    """An edition that is watched."""

    edition_id: int
    newsletter: str
    issue: int
    state: EditionState
    is_in_trouble: bool
    """Something stands in its way, which the desk shows: a relay that refuses us, a print that halted it."""

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


@dataclass(frozen=True, slots=True)
class Notices:
    waiting: int
    oldest: dt.timedelta
    """How long the first of those that are due has been due; zero when none is."""


def sends() -> list[Send]:
    """Those under way and the `LATEST`, the newest first, `MOST` at the most."""
    newest = select(Edition.id).order_by(Edition.id.desc()).limit(LATEST).scalar_subquery()
    rows = db.session.execute(
        select(Edition.id, Newsletter.slug, Issue.number, Edition.state, Edition.trouble != "")
        .join(Issue, Issue.id == Edition.issue_id)
        .join(Newsletter, Newsletter.id == Edition.newsletter_id)
        .where(or_(Edition.state.in_(UNDER_WAY), Edition.id.in_(newest)))
        .order_by(Edition.id.desc())
        .limit(MOST)
    )
    return [Send(*row) for row in rows]


def notices() -> Notices:
    now = clock.now()
    waiting, first = db.session.execute(
        select(func.count(), func.min(Notice.not_before)).where(Notice.state == NoticeState.WAITING)
    ).one()
    return Notices(waiting, max(now - first, dt.timedelta()) if first else dt.timedelta())


def readers() -> dict[tuple[str, SubscriptionState], int]:
    """How many are pending and confirmed, by the newsletter's slug."""
    told = (SubscriptionState.PENDING, SubscriptionState.CONFIRMED)
    rows = db.session.execute(
        select(Newsletter.slug, Subscription.state, func.count())
        .join(Newsletter, Newsletter.id == Subscription.newsletter_id)
        .where(Subscription.state.in_(told))
        .group_by(Newsletter.slug, Subscription.state)
    )
    counted = {(slug, state): count for slug, state, count in rows}
    slugs = db.session.scalars(select(Newsletter.slug)).all()
    return {(slug, state): counted.get((slug, state), 0) for slug in slugs for state in told}


def silences() -> dict[str, dt.timedelta]:
    """By the queue they serve: how long ago the last of its workers gave a sign of life.

    A worker that is replaced leaves its row behind, under its host's name: the youngest counts.
    """
    now = clock.now()
    found: dict[str, dt.timedelta] = {}
    for name, seen_at in db.session.execute(select(Worker.name, Worker.seen_at)):
        queue, silence = name.partition("@")[0], now - seen_at
        found[queue] = min(found.get(queue, silence), silence)
    return found
