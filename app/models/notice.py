"""A mail to one person about their own affairs. The row is the order; the broker only rings."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.comment import Comment
from app.models.editor import Editor
from app.models.newsletter import Newsletter
from app.models.subscription import Subscription


class NoticeKind(StrEnum):
    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    """Of a confirmation that has not come, once."""
    ALREADY_SUBSCRIBED = "already_subscribed"
    WELCOME = "welcome"
    MY_SUBSCRIPTION = "my_subscription"
    """The link to her own page, which she asked for."""
    ADDRESS_CONFIRMATION = "address_confirmation"
    """To a new address: shall mail go there from now on?"""
    ADDRESS_TAKEN = "address_taken"
    """To the new address, when it is a subscriber's already."""
    ADDRESS_CHANGING = "address_changing"
    """To the old address: a change was asked for, and how to stop it."""
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail, not a password
    INVITATION = "invitation"
    PROOF = "proof"
    COMMENT_SHOWN = "comment_shown"
    """To its author: her comment stands on the page."""
    COMMENT_ANSWERED = "comment_answered"
    """To its author, who asked for it: somebody answered."""
    COMMENT_DIGEST = "comment_digest"
    """To an editor who asked for it: comments wait."""


class NoticeState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Deferred for longer than it was worth sending."""
    DROPPED = "dropped"
    """No longer wanted when its turn came; or it ended its worker three times."""


class Notice(Base):
    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "ix_notice_waiting",
            "not_before",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_notice_address", "address", "kind", "created_at"),
    )

    id: Mapped[Key]
    kind: Mapped[NoticeKind] = mapped_column(word(NoticeKind))
    address: Mapped[str]
    newsletter_id: Mapped[int | None] = mapped_column(ForeignKey("newsletter.id"))
    subscription_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscription.id", ondelete="SET NULL")
    )
    subscription_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    """For a confirmation: all subscriptions that its one link confirms, `subscription_id` first."""
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("editor.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"))
    once: Mapped[str | None] = mapped_column(unique=True)
    """What it may be ordered for only once, whoever orders it: a second row cannot be written."""
    source: Mapped[str] = mapped_column(default="")
    """For a proof: the frozen `IssueText` as JSON, as it was when the button was pressed. For a change
    of address: its number."""
    state: Mapped[NoticeState] = mapped_column(word(NoticeState), default=NoticeState.WAITING)
    not_before: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    strikes: Mapped[int] = mapped_column(default=0)
    """Claims that ended without a word; three, and the notice is set aside."""
    code: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    settled_at: Mapped[dt.datetime | None]

    newsletter: Mapped[Newsletter | None] = relationship()
    subscription: Mapped[Subscription | None] = relationship()
    editor: Mapped[Editor | None] = relationship()
    comment: Mapped[Comment | None] = relationship(passive_deletes=True)
