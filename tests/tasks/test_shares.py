"""What the relay allows all workers together is kept to, whoever of them lives or dies."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.core import batches, shares
from app.core.shares import Granted, Limits
from app.extensions import db
from tasks import deliveries as sending
from tasks import issues, journal, lookout
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send_on


@pytest.mark.parametrize(
    ("limits", "granted"),
    [
        (Limits(), [Granted(4), Granted(4), Granted(4)]),
        (Limits(sessions=6), [Granted(4), Granted(2), None]),
        (Limits(rate=14), [Granted(4, 14), None, None]),
        (Limits(sessions=6, rate=12), [Granted(4, 8), Granted(2, 4), None]),
        (Limits(sessions=6, rate=1), [Granted(4, 1), None, None]),
    ],
)
def test_the_shares_of_all_never_add_up_to_more_than_is_allowed(
    flask_app: Flask, limits: Limits, granted: list[Granted | None]
) -> None:
    assert [shares.take(f"place/{n}", limits, 4) for n in range(3)] == granted


def test_a_share_comes_free_when_it_is_given_back_or_its_lease_ends(
    flask_app: Flask, move_clock: Callable[[dt.timedelta], None]
) -> None:
    limits = Limits(sessions=4)
    assert shares.take("place/one", limits, 4)
    assert shares.take("place/two", limits, 4) is None
    shares.give_back("place/one")
    assert shares.take("place/two", limits, 4)
    move_clock(batches.LEASE / 2)
    assert shares.renew("place/two")
    move_clock(batches.LEASE / 2)
    assert shares.take("place/three", limits, 4) is None
    move_clock(batches.LEASE)
    assert not shares.renew("place/two")
    assert shares.take("place/three", limits, 4)


def test_the_share_of_a_dead_worker_is_free_at_the_next_look(
    flask_app: Flask, tmp_path: Path
) -> None:
    limits = Limits(sessions=4)
    with journal.opened(tmp_path) as (owner, _):
        assert shares.take(owner, limits, 4)
        lookout.free_orphans()
        assert shares.take("place/two", limits, 4) is None
    lookout.free_orphans()
    assert shares.take("place/two", limits, 4)


def test_a_send_opens_no_more_sessions_than_are_allowed_and_gives_them_back(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(30)
    issues.press(edition_id)
    with StoryRelay(slow=0.05) as relay:
        limit(flask_app, relay, sessions=2)
        send_on()
    assert relay.connections == 2
    assert progress(edition_id).accepted == 30
    assert shares.used_now() == Granted(0, 0)


def test_who_finds_no_session_free_leaves_the_work_to_who_has_them(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    with StoryRelay() as relay:
        limit(flask_app, relay, sessions=2)
        assert shares.take("elsewhere/one", Limits(sessions=2), 2)
        db.session.commit()
        assert not sending.pump()
        assert relay.attempts == []
    assert progress(edition_id).waiting == 3


def test_no_more_copies_a_second_begin_than_are_allowed(flask_app: Flask) -> None:
    edition_id = rows.send_to(21)
    issues.press(edition_id)
    with StoryRelay() as relay:
        limit(flask_app, relay, rate=20)
        send_on()
        gaps = [relay.begun_at[n + 10] - relay.begun_at[n] for n in range(11)]
    # Ten pauses of 50 ms, less what may be made up.
    assert min(gaps) > 0.4
    assert progress(edition_id).accepted == 21


def limit(flask_app: Flask, relay: StoryRelay, **limits: int) -> None:
    use_relay(flask_app, relay.relay)
    known = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, **limits)
