"""The verdict after a fault: nobody lost, nobody mailed twice, what is in doubt is listed."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator

from app.core import deliveries
from app.core.deliveries import Progress
from app.database import reading_only
from app.extensions import db
from app.models import DeliveryState, Edition, EditionState
from tests.relay import StoryRelay

LONG = os.environ.get("HEBDO_CHAOS") == "long"
READERS = 10_000 if LONG else 600
KILLS = 30 if LONG else 4
SEEDS = range(20 if LONG else 1)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """A look at what others wrote; no transaction of ours stays open, SQLite would wait for it."""
    db.session.rollback()
    with reading_only():
        yield
        db.session.rollback()


def is_over(edition_id: int) -> bool:
    with reading():
        state = db.session.get_one(Edition, edition_id, populate_existing=True).state
        return state in (EditionState.SENT, EditionState.CANCELLED) and count(edition_id).is_over


def count(edition_id: int) -> Progress:
    found = deliveries.progress(edition_id)
    assert found.adds_up, found
    return found


def verdict(edition_id: int, relay: StoryRelay, readers: int = READERS) -> Progress:
    """Compare the ledger with what the relay took; the equation of the edition."""
    with reading():
        progress = count(edition_id)
        rows = {
            state: {row.address for row in deliveries.listing(edition_id, [state], limit=readers)}
            for state in DeliveryState
        }
    got = Counter(relay.recipients)
    assert max(got.values(), default=0) <= 1, "somebody was mailed twice"
    assert progress.planned == readers
    taken = set(got)
    assert rows[DeliveryState.ACCEPTED] <= taken, "called accepted, and the relay knows nothing"
    # Whatever the relay took without the ledger's knowing is listed as in doubt.
    assert taken - rows[DeliveryState.ACCEPTED] <= rows[DeliveryState.IN_DOUBT], "lost sight of"
    assert not rows[DeliveryState.REFUSED] & taken
    assert not rows[DeliveryState.SKIPPED] & taken
    return progress
