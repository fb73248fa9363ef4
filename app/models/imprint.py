"""Who is responsible for this installation, as the law asks its pages to say (LCEN art. 1-1). One row."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from app.models.base import Base, Key


class Imprint(Base):
    __tablename__ = "imprint"

    id: Mapped[Key]
    """Always 1."""
    publisher: Mapped[str]
    """A person or a company, with its legal form."""
    postal_address: Mapped[str]
    phone: Mapped[str]
    contact: Mapped[str]
    """The address that questions, also about one's data, are sent to."""
    registration: Mapped[str]
    """Of a company: capital and number in the register; may be empty."""
    director: Mapped[str]
    """The director of publication."""
    host: Mapped[str]
    """Who runs the machine."""
    host_address: Mapped[str]
    host_phone: Mapped[str]
