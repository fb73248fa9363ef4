"""A batch has one owner; whatever the last one left is settled from its journal, or in doubt."""

from __future__ import annotations

import contextlib
import datetime as dt
import mmap
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app.core import batches, editors, ledger, plans
from app.core.deliveries import Progress
from app.extensions import db
from app.models import (
    Batch,
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Role,
)
from emails.values import Answer, Outcome
from tasks import deliveries as sending
from tasks import issues, journal, lookout
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, room_for_no_journal, send_on, state
from tests.service import wait_for

Clock = Callable[[dt.timedelta], None]


def test_a_second_claim_finds_the_batch_taken(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    assert batches.claim("place/one") is not None
    db.session.commit()
    assert batches.claim("place/two") is None


def test_who_lost_the_lease_cannot_write(flask_app: Flask, move_clock: Clock) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    first = batches.claim("place/one")
    assert first is not None
    db.session.commit()
    move_clock(batches.LEASE + batches.FOREIGN)
    second = batches.claim("elsewhere/two")
    assert second is not None
    assert second.last_owner == "place/one"
    late = [ledger.result(first.subscriber_ids[0], Answer(Outcome.ACCEPTED, 250))]
    assert not ledger.settle(first, late)
    assert not batches.renew(first)
    db.session.commit()
    assert list(db.session.scalars(select(Delivery))) == []


def test_a_dead_owner_leaves_in_doubt_only_what_its_journal_cannot_tell(
    flask_app: Flask, tmp_path: Path
) -> None:
    edition_id = rows.send_to(5)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        db.session.commit()
        one, two, three, four, five = held.subscriber_ids
        own.begin(held.batch_id, one)
        own.end(held.batch_id, one, Answer(Outcome.ACCEPTED, 250, text="queued as A1"))
        own.begin(held.batch_id, two)
        own.begin(held.batch_id, three)
        own.give_back(held.batch_id, three)
    # Leaving the block closes the file and frees its lock, as the kernel does for the dead.
    lookout.free_orphans()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert len(relay.received) == 3
    kept = {row.subscriber_id: row.state for row in db.session.scalars(select(Delivery))}
    assert kept[one] is DeliveryState.ACCEPTED
    assert kept[two] is DeliveryState.IN_DOUBT
    assert {kept[three], kept[four], kept[five]} == {DeliveryState.ACCEPTED}
    assert progress(edition_id) == Progress(5, 0, 0, 4, 0, 0, 1, 0)
    assert [each for each in (tmp_path / "journals").iterdir() if each.name != "disk"] == []


def test_a_recovery_that_broke_off_begins_again_from_the_first_owners_journal(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        db.session.commit()
        own.begin(held.batch_id, held.subscriber_ids[0])
    lookout.free_orphans()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        # The ledger is away just when the second owner has claimed and would settle.
        _rename_ledger("delivery", "delivery_away")
        with pytest.raises(DBAPIError):
            sending.pump()
        db.session.rollback()
        _rename_ledger("delivery_away", "delivery")
        move_clock(batches.LEASE * 2)
        lookout.free_orphans()
        send_on()
    assert "reader-1@readers.invalid" not in relay.attempts
    assert progress(edition_id) == Progress(3, 0, 0, 2, 0, 0, 1, 0)


def scribble(path: Path) -> None:
    """As a disk does that gives back other bytes than it was given."""
    with path.open("r+b") as left:
        left.seek(path.read_bytes().index(b"\0"))
        left.write(b"1 x7 !\n")


def half_an_answer(path: Path) -> None:
    with path.open("r+b") as left:
        left.seek(path.read_bytes().index(b"\0"))
        left.write(b'1 3 ["accepted", 2\n')


def no_reading(path: Path) -> None:
    """Where this address leads nothing lies: reading there is EIO, as on a broken disk."""
    path.unlink()
    path.symlink_to("/proc/self/mem")


def no_opening(path: Path) -> None:
    """No program that runs is opened for writing."""
    path.unlink()
    path.symlink_to("/proc/self/exe")


@pytest.mark.parametrize("damage", [scribble, half_an_answer, no_reading, no_opening])
def test_a_journal_that_cannot_be_read_puts_its_own_batch_in_doubt_and_stops_no_other(
    flask_app: Flask,
    tmp_path: Path,
    move_clock: Clock,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], None],
) -> None:
    of = rows.newsletter()
    rows.readers(of, 3)
    damaged, sound = rows.ordered(of, 12).id, rows.ordered(of, 13).id
    issues.press(damaged)
    issues.press(sound)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        assert held.batch_id == 1
        db.session.commit()
        own.begin(1, held.subscriber_ids[0])
    damage(own.path)
    lookout.tidy()
    move_clock(batches.LEASE)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(damaged) == Progress(3, 0, 0, 0, 0, 0, 3, 0)
    assert progress(sound) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
    said = capsys.readouterr()
    assert "journal.unreadable" in said.out + said.err


def _rename_ledger(before: str, after: str) -> None:
    db.session.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))
    db.session.commit()


