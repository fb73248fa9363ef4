"""The verdict after a fault: nobody lost, nobody mailed twice, what is in doubt is listed."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from app.core import deliveries
from app.core.deliveries import Progress
from app.database import reading_only
from app.extensions import db
from app.models import DeliveryState, Edition, EditionState
from tests.chaos.forms import READERS


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


def is_over_by_and_by(edition_id: int, move_clock: Callable[[dt.timedelta], None]) -> bool:
    """The same, and half a minute passes with each look in which nothing is under way: deferred copies
    wait for minutes and hours. Else leases would run out under the hands of the living."""
    with reading():
        is_idle = count(edition_id).sending == 0
    if is_idle:
        move_clock(dt.timedelta(seconds=30))
    return is_over(edition_id)


def count(edition_id: int) -> Progress:
    found = deliveries.progress(edition_id)
    assert found.adds_up, found
    return found


class Relay(Protocol):
    """Whoever can say what it took charge of: one address a message, in whatever order."""

    @property
    def recipients(self) -> Sequence[str]: ...


def verdict(
    edition_id: int,
    relay: Relay,
    readers: int = READERS,
    *,
    in_doubt: int = 0,
    beside: Collection[str] = (),
) -> Progress:
    """Compare the ledger with what the relay took: nobody lost, nobody mailed twice, and at most so
    many in doubt, each of them listed. `beside`: who got other mail of ours. The edition's equation."""
    with reading():
        progress = count(edition_id)
        rows = {
            state: {row.address for row in deliveries.listing(edition_id, [state], limit=readers)}
            for state in DeliveryState
        }
    got = Counter(one for one in relay.recipients if one not in beside)
    assert max(got.values(), default=0) <= 1, "somebody was mailed twice"
    assert progress.planned == readers
    assert progress.is_over, f"somebody was lost: {progress}"
    assert sum(map(len, rows.values())) == readers, "somebody stands in the ledger twice, or not"
    taken = set(got)
    assert rows[DeliveryState.ACCEPTED] <= taken, "called accepted, and the relay knows nothing"
    # Whatever the relay took without the ledger's knowing is listed as in doubt.
    assert taken - rows[DeliveryState.ACCEPTED] <= rows[DeliveryState.IN_DOUBT], "lost sight of"
    assert progress.in_doubt == len(rows[DeliveryState.IN_DOUBT]) <= in_doubt
    return progress
