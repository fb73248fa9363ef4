"""What a journal still tells when its writer is gone."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest

from emails.values import Answer, Blame, Outcome
from tasks import journal
from tests.sends import room_for_no_journal


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


@pytest.mark.parametrize("torn", [b'\x00 7 ["accepted"', b"\x00 8\n", b"\x00"])
def test_a_line_whose_first_byte_does_not_stand_is_no_line(tmp_path: Path, torn: bytes) -> None:
    with journal.opened(tmp_path) as (_, own):
        own.begin(1, 7)
        with own.path.open("r+b") as left:
            left.seek(len(b"1 7\n"))
            left.write(torn)
        trace = journal.read(own.path, 1)
    assert trace.begun == {7}
    assert trace.answers == {}


@pytest.mark.parametrize("place", [4, len(b"1 7\n1 8\n") - 1])
def test_a_journal_with_a_hole_is_not_believed(tmp_path: Path, place: int) -> None:
    """Whoever was begun behind it would be taken for one who is still to be mailed."""
    with journal.opened(tmp_path) as (_, own):
        for number in (7, 8, 9):
            own.begin(1, number)
        with own.path.open("r+b") as left:
            left.seek(place)
            left.write(b"\0")
        with pytest.raises(ValueError, match="hole"):
            journal.read(own.path, 1)


def test_a_journal_tells_all_that_it_was_told_however_often_it_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "CHUNK", mmap.PAGESIZE)
    with journal.opened(tmp_path) as (_, own):
        for number in range(1000):
            own.begin(3, number)
            if number % 3:
                own.end(3, number, Answer(Outcome.ACCEPTED, 250, "2.0.0", "x" * (number % 90)))
        trace = journal.read(own.path, 3)
    assert trace.begun == set(range(0, 1000, 3))
    assert {one: len(answer.text) for one, answer in trace.answers.items()} == {
        number: number % 90 for number in range(1000) if number % 3
    }


def test_a_journal_that_cannot_grow_says_so_before_anything_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "CHUNK", mmap.PAGESIZE)
    with journal.opened(tmp_path) as (_, own):
        full = os.open("/dev/full", os.O_RDWR)
        os.dup2(full, own._descriptor)
        os.close(full)
        for number in range(mmap.PAGESIZE // len(b"1 7000\n")):
            own.begin(1, 7000 + number)
        with pytest.raises(OSError, match="No space"):
            own.begin(1, 9999)
        assert 9999 not in journal.read(own.path, 1).begun


def test_a_journal_for_which_there_is_no_room_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        room_for_no_journal(monkeypatch),
        pytest.raises(journal.Unwritable, match="cannot grow"),
        journal.opened(tmp_path),
    ):
        pass
    assert [each.name for each in (tmp_path / journal.FOLDER).iterdir()] == ["disk"]


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
