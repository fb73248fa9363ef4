"""A deferred copy waits in one retry batch at a time, and what was answered there is not sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.core import editions, ledger, plans
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Batch, Edition, EditionState
from emails.values import Answer, Outcome
from tasks import journal, lookout, recovery
from tasks.clerks import Clerk
from tasks.senders import Sender
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send, send_on
from tests.service import wait_for

Clock = Callable[[dt.timedelta], None]

ALL_DEFERRED = range(1, 4)


@pytest.fixture
def deferred(flask_app: Flask, move_clock: Clock) -> int:
    """An edition whose three copies were deferred, and are due again."""
    edition_id = rows.send_to(3)
    with StoryRelay(defer=ALL_DEFERRED) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
    move_clock(ledger.BACKOFF[0])
    return edition_id


def test_what_waits_in_a_retry_batch_is_put_into_no_other(flask_app: Flask, deferred: int) -> None:
    """Two beats find the same copies due; who comes second finds none, whether or not they were sent."""
    assert [plans.make_retries(), plans.make_retries()] == [1, 0]
    db.session.commit()
    assert plans.make_retries() == 0
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(deferred) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
    assert len(relay.recipients) == 3


def test_of_a_retry_batch_whose_worker_died_only_what_has_no_answer_is_sent(
    flask_app: Flask, deferred: int, tmp_path: Path
) -> None:
    """One copy was in the ledger already, one in the journal alone, one was not begun."""
    plans.make_retries()
    db.session.commit()
    taken = Answer(Outcome.ACCEPTED, 250)
    with journal.opened(tmp_path) as (owner, own):
        held = recovery.claim(owner)
        assert held is not None
        settled, answered, _ = held.subscriber_ids
        assert ledger.settle(held, [ledger.result(settled, taken)])
        db.session.commit()
        own.begin(held.batch_id, answered)
        own.end(held.batch_id, answered, taken)
    lookout.free_orphans()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert relay.recipients == ["reader-3@readers.invalid"]
    assert progress(deferred) == Progress(3, 0, 0, 3, 0, 0, 0, 0)


def test_a_copy_deferred_once_more_waits_for_its_time_and_not_in_the_old_batch(
    flask_app: Flask, deferred: int, move_clock: Clock
) -> None:
    plans.make_retries()
    db.session.commit()
    with StoryRelay(defer={2}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send_on()
        assert progress(deferred) == Progress(3, 0, 0, 2, 1, 0, 0, 0)
        assert plans.make_retries() == 0
        move_clock(ledger.BACKOFF[1])
        assert plans.make_retries() == 1
        db.session.commit()
        send_on()
    assert progress(deferred) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
    assert len(relay.recipients) == 3


on_postgresql = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
"""SQLite has one writer at a time."""


@on_postgresql
def test_two_beats_that_share_what_is_due_give_no_number_to_two_batches(
    flask_app: Flask, deferred: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "PAGE", 2)
    assert plans.make_retries() == 1
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(_make_retries_in, flask_app)
        wait_for(lambda: second.done() or _somebody_waits(), what="the second beat")
        db.session.commit()
        assert second.result(30) == 1
    numbers = list(db.session.scalars(select(Batch.n).order_by(Batch.n)))
    assert numbers == [0, 1, 2]


@on_postgresql
def test_a_slice_that_ends_takes_its_editions_in_the_order_of_their_ids(
    flask_app: Flask, deferred: int, tmp_path: Path
) -> None:
    """It met the second first. Waiting for it with the first in hand is what cannot make a ring."""
    of = db.session.get_one(Edition, deferred).newsletter
    second = rows.ordered(of, 13).id
    assert deferred < second
    db.session.execute(update(Edition).values(state=EditionState.PLANNED))
    db.session.commit()
    editions.hold(second)
    with ThreadPoolExecutor(1) as pool:
        ends = pool.submit(_end_slice_in, flask_app, tmp_path, [second, deferred])
        wait_for(_somebody_waits, what="the end of the slice")
        free = select(Edition.id).where(Edition.id == deferred)
        first_is_free = db.session.scalar(free.with_for_update(skip_locked=True))
        db.session.commit()
        ends.result(30)
    assert first_is_free is None


def _somebody_waits() -> bool:
    with db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def _make_retries_in(flask_app: Flask) -> int:
    with flask_app.app_context():
        made = plans.make_retries()
        db.session.commit()
        return made


def _end_slice_in(flask_app: Flask, state_dir: Path, edition_ids: list[int]) -> None:
    with flask_app.app_context(), journal.opened(state_dir) as (owner, own):
        sender = Sender(own, 1.0, lambda: False)
        sender.trouble = "451 not now"
        clerk = Clerk(owner, sender)
        for edition_id in edition_ids:
            clerk._means(edition_id)
        clerk._give_all_back()
