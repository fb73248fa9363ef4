"""One session, word for word: the test plays the relay at the other end of a pair of sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from emails.copies import Copy
from emails.replies import LONGEST
from emails.values import Blame, Outcome
from emails.wire import DOT, Wire
from tests.emails.boxes import DATA, Box

ENVELOPE = b"MAIL FROM:<retours@hebdo.test>\r\nRCPT TO:<reader-%d@readers.invalid>\r\nDATA\r\n"
GO = b"250 ok\r\n250 ok\r\n354 go\r\n"
LARGE = b"x" * 70 + b"\r\n" + b"y\r\n" * 2_000_000
"""More than a socket takes at once: the dot cannot be out before the relay has read."""


class Talk:
    """A wire and the relay's end of it."""

    def __init__(self, box: Box, *, pipelining: bool = True) -> None:
        ours, self.relay = socket.socketpair()
        ours.setblocking(False)
        self.relay.setblocking(False)
        self.box = box
        self.wire = Wire(ours, box, pipelining=pipelining, patience=600.0)

    def say(self, reply: bytes) -> None:
        self.relay.sendall(reply)
        self.wire.on_readable()

    def hear(self) -> bytes:
        """All that the wire has written by now."""
        heard = b""
        while True:
            try:
                found = self.relay.recv(1 << 20)
            except BlockingIOError:
                if not self.wire.wants_to_write or self.wire.closed:
                    return heard
                self.wire.on_writable()
                continue
            if not found:
                return heard
            heard += found

    def hang_up(self) -> None:
        self.relay.close()
        self.wire.on_readable()


@pytest.fixture
def talks() -> Iterator[list[Talk]]:
    """Talks begun in a test, closed after it."""
    begun: list[Talk] = []
    yield begun
    for talk in begun:
        talk.wire.sock.close()
        talk.relay.close()


def begin(talks: list[Talk], box: Box, *, pipelining: bool = True, utf8: bool = False) -> Talk:
    talk = Talk(box, pipelining=pipelining)
    talk.wire.utf8 = utf8
    talks.append(talk)
    talk.wire.start()
    return talk


def test_content_and_the_next_envelope_leave_together(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2))
    assert talk.hear() == ENVELOPE % 1
    talk.say(GO)
    assert talk.hear() == DATA + DOT + ENVELOPE % 2
    talk.say(b"250 queued as A1\r\n" + GO)
    assert talk.hear() == DATA + DOT
    talk.say(b"250 2.0.0 queued as A2\r\n")
    assert talk.box.outcomes() == {1: "accepted", 2: "accepted"}
    assert talk.wire.is_idle


def test_in_step_each_command_waits_for_the_answer_before(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2), pipelining=False)
    for number in (1, 2):
        for command in (ENVELOPE % number).splitlines(keepends=True):
            assert talk.hear() == command
            talk.say(b"354 go\r\n" if command == b"DATA\r\n" else b"250 ok\r\n")
        assert talk.hear() == DATA + DOT
        talk.say(b"250 ok\r\n")
    assert talk.box.outcomes() == {1: "accepted", 2: "accepted"}


def test_in_step_a_refused_reader_is_followed_by_a_reset_and_the_next(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2), pipelining=False)
    talk.hear()
    talk.say(b"250 ok\r\n")
    talk.say(b"550 5.1.1 nobody\r\n")
    assert talk.hear().endswith(b"RSET\r\n")
    talk.say(b"250 ok\r\n")
    assert talk.hear().startswith(b"MAIL FROM")
    assert talk.box.outcomes() == {1: "refused"}


def test_replies_may_come_byte_by_byte_and_in_several_lines(talks: list[Talk]) -> None:
    talk = begin(talks, Box(1))
    for byte in b"250-ok\r\n250 ok\r\n250 ok\r\n354-go\r\n354 on\r\n250-well\r\n":
        talk.say(bytes([byte]))
    assert talk.box.answers == {}
    talk.say(b"250 2.0.0 queued as 4XyZ9k\r\n")
    assert talk.box.answers[1].queue_id == "4XyZ9k"
    assert talk.box.answers[1].text == "well queued as 4XyZ9k"


