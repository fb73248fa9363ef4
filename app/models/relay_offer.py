"""What the relay said it can do when a session for a notice was last opened: one row, always there."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped

from app.models.base import Base, Key


class RelayOffer(Base):
    __tablename__ = "relay_offer"

    id: Mapped[Key]
    takes_accents: Mapped[bool]
    """SMTPUTF8 (RFC 6531): addresses with letters beyond ASCII before the @."""
    changed_at: Mapped[dt.datetime | None]
    """None before any session was opened."""
