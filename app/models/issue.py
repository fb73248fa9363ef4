"""What editors write: an issue and its stories. It may change until it is ordered."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word
from app.models.image import Image
from app.models.newsletter import Newsletter, Rubric, Visibility


class IssueState(StrEnum):
    DRAFT = "draft"
    ORDERED = "ordered"
    """Send was pressed: the words are frozen in its edition, which tells how far it is."""


class Issue(Base):
    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "number"),
        # Pages left open name it: SQLite must not give the number of a deleted draft to another.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Key]
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id"))
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(default="")
    preheader: Mapped[str] = mapped_column(default="")
    state: Mapped[IssueState] = mapped_column(word(IssueState), default=IssueState.DRAFT)
    leftovers: Mapped[str] = mapped_column(default="")
    """Lines that an import could not place; kept here until an editor deletes them."""
    revision: Mapped[int] = mapped_column(default=1)
    """Grows with every save: who saves over a newer one is told, not obeyed."""
    comments_closed: Mapped[bool] = mapped_column(default=False)
    """An editor let nobody say anything more under it."""
    visibility: Mapped[Visibility] = mapped_column(word(Visibility), default=Visibility.PUBLIC)
    """May change at any time, also after sending: it concerns the web alone."""
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]

    newsletter: Mapped[Newsletter] = relationship()
    stories: Mapped[list[Story]] = relationship(
        back_populates="issue", order_by="Story.position", cascade="all, delete-orphan"
    )

    @property
    def rubrics(self) -> list[Rubric]:
        """In their order; one that was retired meanwhile stays while the issue has stories there."""
        held = {story.rubric_id for story in self.stories}
        every = self.newsletter.every_rubric
        return [each for each in every if each.retired_at is None or each.id in held]


class Story(Base):
    __tablename__ = "story"

    id: Mapped[Key]
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    rubric_id: Mapped[int] = mapped_column(ForeignKey("rubric.id"))
    position: Mapped[int]
    """Within its rubric, from 0."""
    title: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    """Markdown."""
    link: Mapped[str] = mapped_column(default="")
    link_label: Mapped[str] = mapped_column(default="")
    image_name: Mapped[str | None] = mapped_column(ForeignKey("image.name"))
    image_alt: Mapped[str] = mapped_column(default="")
    image_credit: Mapped[str] = mapped_column(default="")

    issue: Mapped[Issue] = relationship(back_populates="stories")
    rubric: Mapped[Rubric] = relationship()
    image: Mapped[Image | None] = relationship(lazy="joined")
    """Read with its story: a page of twenty pictures would ask twenty times."""
