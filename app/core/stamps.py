"""A page's stamp: everything in rows on which an issue's page depends, in one short query.

Two equal stamps mean the same page; whoever keeps pages asks for the stamp each time, and an edit
shows at once. The words themselves are not in it: an edition never changes. Each table that is in it
moves the watermark (`app.watermarks`) by a trigger.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, Select, String, bindparam, case, cast, func, select
from sqlalchemy.orm import aliased

from app.core import archive
from app.extensions import db
from app.models import Comment, CommentState, Correction, Edition, Issue, Newsletter, Visibility


@dataclass(frozen=True, slots=True)
class Stamp:
    issue_id: int
    text: str
    """Equal for pages that are equal."""


def of_issue(slug: str, number: int) -> Stamp | None:
    """The stamp of a public issue's page; None where there is no such page for everybody."""
    # By the connection: the session would make objects of it, which costs as much as the query.
    row = db.session.connection().execute(_STAMP, {"slug": slug, "number": number}).first()
    return Stamp(row[0], repr(tuple(row))) if row is not None else None


def _beside(nearest: bool) -> ScalarSelect[int]:
    """The number of the listed issue after (`nearest`) or before this one."""
    other, edition = aliased(Issue), aliased(Edition)
    beyond = other.number > Issue.number if nearest else other.number < Issue.number
    pick = func.min(other.number) if nearest else func.max(other.number)
    return (
        select(pick)
        .join(edition, edition.issue_id == other.id)
        .where(other.newsletter_id == Newsletter.id, beyond)
        .where(archive.is_listed(other), archive.is_out(edition))
        .correlate(Issue, Newsletter)
        .scalar_subquery()
    )


def _comments() -> ScalarSelect[str]:
    """Differs when one comes, goes or is let in: the numbers, each with its state."""
    each = cast(Comment.id, String) + case((Comment.state == CommentState.SHOWN, "+"), else_="-")
    held = Comment.state == CommentState.HELD
    return (
        select(func.aggregate_strings(each, ""))
        .where(Comment.issue_id == Issue.id, ~held)
        .correlate(Issue)
        .scalar_subquery()
    )


def _corrections() -> ScalarSelect[int]:
    """Numbers are not given twice while the latest stays, and its moment tells when it does not."""
    told = func.coalesce(func.sum(Correction.id), 0)
    return select(told).where(Correction.issue_id == Issue.id).correlate(Issue).scalar_subquery()


def _latest_correction() -> ScalarSelect[dt.datetime]:
    found = select(func.max(Correction.at)).where(Correction.issue_id == Issue.id)
    return found.correlate(Issue).scalar_subquery()


def _stamp() -> Select[Any]:
    told = (Edition.id, _beside(False), _beside(True), _comments(), _corrections())
    return (
        select(
            Issue.id,
            *Newsletter.__table__.columns,
            *Issue.__table__.columns,
            *told,
            _latest_correction(),
        )
        .select_from(Newsletter)
        .join(Issue, Issue.newsletter_id == Newsletter.id)
        .join(Edition, Edition.issue_id == Issue.id)
        .where(Newsletter.slug == bindparam("slug"), Issue.number == bindparam("number"))
        .where(archive.is_out(), Issue.visibility == Visibility.PUBLIC)
    )


_STAMP = _stamp()
