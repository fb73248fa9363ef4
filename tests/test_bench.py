"""What a measurement says is only worth as much as what it counts with."""

from __future__ import annotations

import re
import socket

import pytest

from bench import profile, rounds, sinks
from tests.service import ROOT

CONTENT = b"Subject: dots\r\n\r\n.\r.\n..\r\n. \r\na dot at the end.\r\n.\r\n"
"""Ends with the only final dot in it."""


def say(line: socket.socket, what: bytes, answers: int) -> bytes:
    """Say it, and read so many answers."""
    line.sendall(what)
    heard = b""
    while len(re.findall(rb"^\d{3} .*\r\n", heard, re.MULTILINE)) < answers:
        heard += line.recv(4096)
    return heard


@pytest.mark.parametrize("kind", [sinks.FAST, sinks.LOCK_STEP, sinks.TLS])
def test_a_sink_counts_what_it_accepted_wherever_the_dot_was_cut(kind: str) -> None:
    with (
        sinks.running(kind) as sink,
        socket.create_connection(("127.0.0.1", sink.port), 10) as line,
    ):
        greeting = say(line, b"EHLO test\r\n", 2)
        for cut in range(1, len(CONTENT)):
            line.sendall(b"MAIL FROM:<a@b.invalid>\r\nRCPT TO:<%d@b.invalid>\r\n" % (cut % 7))
            say(line, b"DATA\r\n", 3)
            line.sendall(CONTENT[:cut])
            assert b"250" in say(line, CONTENT[cut:], 1)
        told = sink.taken()
    assert (b"PIPELINING" in greeting) is (kind != sinks.LOCK_STEP)
    assert (told.taken, told.different) == (len(CONTENT) - 1, 7)
    assert told.first_at > 0


def test_a_sink_takes_two_messages_and_the_commands_between_in_one_breath() -> None:
    with (
        sinks.running(sinks.FAST) as sink,
        socket.create_connection(("127.0.0.1", sink.port), 10) as line,
    ):
        envelope = b"MAIL FROM:<a@b.invalid>\r\nRCPT TO:<c@b.invalid>\r\nDATA\r\n"
        say(line, b"EHLO test\r\n" + envelope + CONTENT + envelope + CONTENT, 10)
        told = sink.taken()
    assert (told.taken, told.different, told.most) == (2, 1, 2)


def test_a_round_counts_over_the_mean_of_its_neighbours_and_noise_is_called_noise() -> None:
    found = rounds.Rounds(others=[10.0, 20.0, 20.0], ours=[30.0, 30.0])
    assert found.ratios == [2.0, 1.5]
    assert found.noise == (1.0, 2.0)
    assert found.is_noise
    assert "no difference is claimed" in rounds.told("this", found)
    assert not rounds.Rounds(others=[10.0, 10.0], ours=[30.0]).is_noise


def test_the_profile_knows_files_that_are_there() -> None:
    for end, _function, _errand in profile.ERRANDS:
        assert (ROOT / end.lstrip("/")).is_file(), end


def test_the_profile_sorts_a_stack_by_its_innermost_frame_that_it_knows() -> None:
    sender = ["run (/x/emails/lines.py:80)", "Wire._begin (/x/emails/wire.py:9)"]
    assert profile.errand([*sender, "Journal._write (/x/tasks/journal.py:7)"]) == "sender: journal"
    assert profile.errand([*sender, "sum (builtin.py:1)"]) == "sender: protocol"
    assert profile.errand([sender[0], "select (selectors.py:468)"]) == profile.WAITING
