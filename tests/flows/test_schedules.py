"""A scheduled issue, with real workers: nobody is mailed before its moment, everybody once after it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.extensions import db
from app.models import Edition, EditionState, Installation
from app.settings import Settings
from tests import rows
from tests.chaos import oracle
from tests.relay import StoryRelay
from tests.service import running, wait_for

Clock = Callable[[dt.timedelta], None]
READERS = 30


def looks() -> int:
    """How often somebody looked around so far."""
    with oracle.reading():
        return db.session.scalar(select(Installation.pulse)) or 0


def test_two_lookouts_and_a_moment_that_comes_make_one_send(
    flask_app: Flask, move_clock: Clock
) -> None:
    edition_id = rows.send_to(READERS)
    db.session.execute(
        update(Edition).values(
            state=EditionState.SCHEDULED, due_at=clock.now() + dt.timedelta(hours=1)
        )
    )
    db.session.commit()
    known: Settings = flask_app.extensions["hebdo.settings"]
    with StoryRelay() as relay:
        known = dataclasses.replace(known, relay=relay.relay)
        with (
            running(known, "worker", "--only", "lookout"),
            running(known, "worker", "--only", "lookout"),
        ):
            wait_for(lambda: looks() >= 4, what="both have looked around")
            assert relay.transactions == 0
            move_clock(dt.timedelta(hours=1))
            wait_for(lambda: oracle.is_over(edition_id), what="the edition is sent")
    assert sorted(relay.recipients) == sorted(
        f"reader-{number}@readers.invalid" for number in range(1, READERS + 1)
    )
