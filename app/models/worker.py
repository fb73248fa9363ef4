"""A worker's sign of life, so that `/readyz` can tell a dead one from an idle one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Worker(Base):
    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    """The queue it serves and its host: `deliveries@host`."""
    seen_at: Mapped[dt.datetime]
