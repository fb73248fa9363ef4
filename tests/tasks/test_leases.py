"""What a lease means: for who holds it, past its end, and for who has nothing to do until then."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from app.core import batches, clock, ledger, plans
from app.core.deliveries import Progress
from app.extensions import db
from emails.values import Answer, Outcome
from tasks import clerks, issues, lookout
from tasks import deliveries as sending
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress
from tests.service import wait_for

Clock = Callable[[dt.timedelta], None]


def test_who_finds_the_lease_over_begins_not_one_copy(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process does that was stopped behind its claim, and wakes: its deadline was told before."""
    monkeypatch.setattr(clerks, "LEASE", dt.timedelta(seconds=clerks.MARGIN))
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        assert sending.pump()
    assert relay.received == []
    assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)


def test_a_claim_that_was_given_back_is_past_also_for_the_owner_that_claims_again(
    flask_app: Flask,
) -> None:
    """The owner's name would let it pass: the fence alone tells the first claim from the second."""
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    first = batches.claim("place/one")
    assert first is not None
    assert batches.release(first)
    second = batches.claim("place/one")
    assert second is not None
    late = [ledger.result(first.subscriber_ids[0], Answer(Outcome.ACCEPTED, 250))]
    assert not ledger.settle(first, late)
    assert not batches.release(first)
    assert not batches.renew(first)
    assert ledger.settle(second, late)


def test_what_was_found_free_and_is_claimed_by_another_and_orphaned_meanwhile_is_not_taken(
    flask_app: Flask,
) -> None:
    """It would be taken as nobody's, and what the other had begun would be sent again."""
    issues.press(rows.send_to(3))
    found = batches.claim("place/one")
    assert found is not None
    db.session.rollback()
    other = batches.claim("place/two")
    assert other is not None
    assert batches.orphan(other.batch_id, other.fence)
    assert not batches._take(found, clock.now())
    assert batches._take(replace(found, fence=other.fence + 1, last_owner="place/two"), clock.now())


def test_a_machine_without_work_takes_over_at_the_end_of_a_lost_ones_lease(
    flask_app: Flask, move_clock: Clock
) -> None:
    """All that the lost one had not in hand; that waits for whoever may read its journal (`FOREIGN`)."""
    edition_id = rows.send_to(plans.SIZE + 3)
    issues.press(edition_id)
    assert batches.claim("another-disk/another-boot/abc") is not None
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        move_clock(batches.LEASE - dt.timedelta(seconds=1))
        lookout.look()
        assert relay.received == []
        move_clock(dt.timedelta(seconds=1))
        lookout.look()
        assert len(relay.received) == 3
        move_clock(batches.FOREIGN)
        lookout.look()
    assert len(relay.received) == 3
    assert progress(edition_id) == Progress(plans.SIZE + 3, 0, 0, 3, 0, 0, plans.SIZE, 0)


def test_who_finds_the_fence_past_begins_nothing_more(flask_app: Flask, move_clock: Clock) -> None:
    """As on a machine that was frozen with all its clocks: the database alone knows how late it is."""
    edition_id = rows.send_to(plans.SIZE)
    issues.press(edition_id)
    with StoryRelay(slow=0.2) as relay:
        use_relay(flask_app, relay.relay, connections=4)
        worker = threading.Thread(target=_pump_in, args=[flask_app])
        worker.start()
        wait_for(lambda: len(relay.received) > 8, what="the first copies")
        move_clock(batches.LEASE + batches.FOREIGN)
        held = batches.claim("another-disk/another-boot/abc")
        assert held is not None
        db.session.commit()
        begun = len(relay.attempts)
        worker.join(30)
        assert not worker.is_alive()
        # What came meanwhile, up to the next settling: twenty a second. It had two hundred to go.
        assert len(relay.attempts) - begun < plans.SIZE / 3
    assert ledger.settle(held, [])


def _pump_in(flask_app: Flask) -> None:
    with flask_app.app_context():
        sending.pump(60)
