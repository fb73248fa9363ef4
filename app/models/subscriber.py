"""A person, known by one address."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key

if TYPE_CHECKING:
    from app.models.subscription import Subscription


class Subscriber(Base):
    __tablename__ = "subscriber"
    # An erased person's number is nobody's after her: the ledger and old links still know it.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Key]
    address: Mapped[str]
    """As she typed it, domain in lower case: some servers mind the case of the local part."""
    address_key: Mapped[str] = mapped_column(unique=True)
    """The address in lower case throughout: what makes two addresses the same person."""
    first_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    """In which pages and notices speak to her; issues keep their newsletter's."""
    created_at: Mapped[dt.datetime]

    subscriptions: Mapped[list[Subscription]] = relationship(
        back_populates="subscriber", cascade="all, delete-orphan"
    )