def test_a_disk_that_is_full_in_the_middle_of_a_send_mails_nobody_twice(
    flask_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A journal meets a full disk when it grows: after some forty copies here.
    monkeypatch.setattr(journal, "CHUNK", mmap.PAGESIZE)
    edition_id = rows.send_to(80)
    issues.press(edition_id)
    with StoryRelay(slow=0.1) as relay:
        use_relay(flask_app, relay.relay, connections=4)
        worker = threading.Thread(target=_pump_in, args=[flask_app])
        worker.start()
        wait_for(lambda: _lines(tmp_path / journal.FOLDER) >= 4, what="four copies are begun")
        _fill(tmp_path / journal.FOLDER)
        worker.join(30)
        assert not worker.is_alive()
        relay.story.slow = 0
        lookout.free_orphans()
        send_on()
    assert len(set(relay.recipients)) == len(relay.recipients)
    now = progress(edition_id)
    # Those whose answer could not be kept, or did not come: one a session.
    assert 1 <= now.in_doubt <= 4
    assert now == Progress(80, 0, 0, 80 - now.in_doubt, 0, 0, now.in_doubt, 0)


def test_a_disk_without_room_for_a_journal_claims_nothing_and_strikes_no_batch(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        with room_for_no_journal(monkeypatch):
            assert not sending.pump()
        said = capsys.readouterr()
        assert "journal.unwritable" in said.out + said.err
        batch = db.session.scalars(select(Batch)).one()
        assert (batch.fence, batch.strikes) == (0, 0)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)


def _pump_in(flask_app: Flask) -> None:
    with flask_app.app_context(), pytest.raises(OSError, match="No space"):
        sending.pump()


def _lines(folder: Path) -> int:
    return sum(
        each.read_bytes().count(b"\n")
        for each in folder.glob("*")
        if not each.name.startswith("disk")
    )


def _fill(folder: Path) -> None:
    """From here on, whatever is written into a file of this folder meets a full disk."""
    full = os.open("/dev/full", os.O_WRONLY)
    for each in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if each.readlink().parent == folder:
                os.dup2(full, int(each.name))
    os.close(full)


def test_journals_that_nobody_needs_are_swept_and_no_others(
    flask_app: Flask, tmp_path: Path
) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (needed, own):
        assert batches.claim(needed) is not None
        db.session.commit()
    with journal.opened(tmp_path) as (_, unneeded):
        pass
    with journal.opened(tmp_path) as (_, young):
        pass
    with journal.opened(tmp_path) as (_, locked):
        for old in (own, unneeded, locked):
            os.utime(old.path, (1.0, 1.0))
        assert lookout.sweep_journals() == 1
    assert [each.path.exists() for each in (own, unneeded, young, locked)] == [
        True,
        False,
        True,
        True,
    ]


def test_an_edition_that_cannot_even_be_read_stops_no_other(
    flask_app: Flask, move_clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    of = rows.newsletter()
    rows.readers(of, 2)
    broken, sound = rows.ordered(of, 12).id, rows.ordered(of, 13).id
    db.session.execute(update(Edition).where(Edition.id == broken).values(source="{"))
    db.session.commit()
    move_clock(lookout.UNHEARD)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        lookout.look()
    assert state(sound) is EditionState.SENT
    assert state(broken) is EditionState.ORDERED
    said = capsys.readouterr()
    assert "lookout.broken" in said.out + said.err


def test_journals_that_cannot_be_kept_stop_no_notice_and_no_print(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    (tmp_path / journal.FOLDER).write_text("a file where the folder should be")
    edition_id = rows.send_to(2)
    editors.invite("lea@hebdo.invalid", "Léa", Role.EDITOR)
    db.session.commit()
    move_clock(lookout.UNHEARD)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        with contextlib.suppress(FileExistsError):
            lookout.look()
    assert relay.recipients == ["lea@hebdo.invalid"]
    assert state(edition_id) is EditionState.PLANNED


def test_a_living_owner_keeps_its_window_past_its_lease(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    with journal.opened(tmp_path) as (owner, own):
        held = batches.claim(owner)
        assert held is not None
        db.session.commit()
        own.begin(held.batch_id, held.subscriber_ids[0])
        move_clock(batches.LEASE * 2)
        lookout.free_orphans()
        with StoryRelay() as relay:
            use_relay(flask_app, relay.relay)
            send_on()
        assert relay.attempts == []
    assert progress(edition_id) == Progress(2, 0, 2, 0, 0, 0, 0, 0)


def test_a_lost_journal_puts_all_that_was_under_way_in_doubt(
    flask_app: Flask, tmp_path: Path, move_clock: Clock
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    held = batches.claim("another-disk/another-boot/abc")
    assert held is not None
    db.session.commit()
    move_clock(batches.LEASE * 2)
    send_on()
    assert progress(edition_id) == Progress(3, 0, 3, 0, 0, 0, 0, 0)
    move_clock(batches.FOREIGN)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        send_on()
    assert progress(edition_id) == Progress(3, 0, 0, 0, 0, 0, 3, 0)
    assert state(edition_id) is EditionState.SENT
    assert relay.received == []


def test_a_conflict_in_the_ledger_is_reported(
    flask_app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    held = batches.claim("place/one")
    assert held is not None
    twice = [ledger.result(held.subscriber_ids[0], Answer(Outcome.ACCEPTED, 250))]
    assert ledger.settle(held, twice)
    assert ledger.settle(held, twice)
    said = capsys.readouterr()
    assert "ledger.conflict" in said.out + said.err


def test_on_sqlite_one_batch_is_under_way_at_a_time(flask_app: Flask) -> None:
    edition_id = rows.send_to(plans.SIZE + 1)
    issues.press(edition_id)
    assert batches.claim("place/one") is not None
    db.session.commit()
    second = batches.claim("place/two")
    assert (second is None) is (db.engine.dialect.name == "sqlite")


def test_settling_again_after_a_commit_whose_answer_was_lost_counts_nothing_twice(
    flask_app: Flask,
) -> None:
    edition_id = rows.send_to(3)
    issues.press(edition_id)
    held = batches.claim("place/one")
    assert held is not None
    results = [ledger.result(one, Answer(Outcome.ACCEPTED, 250)) for one in held.subscriber_ids]
    assert ledger.settle(held, results, is_last=True)
    db.session.commit()
    assert not ledger.settle(held, results, is_last=True)
    db.session.commit()
    assert progress(edition_id) == Progress(3, 0, 0, 3, 0, 0, 0, 0)
