"""The archive: issues that went out, read from the editions they were frozen into.

What was mailed is what is shown: pages come from `Edition.source`, never from the issue, which
could be written on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, or_, select

from app.core import editions
from app.core.errors import NotFound
from app.extensions import _, db
from app.models import Edition, EditionState, Issue, Newsletter
from emails import slots
from emails.values import IssueText

OUT = (EditionState.PRINTED, EditionState.PLANNED, EditionState.PAUSED, EditionState.SENT)
"""Printed as it was approved; before that nothing is sure to go out. One that was cancelled is out
when its sending had begun: who got it must find it."""

PAGE = 30
"""Issues on one page of the index."""


@dataclass(frozen=True)
class Entry:
    """One issue of the archive."""

    edition_id: int
    number: int
    source: str
    """The frozen issue as JSON; `text` is what it says."""

    @cached_property
    def text(self) -> IssueText:
        return editions.thaw(self.source)

    @property
    def subject(self) -> str:
        """In one line, slots closed by their fallback."""
        return slots.plain(self.text.subject)

    @property
    def preheader(self) -> str:
        return slots.plain(self.text.preheader)

    @property
    def dated(self) -> dt.date:
        return self.text.dated


def latest(newsletter_id: int) -> Entry | None:
    return _first(newsletter_id)


def listing(newsletter_id: int, below: int | None = None) -> list[Entry]:
    """Newest first, `PAGE` at a time, from the one below the number `below`."""
    limits = () if below is None else (Issue.number < below,)
    return _entries(newsletter_id, *limits, limit=PAGE)


def get(newsletter: Newsletter, number: int) -> Entry:
    """Raises NotFound for an issue that is not out."""
    entry = _first(newsletter.id, Issue.number == number)
    if entry is None:
        raise NotFound(_("This issue is not in the archive. It may not have gone out yet."))
    return entry


def before(newsletter_id: int, number: int) -> Entry | None:
    """The issue that went out under the next lower number."""
    return _first(newsletter_id, Issue.number < number)


def after(newsletter_id: int, number: int) -> Entry | None:
    """The issue that went out under the next higher number."""
    return _first(newsletter_id, Issue.number > number, order=Issue.number.asc())


def _first(
    newsletter_id: int,
    *limits: ColumnElement[bool],
    order: ColumnElement[int] | None = None,
) -> Entry | None:
    found = _entries(newsletter_id, *limits, order=order, limit=1)
    return found[0] if found else None


def _entries(
    newsletter_id: int,
    *limits: ColumnElement[bool],
    limit: int,
    order: ColumnElement[int] | None = None,
) -> list[Entry]:
    rows = db.session.execute(
        select(Edition.id, Issue.number, Edition.source)
        .join(Issue, Issue.id == Edition.issue_id)
        .where(Edition.newsletter_id == newsletter_id, _is_out(), *limits)
        .order_by(Issue.number.desc() if order is None else order)
        .limit(limit)
    )
    return [Entry(edition_id, number, source) for edition_id, number, source in rows]


def _is_out() -> ColumnElement[bool]:
    begun = (Edition.state == EditionState.CANCELLED) & Edition.planned_at.is_not(None)
    return or_(Edition.state.in_(OUT), begun)
