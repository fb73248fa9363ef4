"""Many sessions to one relay: every copy is answered once, whatever single sessions do."""

from __future__ import annotations

import contextlib
import dataclasses
import select
import socket
import ssl
import threading
from pathlib import Path

import pytest

from emails import sessions
from emails.lines import Lines
from emails.values import Blame, Outcome, Relay
from tests import certificates
from tests.emails.boxes import Box
from tests.relay import StoryRelay
from tests.service import wait_for

LARGE = b"Subject: x\r\n\r\n" + b"y" * 70 + b"\r\n" + b"z\r\n" * 500_000
"""More than a TLS record and a socket's buffer hold."""


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_every_copy_is_posted_once(tmp_path: Path, tls: str, pipelining: bool) -> None:
    certificate = certificates.self_signed(tmp_path)
    context = None if tls == "none" else certificates.context(certificate)
    box = Box(60)
    with StoryRelay(tls=context, implicit_tls=tls == "implicit", pipelining=pipelining) as story:
        relay = dataclasses.replace(story.relay, ca_file=str(certificate))
        Lines(relay, box, 4).run()
        assert sorted(story.recipients) == sorted(
            f"reader-{n}@readers.invalid" for n in range(1, 61)
        )
    assert set(box.outcomes().values()) == {"accepted"}
    assert len(box.answers) == 60


def test_a_relay_that_never_comes_to_an_end_is_no_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "OPENING_PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        dribble = threading.Thread(target=_dribble, args=[server])
        dribble.start()
        with pytest.raises(sessions.Refused) as refused:
            sessions.open(Relay("127.0.0.1", server.getsockname()[1], timeout=5.0))
        dribble.join(10)
    assert refused.value.answer.text == "no session within 0.5 s"
    assert refused.value.answer.blame is Blame.US


def _dribble(server: socket.socket) -> None:
    """A byte of a greeting every tenth of a second, until nobody listens any more."""
    line, _ = server.accept()
    with line, contextlib.suppress(OSError):
        while not select.select([line], [], [], 0.1)[0]:
            line.sendall(b"2")


@pytest.mark.parametrize("implicit", [True, False])
def test_large_copies_arrive_whole_through_tls(tmp_path: Path, implicit: bool) -> None:
    certificate = certificates.self_signed(tmp_path)
    context = certificates.context(certificate)
    box = Box(3, LARGE)
    with StoryRelay(tls=context, implicit_tls=implicit) as story:
        Lines(dataclasses.replace(story.relay, ca_file=str(certificate)), box, 2).run()
        assert [each.data for each in story.received] == [LARGE] * 3
    assert len(box.answers) == 3


def test_a_certificate_that_does_not_hold_posts_nothing(tmp_path: Path) -> None:
    context = certificates.context(certificates.self_signed(tmp_path))
    box = Box(1)
    with StoryRelay(tls=context) as story:
        Lines(story.relay, box, 2).run()
        assert story.attempts == []
    assert box.answers == {}
    assert "CERTIFICATE_VERIFY_FAILED" in box.trouble[0].text
    assert box.trouble[0].blame is Blame.US


def test_a_line_cut_after_the_dot_is_in_doubt_and_the_others_go_on() -> None:
    box = Box(30)
    with StoryRelay(hang_up_after_dot={7, 19}) as story:
        Lines(story.relay, box, 3).run()
        taken = {each.rcpt_to for each in story.unanswered}
    doubted = {key for key, answer in box.answers.items() if answer.outcome is Outcome.IN_DOUBT}
    assert {f"reader-{key}@readers.invalid" for key in doubted} == taken
    assert len(taken) == 2
    assert len(set(story.recipients)) == len(story.recipients) == 28


def test_a_relay_that_closes_every_fifth_time_gets_every_copy() -> None:
    box = Box(50)
    with StoryRelay(close_every=5) as story:
        Lines(story.relay, box, 3).run()
    assert len(set(story.recipients)) == len(story.recipients) == len(box.answers) == 50


def test_nobody_listening_is_said_and_every_copy_is_still_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    box = Box(2)
    Lines(Relay("127.0.0.1", port, timeout=5.0), box, 2).run()
    assert len(box.trouble) == 3
    assert len(box.turns) == 2


def test_stopping_begins_nothing_more_and_waits_for_what_is_begun() -> None:
    box = Box(40)
    with StoryRelay(slow=0.3) as story:
        run = threading.Thread(target=Lines(story.relay, box, 2).run)
        run.start()
        wait_for(lambda: len(box.begun) == 2, what="two copies are begun")
        box.stopping = True
        run.join(10)
        assert not run.is_alive()
        assert len(story.received) == 2
    assert len(box.answers) == 2
    assert len(box.turns) == 38


def test_a_session_that_opens_after_the_end_is_closed() -> None:
    """The second greeting comes when all is posted: nobody may be left holding that session."""
    box = Box(2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = Relay("127.0.0.1", listening.getsockname()[1], timeout=10.0)
        run = threading.Thread(target=Lines(relay, box, 2).run)
        run.start()
        first, _ = listening.accept()
        second, _ = listening.accept()
        with first, second:
            _take_messages(first)
            run.join(10)
            assert not run.is_alive()
            with second.makefile("rb") as heard:
                second.sendall(b"220 here at last\r\n")
                assert heard.readline().lower().startswith(b"ehlo")
                second.sendall(b"250 ok\r\n")
                assert heard.read() == b""
    assert len(box.answers) == 2


def test_what_is_said_in_the_clear_before_starttls_is_no_answer_inside_it(tmp_path: Path) -> None:
    certificate = certificates.self_signed(tmp_path)
    box = Box(1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        relay = Relay("127.0.0.1", port, tls="starttls", timeout=5.0, ca_file=str(certificate))
        run = threading.Thread(target=Lines(relay, box, 1).run)
        run.start()
        plain, _ = listening.accept()
        _say_too_much(plain)
        with certificates.context(certificate).wrap_socket(plain, server_side=True) as secured:
            _take_messages(secured, greeting=b"", verdict=b"554 5.6.0 no")
        run.join(10)
    assert box.outcomes() == {1: "refused"}


def _say_too_much(plain: socket.socket) -> None:
    """STARTTLS is answered, and behind the answer stand replies that an eavesdropper wrote."""
    with plain.makefile("rb") as heard:
        plain.sendall(b"220 here\r\n")
        heard.readline()
        plain.sendall(b"250-here\r\n250 STARTTLS\r\n")
        heard.readline()
        plain.sendall(b"220 go\r\n" + b"250 injected\r\n" * 6 + b"354 injected\r\n")


def _take_messages(
    line: socket.socket | ssl.SSLSocket,
    greeting: bytes = b"220 here\r\n",
    verdict: bytes = b"250 queued as A1",
) -> None:
    """A relay, in step, until the other side leaves."""
    line.sendall(greeting)
    with line.makefile("rb") as heard:
        while command := heard.readline():
            if command == b"DATA\r\n":
                line.sendall(b"354 go\r\n")
                while heard.readline() not in (b".\r\n", b""):
                    pass
                line.sendall(verdict + b"\r\n")
            elif command == b"QUIT\r\n":
                return
            else:
                line.sendall(b"250 ok\r\n")
