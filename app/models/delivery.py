"""The ledger: batches of an edition's audience, and one row per copy once something has happened.

A million rows made in advance cost 519 bytes of WAL each; batches that carry their frozen ids, with
a row only when there is news, cost 173 (measured, PostgreSQL).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigInt, Key, word


class DeliveryState(StrEnum):
    """What the ledger can say of one copy. No row: it waits, or is being sent."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"


class Batch(Base):
    """The deliveries that one worker claims together.

    `subscriber_ids` never changes. A worker owns the batch while `lease_until` is ahead and `fence`
    is the number it was given; every write of its carries the fence in its WHERE.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("edition_id", "n"),
        Index(
            "ix_batch_open",
            "edition_id",
            "n",
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    n: Mapped[int]
    """From 0 for the first pass, going on for batches of deliveries whose time has come again."""
    retry: Mapped[bool] = mapped_column(default=False)
    """Its deliveries stand in the ledger as deferred; it adds nothing to what was planned."""
    subscriber_ids: Mapped[list[int]] = mapped_column(JSON)
    size: Mapped[int]
    settled: Mapped[int] = mapped_column(default=0)
    """How many of its ids have been written to the ledger, in the very transaction that did it."""
    owner: Mapped[str] = mapped_column(default="")
    """Disk, boot and journal of the worker that holds it: where its intents can be read. Empty when
    nothing of it is under way."""
    fence: Mapped[int] = mapped_column(default=0)
    strikes: Mapped[int] = mapped_column(default=0)
    """How many claims in a row ended without a word: their workers died."""
    suspect_id: Mapped[int | None] = mapped_column(BigInt)
    """Whose copy was being made when the last of them died."""
    lease_until: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]


class Delivery(Base):
    """One edition to one subscriber."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_due",
            "edition_id",
            "not_before",
            postgresql_where=text("state = 'deferred'"),
            sqlite_where=text("state = 'deferred'"),
        ),
    )

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    # No foreign key: the ledger outlives a person who asked to be erased.
    subscriber_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState))
    code: Mapped[int] = mapped_column(default=0)
    """The relay's answer; 0 when there was none."""
    enhanced: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    """What the relay said, or why the copy was skipped or expired."""
    queue_id: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[dt.datetime]
    at: Mapped[dt.datetime]
    not_before: Mapped[dt.datetime | None]
    """When a deferred copy may be tried again."""
    batch_id: Mapped[int | None]
    """The retry batch that holds it at the moment, if one does."""
