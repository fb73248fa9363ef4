"""A newsletter's own fields on its sign-up form, and what each subscriber wrote into them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, word

if TYPE_CHECKING:
    from app.models.newsletter import Newsletter


class QuestionKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    NUMBER = "number"


class Question(Base):
    """One field more than address and first name."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("newsletter_id", "name"),)

    id: Mapped[Key]
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletter.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    """What slots, columns of files and the API call it; it never changes."""
    kind: Mapped[QuestionKind] = mapped_column(word(QuestionKind))
    label: Mapped[str]
    hint: Mapped[str] = mapped_column(default="")
    required: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str] = mapped_column(default="")
    """What is said where a required answer is missing; empty: the house's own sentence."""
    choices: Mapped[str] = mapped_column(default="")
    """Of a choice: the answers offered, one a line."""
    least: Mapped[str] = mapped_column(default="")
    most: Mapped[str] = mapped_column(default="")
    """Of a number or a date its bounds, of a text the longest in characters; empty: none of its own."""

    newsletter: Mapped[Newsletter] = relationship(back_populates="questions")


class Detail(Base):
    """What a subscriber answered to one question; gone with the subscription or the question."""

    __tablename__ = "detail"

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    question_id: Mapped[int] = mapped_column(
        ForeignKey("question.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    value: Mapped[str]
    """As `core.questions.read` wrote it: a date in ISO 8601, a number with a decimal point."""
