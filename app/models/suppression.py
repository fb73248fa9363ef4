"""An address we must not mail, and why; it outlives the subscriber."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, word


class SuppressionReason(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    ERASED = "erased"
    OPERATOR = "operator"


class Suppression(Base):
    __tablename__ = "suppression"

    id: Mapped[Key]
    address_hash: Mapped[str] = mapped_column(unique=True)
    """HMAC-SHA-256 of the address in lower case: knows the address when it comes, tells nobody."""
    address: Mapped[str] = mapped_column(default="")
    """Empty when the person asked to be erased."""
    reason: Mapped[SuppressionReason] = mapped_column(word(SuppressionReason))
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
