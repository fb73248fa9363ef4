"""Schedules: an edition that is ordered for a moment to come.

The words are frozen with the order; printing and the freezing of the audience wait for the moment. It
stands in the row: whoever looks first once it has come makes it an ordinary order, by a conditional
UPDATE, so that three beats and eight workers begin one send. One that comes too late asks instead.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update

from app.core import clock, races
from app.core.errors import Invalid
from app.extensions import _
from app.models import Edition, EditionState

LATENESS = dt.timedelta(hours=2)
"""Nobody looked for so long after the moment: an issue of the morning is not sent by itself at noon."""

FARTHEST = dt.timedelta(days=366)


def read(typed: str) -> dt.datetime:
    """A moment in Paris, as `2026-12-01T07:00` or with a blank; of an hour that comes twice, the first.

    Raises Invalid for what is none, for one that Paris skips, that is past, or over a year away.
    """
    try:
        local = dt.datetime.fromisoformat(typed.strip())
    except ValueError:
        raise _refused(_("Write a day and an hour, such as 2026-12-01 07:00.")) from None
    if local.tzinfo is not None:
        raise _refused(_("Write the hour as it is in Paris, without a time zone."))
    due = local.replace(tzinfo=clock.PARIS).astimezone(dt.UTC)
    if due.astimezone(clock.PARIS).replace(tzinfo=None) != local:
        raise _refused(_("This hour does not exist: clocks are put forward that night."))
    if due <= clock.now():
        raise _refused(_("This moment is past."))
    if due > clock.now() + FARTHEST:
        raise _refused(_("This is more than a year away."))
    return due


LATE = "its moment passed while nothing that sends was running"


def release() -> int:
    """Make ordinary orders of those whose moment has come; how many. Twice is once.

    Of those whose moment is long past it is noted that they are in trouble, which `/metrics` tells.
    """
    now = clock.now()
    waiting = update(Edition).where(Edition.state == EditionState.SCHEDULED)
    is_late = Edition.due_at <= now - LATENESS
    races.won(waiting.where(is_late, Edition.trouble == "").values(trouble=LATE))
    due = waiting.where(Edition.due_at <= now, ~is_late)
    return races.rows_changed(due.values(state=EditionState.ORDERED))


def begin(edition_id: int) -> bool:
    """A person's word: send it now, early or late. False when it is not scheduled any more."""
    return races.won(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.SCHEDULED)
        .values(state=EditionState.ORDERED, trouble="")
    )


def is_late(edition: Edition) -> bool:
    """Its moment passed and nobody looked: a person must say whether it still goes out."""
    due = edition.due_at
    return (
        edition.state is EditionState.SCHEDULED
        and due is not None
        and due <= clock.now() - LATENESS
    )


def _refused(sentence: object) -> Invalid:
    return Invalid(sentence, {"due": sentence})
