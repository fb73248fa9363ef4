"""What the sender looks at between a copy that was announced and the first byte of its content."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.core import audiences, batches, clock
from app.extensions import db
from app.models import Edition
from emails.answers import Phase, read, silence
from emails.copies import Copy
from tasks import addressees, issues, journal
from tasks.hands import Hand, Turn
from tasks.journal import Journal
from tasks.senders import Sender
from tests import rows


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Journal]:
    with journal.opened(tmp_path) as (_, own):
        yield own


@pytest.fixture
def hand(flask_app: Flask) -> Hand:
    """A claimed batch of one reader."""
    edition_id = rows.send_to(1)
    issues.press(edition_id)
    claim = batches.claim("place/one")
    assert claim is not None
    db.session.commit()
    edition = db.session.get_one(Edition, edition_id)
    return Hand(claim, addressees.skeleton(edition), addressees.letterbox(edition), 1)


def announced(sender: Sender, hand: Hand) -> Copy:
    """Her copy, whose envelope the relay knows by now."""
    (reader_id,) = hand.claim.subscriber_ids
    wanted, _ = audiences.turn(hand.claim.newsletter_id, [reader_id])
    sender.turns.append(Turn(hand, wanted[reader_id]))
    copy = sender.take()
    assert copy is not None
    return copy


def nothing(sender: Sender, hand: Hand) -> None:
    """Happens."""


def she_leaves(sender: Sender, hand: Hand) -> None:
    hand.unwanted[hand.claim.subscriber_ids[0]] = "unsubscribed before her turn"


def the_lease_ends(sender: Sender, hand: Hand) -> None:
    sender.deadline = clock.ticks() - 0.001


def the_slice_is_called_off(sender: Sender, hand: Hand) -> None:
    sender.call_off()


@pytest.mark.parametrize(
    ("happens", "begins"),
    [
        (nothing, True),
        (she_leaves, False),
        (the_lease_ends, False),
        (the_slice_is_called_off, False),
    ],
)
def test_what_happens_while_a_copy_is_announced_decides_whether_it_begins(
    own: Journal, hand: Hand, happens: Callable[[Sender, Hand], None], *, begins: bool
) -> None:
    sender = Sender(own, 60.0, lambda: False)
    sender.deadline = clock.ticks() + 60.0
    copy = announced(sender, hand)
    happens(sender, hand)
    assert sender.begin(copy) is begins
    # The line stands before the first byte of the content, and only when that may follow.
    assert bool(journal.read(own.path, hand.claim.batch_id).begun) is begins


def test_sessions_that_break_together_are_one_break_and_three_in_a_row_are_trouble(
    own: Journal, hand: Hand
) -> None:
    sender = Sender(own, 60.0, lambda: False)
    sender.deadline = clock.ticks() + 60.0
    hand.open = 100

    def break_over(count: int) -> None:
        copies = [announced(sender, hand) for _ in range(count)]
        assert all(sender.begin(copy) for copy in copies)
        for copy in copies:
            sender.end(copy, silence(Phase.DOT, "the relay closed the connection"))

    break_over(10)
    break_over(1)
    copy = announced(sender, hand)
    assert sender.begin(copy)
    sender.end(copy, read(Phase.DOT, 250, b"ok"))
    break_over(10)
    break_over(1)
    assert sender.trouble == ""
    break_over(1)
    assert sender.trouble == "the relay closed the connection"


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="its one steady clock runs on")
def test_a_machine_that_slept_past_the_lease_begins_not_one_copy_on_waking(
    own: Journal, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux' CLOCK_MONOTONIC stood still meanwhile; CLOCK_BOOTTIME alone counts the hour."""
    sender = Sender(own, 24 * 3600.0, lambda: False)
    sender.deadline = clock.ticks() + 60.0
    copy = announced(sender, hand)
    awake = time.clock_gettime
    slept = {time.CLOCK_BOOTTIME: 3600.0}
    monkeypatch.setattr(time, "clock_gettime", lambda which: awake(which) + slept.get(which, 0.0))
    assert not sender.begin(copy)
