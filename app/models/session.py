"""One browser that is signed in at the desk."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class DeskSession(Base):
    __tablename__ = "desk_session"

    key: Mapped[str] = mapped_column(primary_key=True)
    """128 random bits, which the browser's cookie carries, signed."""
    editor_id: Mapped[int] = mapped_column(ForeignKey("editor.id", ondelete="CASCADE"), index=True)
    stamp: Mapped[int]
    """The editor's at the sign-in: when hers has moved since, the session is over."""
    begun_at: Mapped[dt.datetime]
