"""Whose database this is: one row, made by the first worker that looks."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from app.models.base import Base, Key


class Installation(Base):
    __tablename__ = "installation"

    id: Mapped[Key]
    mark: Mapped[str]
    """Drawn at random: tells this database's pulse from another's."""
    place: Mapped[str]
    """Where the database itself stood when a worker began with it; a copy stands elsewhere."""
    pulse: Mapped[int]
    """Grows with each look of a worker; a database that was set back has a smaller one than was seen."""