def test_of_a_reply_in_several_lines_every_word_is_kept(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2))
    talk.say(GO)
    talk.say(
        b"550-5.7.26 Your email has been blocked: the sender\r\n"
        b"550-5.7.26 is unauthenticated.\r\n550-5.7.26  \r\n"
        b"550 5.7.26  See https://relay.example/help c2-45e\r\n" + GO + b"250-4\r\n250 \r\n"
    )
    refused, accepted = talk.box.answers[1], talk.box.answers[2]
    assert (refused.code, refused.enhanced) == (550, "5.7.26")
    assert refused.text == (
        "5.7.26 Your email has been blocked: the sender is unauthenticated."
        " See https://relay.example/help c2-45e"
    )
    # Nothing of one reply stands in the next.
    assert accepted.text == "4"


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refused_envelope_is_reset_although_the_next_copy_comes_later(
    talks: list[Talk], pipelining: bool
) -> None:
    talk = begin(talks, Box(1), pipelining=pipelining)
    talk.say(b"250 ok\r\n")
    talk.say(b"550 5.1.1 nobody\r\n")
    if pipelining:
        talk.say(b"554 no valid recipients\r\n")
    assert talk.wire.is_idle
    talk.hear()
    talk.box.add(1)
    talk.wire.start()
    assert talk.hear().startswith(b"RSET\r\n")


def test_a_relay_that_does_not_forget_gets_nothing_more_in_that_session(
    talks: list[Talk],
) -> None:
    """The envelope behind a RSET that was refused would stand on what is left of the one before."""
    talk = begin(talks, Box(2))
    talk.say(b"250 ok\r\n550 5.1.1 nobody\r\n554 no valid recipients\r\n")
    assert b"RSET" in talk.hear()
    talk.say(b"502 5.5.1 no such command\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert talk.wire.closed is not None
    assert talk.box.given_back == [(2, 0)]
    assert talk.hear() == b""


@pytest.mark.parametrize(
    ("said", "blame"),
    [
        (b"555 5.5.4 MAIL parameters not recognized\r\n", Blame.READER),
        (b"550 5.7.1 sender not allowed\r\n", Blame.US),
    ],
)
def test_options_that_only_her_address_needs_are_her_affair(
    talks: list[Talk], said: bytes, blame: Blame
) -> None:
    box = Box(0)
    box.turns.append(Copy(1, "retours@hebdo.test", "zoé@readers.invalid", DATA))
    talk = begin(talks, box, pipelining=False, utf8=True)
    talk.say(said)
    assert box.answers[1].blame is blame


def test_an_envelope_let_through_without_its_reader_gets_an_empty_message(
    talks: list[Talk],
) -> None:
    talk = begin(talks, Box(2))
    talk.hear()
    talk.say(b"250 ok\r\n550 5.1.1 nobody\r\n354 go\r\n")
    assert talk.hear() == DOT + b"RSET\r\n" + ENVELOPE % 2
    talk.say(b"554 no recipients\r\n250 reset\r\n" + GO)
    assert talk.hear() == DATA + DOT
    talk.say(b"250 ok\r\n")
    assert talk.box.outcomes() == {1: "refused", 2: "accepted"}


def test_a_line_cut_after_the_dot_is_in_doubt_and_what_was_announced_is_still_to_do(
    talks: list[Talk],
) -> None:
    talk = begin(talks, Box(2))
    talk.say(GO)
    talk.hear()
    talk.hang_up()
    assert talk.box.outcomes() == {1: "in_doubt"}
    assert talk.box.given_back == [(2, 0)]


def test_a_line_cut_before_the_dot_is_out_leaves_the_copy_to_do(talks: list[Talk]) -> None:
    talk = begin(talks, Box(1, LARGE))
    talk.say(GO)
    assert talk.wire.wants_to_write
    talk.hang_up()
    assert talk.box.answers == {}
    assert talk.box.given_back == [(1, 1)]


def test_a_yes_before_the_dot_is_out_is_not_believed(talks: list[Talk]) -> None:
    talk = begin(talks, Box(1, LARGE))
    talk.say(GO)
    talk.say(b"250 2.0.0 queued as A1\r\n")
    assert talk.wire.closed is not None
    assert talk.box.answers == {}
    assert talk.box.given_back == [(1, 1)]
    assert DOT not in talk.hear()


@pytest.mark.parametrize(("code", "outcome"), [(552, "refused"), (452, "deferred")])
def test_a_no_before_the_dot_is_out_stands_and_ends_the_session(
    talks: list[Talk], code: int, outcome: str
) -> None:
    talk = begin(talks, Box(2, LARGE))
    talk.say(GO)
    talk.say(b"%d too large\r\n" % code)
    assert talk.box.outcomes() == {1: outcome}
    assert talk.box.given_back == [(2, 0)]
    assert DOT not in talk.hear()


def test_a_relay_that_goes_in_the_middle_of_the_content_costs_the_reader_nothing(
    talks: list[Talk],
) -> None:
    talk = begin(talks, Box(1, LARGE))
    talk.say(GO)
    talk.say(b"421 4.3.2 going\r\n")
    assert talk.box.answers == {}
    assert talk.box.given_back == [(1, 1)]


@pytest.mark.parametrize("answer", [b"354 go\r\n", b"well, yes\r\n", b"\r\n", b"123 what\r\n"])
def test_what_is_no_answer_to_a_dot_leaves_doubt_and_ends_the_session(
    talks: list[Talk], answer: bytes
) -> None:
    talk = begin(talks, Box(2))
    talk.say(GO)
    talk.say(answer)
    assert talk.box.outcomes() == {1: "in_doubt"}
    assert talk.wire.closed is not None
    assert talk.box.given_back == [(2, 0)]


def test_one_reply_too_many_never_makes_mail_of_our_commands(talks: list[Talk]) -> None:
    """Every reply is then taken for the one before it: DATA seems answered by 250."""
    talk = begin(talks, Box(3))
    talk.say(GO)
    talk.hear()
    talk.say(b"250 queued\r\n" + b"250 once more\r\n" + GO)
    assert talk.hear() == b""
    assert talk.wire.closed is not None
    assert talk.box.outcomes() == {1: "accepted"}
    assert talk.box.begun == [1]


@pytest.mark.parametrize("reply", [b"354 go\r\n", b"hello\r\n", b"150 wait\r\n"])
def test_a_reply_that_cannot_be_one_to_mail_ends_the_session_before_anything_is_lost(
    talks: list[Talk], reply: bytes
) -> None:
    talk = begin(talks, Box(1))
    talk.say(reply)
    assert talk.wire.closed is not None
    assert talk.box.answers == {}
    assert talk.box.given_back == [(1, 0)]


def test_421_to_an_envelope_gives_the_copy_back_and_counts_who_was_named(
    talks: list[Talk],
) -> None:
    for said, tries in ((b"421 full\r\n", 0), (b"250 ok\r\n421 I fall\r\n", 1)):
        talk = begin(talks, Box(1))
        talk.say(said)
        assert talk.box.given_back == [(1, tries)]
        assert talk.box.answers == {}


def test_421_as_the_answer_to_a_dot_defers_that_reader_only(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2))
    talk.say(GO)
    talk.say(b"421 4.7.28 too many\r\n")
    assert talk.box.outcomes() == {1: "deferred"}
    assert talk.box.given_back == [(2, 0)]


