"""A subscriber's standing with one newsletter, and the proof that she asked for it."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.newsletter import Newsletter
from app.models.subscriber import Subscriber


class SubscriptionState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class EndReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    ONE_CLICK = "one_click"
    BOUNCED = "bounced"
    COMPLAINT = "complaint"
    EDITOR = "editor"


class EndWord(StrEnum):
    """Why she left, in a word of her choice."""

    TOO_OFTEN = "too_often"
    NOT_FOR_ME = "not_for_me"
    NEVER_ASKED = "never_asked"
    ELSEWHERE = "elsewhere"


class Subscription(Base):
    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        # The audience of an edition is read in this order, once.
        Index("ix_subscription_audience", "newsletter_id", "state", "subscriber_id"),
        # Few wait to be confirmed, however many readers there are.
        Index(
            "ix_subscription_pending",
            "asked_at",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        # The tokens in old mails open this number for ever: it is given to nobody else.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"))
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"))
    state: Mapped[SubscriptionState] = mapped_column(word(SubscriptionState))
    asked_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    end_reason: Mapped[EndReason | None] = mapped_column(word(EndReason))
    end_word: Mapped[EndWord | None] = mapped_column(word(EndWord))
    end_note: Mapped[str] = mapped_column(default="", server_default="")
    """What she added to it."""
    paused_until: Mapped[dt.datetime | None]
    hidden_rubrics: Mapped[str] = mapped_column(default="", server_default="")
    """The anchors of rubrics she does not want, in order, with a space between two."""
    text_only: Mapped[bool] = mapped_column(default=False, server_default=false())

    subscriber: Mapped[Subscriber] = relationship(back_populates="subscriptions")
    newsletter: Mapped[Newsletter] = relationship()
    consents: Mapped[list[Consent]] = relationship(
        back_populates="subscription", order_by="Consent.id", cascade="all, delete-orphan"
    )


class ConsentAct(StrEnum):
    ASKED = "asked"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    ENDED = "ended"
    CHANGED = "changed"
    """Not whether, but how: rubrics, text, language, pause, address."""


class Consent(Base):
    """How, when and with what wording she asked, confirmed or left. Rows are only ever added."""

    __tablename__ = "consent"

    id: Mapped[Key]
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), index=True)
    act: Mapped[ConsentAct] = mapped_column(word(ConsentAct))
    at: Mapped[dt.datetime]
    wording: Mapped[str]
    """The sentence that stood beside the box, as it was shown."""
    source: Mapped[str]
    """Where: the page, the mail program's one-click, the file of an import."""
    network: Mapped[str] = mapped_column(default="")
    """The visitor's /24 (IPv4) or /48 (IPv6): enough as proof, too little to find a person."""

    subscription: Mapped[Subscription] = relationship(back_populates="consents")
