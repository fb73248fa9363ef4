"""What readers say under an issue, and what the desk did about it."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.editor import Editor
from app.models.issue import Issue


class CommentState(StrEnum):
    HELD = "held"
    """Waits until an editor has read it."""
    SHOWN = "shown"
    REFUSED = "refused"
    """An editor did not let it in."""
    DELETED = "deleted"
    """An editor took it off the page."""
    WITHDRAWN = "withdrawn"
    """Its author took it back: no word, name or address of it is left, only its place."""


class Comment(Base):
    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_issue", "issue_id", "id"),
        Index(
            "ix_comment_held",
            "id",
            postgresql_where=text("state = 'held'"),
            sqlite_where=text("state = 'held'"),
        ),
        # Its number is in links that never expire: SQLite must not give it to another comment.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    """The comment that this one answers; one that answers is not answered itself."""
    state: Mapped[CommentState] = mapped_column(word(CommentState))
    name: Mapped[str]
    address: Mapped[str]
    """Never shown to readers; empty for an editor's answer, and once it was forgotten."""
    address_key: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    """Plain text of several lines."""
    language: Mapped[str]
    """In which its author read the page: mails to her speak it."""
    tell: Mapped[bool] = mapped_column(default=False)
    """Its author asked to be told of answers."""
    by_pass: Mapped[bool] = mapped_column(default=False)
    """She came by the signed link of her mail: the address is the subscription's, not typed."""
    from_desk: Mapped[bool] = mapped_column(default=False)
    """An editor's answer."""
    press: Mapped[str] = mapped_column(unique=True)
    """A digest of the form and of what stood in it: the same press twice is one comment."""
    created_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime | None]
    """When its state last changed."""

    issue: Mapped[Issue] = relationship()


class Moderation(Base):
    """What was done to a comment at the desk, by whom. Rows are only ever added, and go with the
    comment they speak of."""

    __tablename__ = "moderation"

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("editor.id", ondelete="SET NULL"))
    press: Mapped[str] = mapped_column(index=True)
    """What one press of a button did shares this; undoing takes it all back."""
    before: Mapped[CommentState] = mapped_column(word(CommentState))
    after: Mapped[CommentState] = mapped_column(word(CommentState))
    at: Mapped[dt.datetime]

    editor: Mapped[Editor | None] = relationship(passive_deletes=True)
