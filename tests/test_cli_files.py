"""Files of addresses that commands write: whole or not at all, and for their owner's eyes alone."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cli import files
from app.cli.group import Refused


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """Files grow no further than so many bytes here, as on a disk that has no more room."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def write(file: Path, text: str) -> None:
    with files.whole(file) as stream:
        stream.write(text)


def test_a_file_of_addresses_is_for_its_owners_eyes_alone(tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    write(file, "zoé@example.org\r\n")
    assert file.read_bytes() == "zoé@example.org\r\n".encode()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_fails_half_way_leaves_the_older_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    write(file, "the older one")
    with full_after(1000), pytest.raises(Refused, match="cannot be written: File too large"):
        write(file, "x" * 100_000)
    with pytest.raises(ZeroDivisionError), files.whole(file) as stream:
        stream.write(str(1 / 0))
    assert file.read_text() == "the older one"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_goes_on_leading_to_the_file(tmp_path: Path) -> None:
    real, link = tmp_path / "readers.csv", tmp_path / "link"
    link.symlink_to(real)
    write(link, "anna@example.org")
    assert link.is_symlink()
    assert real.read_text() == "anna@example.org"


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, "anna@example.org")
    assert os.read(reader, 100) == b"anna@example.org"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file or directory"):
        write(tmp_path / "nowhere" / "readers.csv", "x")
