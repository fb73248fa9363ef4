"""An issue frozen and printed; it never changes."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.issue import Issue
from app.models.newsletter import Newsletter


class EditionState(StrEnum):
    SCHEDULED = "scheduled"
    """Ordered for `due_at`; until then nothing happens, and the order can be taken back."""
    ORDERED = "ordered"
    """Send was pressed: source and promised digest stand, a worker has yet to print."""
    PRINTED = "printed"
    PLANNED = "planned"
    """The audience is frozen into batches; the ledger tells the rest."""
    PAUSED = "paused"
    """Planned, and nothing more of it is begun until somebody resumes it."""
    CANCELLED = "cancelled"
    """Nothing more of it goes out: what was still to do is skipped."""
    SENT = "sent"
    """Nothing waits and nothing is deferred."""
    HALTED = "halted"
    """The worker's print was not what was approved, or could not be made; `trouble` says why."""


class Edition(Base):
    __tablename__ = "edition"

    id: Mapped[Key]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), unique=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"), index=True)
    state: Mapped[EditionState] = mapped_column(word(EditionState), default=EditionState.ORDERED)
    source: Mapped[str]
    """The frozen `emails.values.IssueText` as JSON."""
    digest: Mapped[str]
    """The digest of the print that the editor approved; the worker's must be the same."""
    subject: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    trouble: Mapped[str] = mapped_column(default="")
    planned: Mapped[int] = mapped_column(default=0)
    """How many deliveries were planned, once, when the audience was frozen."""
    ordered_by_id: Mapped[int | None] = mapped_column(ForeignKey("editor.id"))
    ordered_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime | None]
    """When it was to go out, where that was not at once."""
    printed_at: Mapped[dt.datetime | None]
    planned_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]

    issue: Mapped[Issue] = relationship()
    newsletter: Mapped[Newsletter] = relationship()
