"""A subscriber's wish to be written to at another address, until it is confirmed or stopped."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key
from app.models.subscriber import Subscriber


class AddressChange(Base):
    __tablename__ = "address_change"
    # Links to a change name its number: one that is gone is given to nobody else.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[Key]
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id"), index=True)
    address: Mapped[str]
    """The new one, as she typed it; empty for one that must not be mailed."""
    address_hash: Mapped[str] = mapped_column(default="", server_default="", index=True)
    """The new one's keyed hash: the same wish is known again, whether its address is kept or not."""
    former_address: Mapped[str] = mapped_column(default="", server_default="")
    """The one before, from the confirmation on: so that its owner can take the change back."""
    asked_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    stopped_at: Mapped[dt.datetime | None]
    network: Mapped[str] = mapped_column(default="")

    subscriber: Mapped[Subscriber] = relationship()
