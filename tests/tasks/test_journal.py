"""What a journal still tells when its writer is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from emails.values import Answer, Blame, Outcome
from tasks import journal


def test_a_journal_tells_who_was_begun_and_what_was_answered(tmp_path: Path) -> None:
    answer = Answer(Outcome.REFUSED, 550, "5.1.1", "nobody\nhere é", "Q1", Blame.MESSAGE)
    with journal.opened(tmp_path) as (owner, own):
        own.begin(1, 7)
        own.end(1, 7, answer)
        own.begin(1, 8)
        own.begin(2, 9)
    with journal.left_by(tmp_path, owner) as path:
        assert path is not None
        trace = journal.read(path, 1)
    assert trace.begun == {8}
    assert trace.answers == {7: answer}


def test_a_torn_last_line_is_no_answer(tmp_path: Path) -> None:
    with journal.opened(tmp_path) as (_, own):
        own.begin(1, 7)
        own.path.write_bytes(own.path.read_bytes() + b'1 7 ["accep')
        trace = journal.read(own.path, 1)
    assert trace.begun == {7}
    assert trace.answers == {}


def test_what_was_answered_and_then_given_back_is_still_to_do(tmp_path: Path) -> None:
    with journal.opened(tmp_path) as (_, own):
        own.begin(1, 7)
        own.end(1, 7, Answer(Outcome.REFUSED, 550, "5.7.1"))
        own.give_back(1, 7)
        trace = journal.read(own.path, 1)
    assert trace == journal.Trace(frozenset(), {})


def test_a_journal_is_held_as_long_as_its_owner_lives(tmp_path: Path) -> None:
    with (
        journal.opened(tmp_path) as (owner, _),
        pytest.raises(BlockingIOError),
        journal.left_by(tmp_path, owner),
    ):
        pass


def test_a_journal_of_another_disk_or_boot_is_not_believed(tmp_path: Path) -> None:
    with journal.opened(tmp_path) as (owner, _):
        pass
    disk, boot, name = owner.split("/")
    for stranger in (f"other/{boot}/{name}", f"{disk}/other/{name}"):
        with journal.left_by(tmp_path, stranger) as path:
            assert path is None


def test_the_disk_keeps_its_name(tmp_path: Path) -> None:
    assert journal.place(tmp_path) == journal.place(tmp_path)
