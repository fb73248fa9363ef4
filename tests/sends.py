"""Steps that tests of sending share: pump as a worker does, count as the desk does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from app.core import deliveries
from app.core.deliveries import Progress
from app.extensions import db
from app.models import (
    Edition,
    EditionState,
)
from tasks import deliveries as sending
from tasks import issues

Clock = Callable[[dt.timedelta], None]


def send(edition_id: int) -> None:
    issues.press(edition_id)
    send_on()


def send_on() -> None:
    """Pump until there is nothing to claim, as a worker does."""
    while sending.pump():
        pass


def state(edition_id: int) -> EditionState:
    db.session.expire_all()
    return db.session.get_one(Edition, edition_id).state


def progress(edition_id: int) -> Progress:
    db.session.rollback()
    found = deliveries.progress(edition_id)
    assert found.adds_up, found
    return found
