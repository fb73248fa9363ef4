"""The archive: issues that went out, read from the editions they were frozen into.

What was mailed is what is shown: pages come from `Edition.source`, never from the issue, which
could be written on. Who may read an issue on the web is its `visibility`, which may change at any
time: what is unlisted has its page, under an address that can be guessed, and stands in no list;
what is for subscribers is listed, and its page shows others the head alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlalchemy import ColumnElement, or_, select

from app.core import clock, editions
from app.core.errors import NotFound
from app.extensions import _, db
from app.models import Edition, EditionState, Issue, Newsletter, Visibility
from emails import slots, typography
from emails.values import IssueText

OUT = (EditionState.PRINTED, EditionState.PLANNED, EditionState.PAUSED, EditionState.SENT)
"""Printed as it was approved; before that nothing is sure to go out. One that was cancelled is out
when its sending had begun: who got it must find it."""

PAGE = 30
"""Issues on one page of the index."""

FIRST_YEAR, LAST_YEAR = 1990, 9000
"""Years beyond these hold no issue, and the calendar of the database ends."""


@dataclass(frozen=True)
class Entry:
    """One issue of the archive."""

    edition_id: int
    issue_id: int
    number: int
    visibility: Visibility
    out_at: dt.datetime
    """When *send* was pressed."""
    source: str
    """The frozen issue as JSON; `text` is what it says."""

    @cached_property
    def text(self) -> IssueText:
        return _thawed(self.source)

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


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An issue as a link shows it."""

    number: int
    subject: str
    out_at: dt.datetime
    issue_id: int


def latest(newsletter_id: int) -> Entry | None:
    return _first(newsletter_id, is_listed())


def listing(newsletter_id: int, below: int | None = None, limit: int = PAGE) -> list[Entry]:
    """Listed issues, newest first, `limit` at a time, from the one below the number `below`."""
    limits = () if below is None else (Issue.number < below,)
    return _entries(newsletter_id, is_listed(), *limits, limit=limit)


def of_year(newsletter_id: int, year: int) -> list[Entry]:
    """The listed issues that went out in that year, by the newsroom's clock; newest first."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return []
    first, end = (dt.datetime(each, 1, 1, tzinfo=clock.PARIS) for each in (year, year + 1))
    span = (Edition.ordered_at >= first) & (Edition.ordered_at < end)
    return _entries(newsletter_id, is_listed(), span)


def years(newsletter_id: int) -> list[int]:
    """Those in which a listed issue went out, newest first."""
    found = select(Edition.ordered_at).join(Issue, Issue.id == Edition.issue_id)
    moments = db.session.scalars(
        found.where(Edition.newsletter_id == newsletter_id, is_out(), is_listed())
    )
    return sorted({at.astimezone(clock.PARIS).year for at in moments}, reverse=True)


def index(newsletter_id: int) -> list[Neighbour]:
    """Every listed issue, newest first, without its text."""
    return _neighbours(newsletter_id, is_listed(), order=Issue.number.desc())


def get(newsletter: Newsletter, number: int) -> Entry:
    """Whoever may read it. Raises NotFound for an issue that is not out."""
    entry = _first(newsletter.id, Issue.number == number)
    if entry is None:
        raise NotFound(_("This issue is not in the archive. It may not have gone out yet."))
    return entry


def holds(newsletter: Newsletter, number: int) -> bool:
    """Whether an issue of this number is out."""
    return bool(_neighbours(newsletter.id, Issue.number == number, limit=1))


def has_any(newsletter: Newsletter, *, subscribed: bool) -> bool:
    """Whether a listed issue is out that this visitor may read whole."""
    among = (newsletter.id,) if subscribed else ()
    return bool(_neighbours(newsletter.id, is_readable(among), limit=1))


def before(newsletter_id: int, number: int) -> Neighbour | None:
    """The listed issue under the next lower number."""
    found = _neighbours(newsletter_id, is_listed(), Issue.number < number, limit=1)
    return found[0] if found else None


def after(newsletter_id: int, number: int) -> Neighbour | None:
    """The listed issue under the next higher number."""
    limits = (is_listed(), Issue.number > number)
    found = _neighbours(newsletter_id, *limits, order=Issue.number.asc(), limit=1)
    return found[0] if found else None


def expose(issue: Issue, visibility: Visibility) -> None:
    """Say who may read the issue on the web; it holds from the next page on."""
    issue.visibility = visibility
    db.session.flush()


def is_out(edition: type[Edition] = Edition) -> ColumnElement[bool]:
    """The condition on an edition for what the archive holds."""
    begun = (edition.state == EditionState.CANCELLED) & edition.planned_at.is_not(None)
    return or_(edition.state.in_(OUT), begun)


def is_listed(issue: type[Issue] = Issue) -> ColumnElement[bool]:
    """The condition on an issue for what stands in lists."""
    return issue.visibility != Visibility.UNLISTED


def is_readable(subscribed: Collection[int]) -> ColumnElement[bool]:
    """The condition on an issue for what stands in lists and may be read whole, also of the newsletters
    in `subscribed` (ids), whose pass the visitor shows."""
    own = (Issue.visibility == Visibility.SUBSCRIBERS) & Issue.newsletter_id.in_(subscribed)
    return or_(Issue.visibility == Visibility.PUBLIC, own)


@lru_cache(maxsize=128)
def _thawed(source: str) -> IssueText:
    """An edition never changes, and a text is a value: the one read last time serves again."""
    return typography.for_pages(editions.thaw(source))


def _first(newsletter_id: int, *limits: ColumnElement[bool]) -> Entry | None:
    found = _entries(newsletter_id, *limits, limit=1)
    return found[0] if found else None


def _entries(
    newsletter_id: int, *limits: ColumnElement[bool], limit: int | None = None
) -> list[Entry]:
    columns = (
        *(Edition.id, Issue.id, Issue.number, Issue.visibility),
        *(Edition.ordered_at, Edition.source),
    )
    rows: Sequence[tuple[int, int, int, Visibility, dt.datetime, str]] = db.session.execute(
        select(*columns)
        .join(Issue, Issue.id == Edition.issue_id)
        .where(Edition.newsletter_id == newsletter_id, is_out(), *limits)
        .order_by(Issue.number.desc())
        .limit(limit)
    ).all()
    return [Entry(*row) for row in rows]


def _neighbours(
    newsletter_id: int,
    *limits: ColumnElement[bool],
    order: ColumnElement[int] | None = None,
    limit: int | None = None,
) -> list[Neighbour]:
    """The subject of an ordered issue changes no more: its row says it without the whole text."""
    rows = db.session.execute(
        select(Issue.number, Issue.subject, Edition.ordered_at, Issue.id)
        .join(Edition, Issue.id == Edition.issue_id)
        .where(Edition.newsletter_id == newsletter_id, is_out(), *limits)
        .order_by(Issue.number.desc() if order is None else order)
        .limit(limit)
    )
    return [
        Neighbour(number, slots.plain(slots.settle(subject)), out_at, issue_id)
        for number, subject, out_at, issue_id in rows
    ]
