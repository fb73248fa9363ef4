"""Somebody who may sign in at the desk."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, word


class Role(StrEnum):
    ADMIN = "admin"
    """May also add editors and change newsletters."""
    EDITOR = "editor"
    """May write and send."""
    CONTRIBUTOR = "contributor"
    """May write, may not send."""


class Editor(Base):
    __tablename__ = "editor"

    id: Mapped[Key]
    address: Mapped[str] = mapped_column(unique=True)
    """In lower case."""
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(word(Role))
    password_hash: Mapped[str] = mapped_column(default="")
    """argon2id; empty until the invitation was taken up."""
    stamp: Mapped[int] = mapped_column(default=1)
    """Grows with every password change: a session or a link that carries an older one is over."""
    wants_digest: Mapped[bool] = mapped_column(default=False)
    """She asked to be told by mail when comments wait."""
    created_at: Mapped[dt.datetime]
    signed_in_at: Mapped[dt.datetime | None]
