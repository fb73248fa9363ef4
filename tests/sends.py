"""Steps that tests of sending share: pump as a worker does, count as the desk does."""

from __future__ import annotations

import contextlib
import datetime as dt
import resource
from collections.abc import Callable, Iterator

import pytest

from app.core import deliveries
from app.core.deliveries import Progress
from app.extensions import db
from app.models import (
    Edition,
    EditionState,
)
from tasks import deliveries as sending
from tasks import issues, journal

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


@contextlib.contextmanager
def room_for_no_journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk with room for all but a journal: the kernel stops each file of ours at eight megabytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with monkeypatch.context() as within:
        within.setattr(journal, "CHUNK", 1 << 24)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 23, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
