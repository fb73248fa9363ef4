"""Sending: a worker's slice. Two threads share it: the sender posts, the clerk keeps the books.

    clerk   claim a batch, recover it, read who is wanted ─▶ readers ─▶ sender   K wires to the relay
       ◀────────── settle, release, close ◀── results ◀── journal ◀──────┘

Everything a slice knows stands in rows and in its journal; it may be killed between any two lines.
Time-sliced, so that a worker looks up every few seconds: for a stop, and for other queues' work.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.core import batches, clock, shares
from app.core.shares import Limits
from app.extensions import db, settings
from emails.lines import Lines
from tasks import installations, journal, nudges, recovery
from tasks.celery import celery, is_leaving
from tasks.clerks import Clerk
from tasks.journal import Journal
from tasks.senders import Sender

log = structlog.get_logger()

SLICE = 10.0
"""Seconds that a worker sends before it looks up; more while an answer is late (see `Sender`)."""


@celery.task(name="tasks.deliveries.send_batch")
def send_batch() -> None:
    """A nudge to send. Twice is harmless: the second finds nothing to claim, or another batch."""
    if pump(stopping=is_leaving):
        nudges.deliveries()


def pump(seconds: float = SLICE, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Send whatever can be claimed, for up to `seconds`; False when there was nothing to claim, or no
    journal can be kept here."""
    if not installations.may_send():
        db.session.rollback()
        return False
    try:
        with journal.opened(settings().state_dir) as (owner, own):
            return _slice(owner, own, seconds, stopping)
    except journal.Unwritable as why:
        # Claimed all the same, a batch would be one more that its worker died over.
        log.warning("journal.unwritable", folder=str(settings().state_dir), why=str(why))
        return False


def _slice(owner: str, own: Journal, seconds: float, stopping: Callable[[], bool]) -> bool:
    known = settings()
    asked_at = clock.ticks()
    limits = Limits(known.sessions, known.rate)
    share = shares.take(owner, limits, known.connections)
    first = recovery.claim(owner) if share else None
    if share is None or first is None:
        shares.give_back(owner)
        db.session.commit()
        own.discard()
        return False
    db.session.commit()
    sender = Sender(own, seconds, stopping, known.signer, share.rate)
    with Clerk(owner, sender, has_share=limits.is_set).at_work(first, asked_at):
        Lines(known.relay, sender, share.sessions).run()
    shares.give_back(owner)
    if not batches.is_owned(owner):
        own.discard()
    db.session.commit()
    return True
