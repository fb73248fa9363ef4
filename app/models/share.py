"""What a slice may use of the relay, when the relay allows all workers together only so much."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Share(Base):
    __tablename__ = "share"

    owner: Mapped[str] = mapped_column(primary_key=True)
    """Disk, boot and journal of the slice, as in `Batch.owner`."""
    sessions: Mapped[int]
    rate: Mapped[int]
    """Messages a second; 0 where none are counted."""
    lease_until: Mapped[dt.datetime]