def test_a_word_that_nobody_asked_for_ends_an_idle_session(talks: list[Talk]) -> None:
    talk = begin(talks, Box(0))
    talk.say(b"421 4.4.2 idle for too long\r\n")
    assert talk.wire.closed is not None
    assert "idle for too long" in talk.wire.closed.text


@pytest.mark.parametrize("noise", [b"x", b"250-more\r\n"])
def test_a_reply_without_an_end_is_not_listened_to_for_ever(
    talks: list[Talk], noise: bytes
) -> None:
    talk = begin(talks, Box(1))
    for _ in range(LONGEST // 4096 + 2):
        if talk.wire.closed is None:
            talk.say(noise * (4096 // len(noise) + 1))
    assert talk.wire.closed is not None
    assert talk.box.given_back == [(1, 0)]


def test_patience_ends_and_the_copy_is_in_doubt(talks: list[Talk]) -> None:
    talk = begin(talks, Box(1))
    talk.say(GO)
    talk.wire.check_patience(time.monotonic() + 599)
    assert talk.wire.closed is None
    talk.wire.check_patience(time.monotonic() + 601)
    assert talk.box.answers[1].outcome is Outcome.IN_DOUBT


def test_stopping_waits_for_the_answer_of_what_is_begun(talks: list[Talk]) -> None:
    talk = begin(talks, Box(2))
    talk.say(GO)
    talk.box.stopping = True
    talk.wire.stop()
    assert talk.wire.closed is None
    talk.say(b"250 ok\r\n" + GO)
    assert talk.wire.closed is not None
    assert talk.box.outcomes() == {1: "accepted"}
    assert talk.box.begun == [1]
    assert [key for key, _ in talk.box.given_back] == [2]


def test_large_content_arrives_whole_however_slowly_it_is_read(talks: list[Talk]) -> None:
    talk = begin(talks, Box(1, LARGE))
    talk.hear()
    talk.say(GO)
    assert talk.hear() == LARGE + DOT
    talk.say(b"250 ok\r\n")
    assert talk.box.outcomes() == {1: "accepted"}
