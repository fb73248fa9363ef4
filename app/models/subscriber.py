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

    id: Mapped[Key]
    address: Mapped[str]
    """As she typed it, domain in lower case: some servers mind the case of the local part."""
    address_key: Mapped[str] = mapped_column(unique=True)
    """The address in lower case throughout: what makes two addresses the same person."""
    first_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="fr")
    created_at: Mapped[dt.datetime]

    subscriptions: Mapped[list[Subscription]] = relationship(
        back_populates="subscriber", cascade="all, delete-orphan"
    )
