"""A deferred copy waits in one retry batch at a time, and what was answered there is not sent again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.core import ledger, plans
from app.core.deliveries import Progress
from app.extensions import db
from emails.values import Answer, Outcome
from tasks import journal, lookout, recovery
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send, send_on

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
