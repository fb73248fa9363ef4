"""What an editor corrects in an issue that is out: a dated note beside words that do not change."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key
from app.models.issue import Issue


class Correction(Base):
    __tablename__ = "correction"
    # Pages left open name it: SQLite must not give it to a colleague's newer note.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Key]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    anchor: Mapped[str] = mapped_column(default="")
    """The story's anchor on the issue's page; empty when the note concerns the issue as a whole."""
    text: Mapped[str]
    """Plain text, one paragraph or several."""
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("editor.id"))
    at: Mapped[dt.datetime]

    issue: Mapped[Issue] = relationship()
