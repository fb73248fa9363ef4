"""The mark of the pages: another text after each commit that changed what readers' pages are made of.

One row, always there. Triggers move it (migration 0015); nobody else writes it.
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from app.models.base import Base, Key


class PageMark(Base):
    __tablename__ = "page_mark"

    id: Mapped[Key]
    mark: Mapped[str]
    """Drawn at random; empty until the first change."""
