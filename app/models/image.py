"""A picture that an editor gave us, decoded and encoded again; its name is its content."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Image(Base):
    __tablename__ = "image"

    name: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the stored bytes in hex, and the ending: `<64 hex>.jpg`; the file in media_dir."""
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    """Pixels."""
    size: Mapped[int]
    """Bytes."""
    created_at: Mapped[dt.datetime]
