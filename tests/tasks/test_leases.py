"""What a lease means: for who holds it, past its end, and for who has nothing to do until then."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.core import batches, plans
from app.core.deliveries import Progress
from app.extensions import db
from emails.copies import Copy
from tasks import clerks, issues, journal, lookout
from tasks import deliveries as sending
from tasks.senders import Sender
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress

Clock = Callable[[dt.timedelta], None]


def test_who_finds_the_lease_over_begins_not_one_copy(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process does that was stopped behind its claim, and wakes: its deadline is monotonic time."""
    monkeypatch.setattr(clerks, "LEASE", dt.timedelta(seconds=clerks.MARGIN))
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        assert sending.pump()
    assert relay.received == []
    assert progress(edition_id) == Progress(3, 3, 0, 0, 0, 0, 0, 0)


def test_the_deadline_is_looked_at_before_each_copy_and_before_its_journal_line(
    tmp_path: Path,
) -> None:
    with journal.opened(tmp_path) as (_, own):
        sender = Sender(own, 60.0, lambda: False)
        sender.deadline = time.monotonic() - 0.001
        # The key is not looked at: nothing of this copy may be touched any more.
        assert not sender.begin(Copy(None, "a@hebdo.test", "b@hebdo.test", b""))
        assert journal.read(own.path, 1).begun == frozenset()


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
