"""A publication one can subscribe to, and the rubrics its issues are made of."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.image import Image
from app.models.question import Question


class RubricKind(StrEnum):
    """The types of section; the same words as `emails.values.RubricKind`, which rows cannot see."""

    LEAD = "lead"
    BRIEFS = "briefs"
    IMAGE = "image"
    INTERVIEWS = "interviews"
    LINKS = "links"
    TEXT = "text"
    SPONSORED = "sponsored"


class CommentRule(StrEnum):
    """Who may say something under a newsletter's issues, and when it stands there."""

    OFF = "off"
    """Nobody; what was said before is not shown either."""
    HELD = "held"
    """Whoever likes, once an editor has read it."""
    SHOWN = "shown"
    """At once for a reader who came by the signed link of her mail; else once an editor has read it."""


class Visibility(StrEnum):
    """Who may read an issue on the web."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    """Whoever has its address; no list, feed, search or search engine names it. No secret: the address ends
    in the issue's number, and can be guessed."""
    SUBSCRIBERS = "subscribers"
    """Whoever came by the link of her mail; others see its head."""


class Newsletter(Base):
    __tablename__ = "newsletter"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    tagline: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    """What the sign-up page says it is, in a paragraph or two of plain text."""
    language: Mapped[str] = mapped_column(default="fr")
    rhythm: Mapped[str] = mapped_column(default="")
    """How often it comes, in words: "chaque mardi matin"."""
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    reply_to: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    """Who is responsible for it."""
    postal_address: Mapped[str] = mapped_column(default="")
    accent: Mapped[str] = mapped_column(default="#9a1b1f")
    comment_rule: Mapped[CommentRule] = mapped_column(word(CommentRule), default=CommentRule.HELD)
    comment_days: Mapped[int] = mapped_column(default=0)
    """Issues close to comments so many days after they went out; 0: never."""
    logo_name: Mapped[str | None] = mapped_column(ForeignKey("image.name"))
    reminds: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether who did not confirm is reminded, once, after two days."""
    visibility: Mapped[Visibility] = mapped_column(word(Visibility), default=Visibility.PUBLIC)
    """What a new issue begins with."""
    origins: Mapped[str] = mapped_column(default="", server_default="")
    """The sites that may show its form in a frame and call the API by script, one a line."""
    created_at: Mapped[dt.datetime]

    questions: Mapped[list[Question]] = relationship(
        back_populates="newsletter", order_by="Question.position", cascade="all, delete-orphan"
    )
    logo: Mapped[Image | None] = relationship()
    every_rubric: Mapped[list[Rubric]] = relationship(
        back_populates="newsletter", order_by="Rubric.position", cascade="all, delete-orphan"
    )
    """Also those that are retired."""

    @property
    def rubrics(self) -> list[Rubric]:
        """Those of a new issue, in their order."""
        return [each for each in self.every_rubric if each.retired_at is None]


class Rubric(Base):
    """A typed section: what may stand in it and how much."""

    __tablename__ = "rubric"
    __table_args__ = (UniqueConstraint("newsletter_id", "anchor"),)

    id: Mapped[Key]
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"))
    position: Mapped[int]
    kind: Mapped[RubricKind] = mapped_column(word(RubricKind))
    title: Mapped[str]
    anchor: Mapped[str]
    required: Mapped[bool] = mapped_column(default=False)
    stories_least: Mapped[int] = mapped_column(default=0)
    """When it is there at all, at least so many."""
    stories_most: Mapped[int] = mapped_column(default=20)
    retired_at: Mapped[dt.datetime | None]
    """Since when no new issue has it."""

    newsletter: Mapped[Newsletter] = relationship(back_populates="every_rubric")
