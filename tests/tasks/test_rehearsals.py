"""A row that kills its worker is found out by rehearsing, and nobody is blamed for another's death."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.core import editions, ledger, plans
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Edition, EditionState
from emails.values import Answer, Outcome
from tasks import issues, journal, lookout, recovery, rehearsals
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send_on, state


def test_who_was_at_hand_at_one_death_alone_is_mailed(flask_app: Flask, tmp_path: Path) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    for place in (0, 1):
        die_rehearsing(tmp_path, place)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)


@pytest.mark.parametrize(("named", "skipped"), [(2, 0), (3, 1)])
def test_who_was_at_hand_at_three_deaths_in_a_row_is_skipped_with_the_reason_and_not_before(
    flask_app: Flask, tmp_path: Path, named: int, skipped: int
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    die_rehearsing(tmp_path, None)
    for _ in range(named):
        die_rehearsing(tmp_path, 1)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 3 - skipped, 0, 0, 0, skipped)
    assert ("reader-2@readers.invalid" in relay.attempts) is not bool(skipped)


def test_workers_killed_while_they_rehearse_at_ever_other_readers_pause_no_edition(
    flask_app: Flask, tmp_path: Path
) -> None:
    """It is none of the readers' doing: after the second name the batch is sent as it stands."""
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    for turn in range(rehearsals.PATIENCE * 2):
        die_rehearsing(tmp_path, turn % 3)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)


def test_ten_deaths_with_nobody_to_blame_pause_the_edition_and_say_so(
    flask_app: Flask, tmp_path: Path
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    for _ in range(rehearsals.PATIENCE):
        die_rehearsing(tmp_path, None)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
        assert relay.attempts == []
        assert state(edition_id) is EditionState.PAUSED
        trouble = db.session.get_one(Edition, edition_id).trouble
        assert trouble == "10 workers in a row died over it"
        assert editions.resume(edition_id)
        send_on()
    assert progress(edition_id).accepted == 3


def test_a_batch_that_waits_behind_another_is_not_blamed_for_the_deaths_of_those_who_send(
    flask_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty kills in one send are nobody's fault: each worker died over the batch before it."""
    monkeypatch.setattr(plans, "SIZE", rehearsals.PATIENCE + 1)
    edition_id = rows.send_to(rehearsals.PATIENCE + 4)
    issues.press(edition_id)
    for _ in range(rehearsals.PATIENCE):
        die_with_one_more_answer(tmp_path)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert state(edition_id) is EditionState.SENT
    assert progress(edition_id).accepted == rehearsals.PATIENCE + 4
    assert len(relay.recipients) == 4


def die_with_one_more_answer(state_dir: Path) -> None:
    """A worker with two batches in hand dies when the first copy of the first is answered."""
    with journal.opened(state_dir) as (owner, own):
        held = recovery.claim(owner)
        assert held is not None
        assert recovery.claim(owner) is not None
        subscriber_id = ledger.to_do(held)[0]
        db.session.commit()
        own.begin(held.batch_id, subscriber_id)
        own.end(held.batch_id, subscriber_id, Answer(Outcome.ACCEPTED, 250))
    lookout.free_orphans()


def die_rehearsing(state_dir: Path, place: int | None) -> None:
    """A worker that claims the batch and dies over the copy at this place of it, or over nobody's."""
    with journal.opened(state_dir) as (owner, own):
        held = recovery.claim(owner)
        assert held is not None
        db.session.commit()
        for subscriber_id in held.subscriber_ids[:place] if place is not None else ():
            own.rehearse(held.batch_id, subscriber_id)
            own.give_back(held.batch_id, subscriber_id)
        if place is not None:
            own.rehearse(held.batch_id, held.subscriber_ids[place])
    lookout.free_orphans()
