"""What is known of the relay: noted whenever a session with it is opened for a notice.

A relay that loses what it once offered is found out by the next notice; a copy that needs it is
refused by the sender itself (`emails.wire`), for that reader, in words.
"""

from __future__ import annotations

from sqlalchemy import update

from app.core import clock, races
from app.extensions import db
from app.models import RelayOffer

THE_ONE = 1


def takes_accents() -> bool:
    """Whether mail may go to addresses with letters beyond ASCII before the @; no while unknown."""
    row = db.session.get(RelayOffer, THE_ONE)
    return row is not None and row.takes_accents


def note(takes: bool) -> bool:
    """What a session's EHLO said; whether it is news. Nothing is written when it is not."""
    return races.won(
        update(RelayOffer)
        .where(RelayOffer.id == THE_ONE, RelayOffer.takes_accents != takes)
        .values(takes_accents=takes, changed_at=clock.now())
    )
