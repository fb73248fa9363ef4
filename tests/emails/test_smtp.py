"""What the sender says became of a message, held against what a real server took."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from emails.answers import Phase, read, shown
from emails.smtp import Line, stuffed
from emails.values import Answer, Blame, Envelope, Outcome, Relay
from tests import certificates
from tests.relay import StoryRelay


def envelope(number: int = 1, data: bytes = b"Subject: x\r\n\r\nbonjour\r\n") -> Envelope:
    return Envelope("retours@hebdo.example", f"reader{number}@lecteurs.example", data)


def post_all(relay: Relay, count: int, **options: int) -> list[Answer]:
    with Line(relay, **options) as line:
        return [line.post(envelope(number)) for number in range(1, count + 1)]


def outcomes(answers: list[Answer]) -> list[str]:
    return [answer.outcome.value for answer in answers]


def test_an_accepted_message_arrives_byte_for_byte_with_its_queue_id() -> None:
    data = b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n"
    with StoryRelay() as relay, Line(relay.relay) as line:
        answer = line.post(envelope(data=data))
    assert answer.outcome is Outcome.ACCEPTED
    assert (answer.code, answer.enhanced, answer.queue_id) == (250, "2.0.0", "STORY1")
    assert relay.received[0].data == data
    assert relay.received[0].mail_from == "retours@hebdo.example"


def test_one_connection_carries_many_messages_and_survives_refusals() -> None:
    with StoryRelay(defer={3}, refuse={5}, refuse_data={6}, defer_data={7}) as relay:
        answers = post_all(relay.relay, 8)
        assert relay.connections == 1
    assert outcomes(answers) == [
        *("accepted", "accepted", "deferred", "accepted"),
        *("refused", "refused", "deferred", "accepted"),
    ]
    assert answers[2].code == 451
    assert (answers[4].code, answers[4].enhanced, answers[4].blame) == (550, "5.1.1", Blame.READER)
    assert answers[5].blame is Blame.MESSAGE
    assert len(relay.received) == outcomes(answers).count("accepted")


def test_a_line_cut_after_the_dot_is_in_doubt_and_the_next_message_goes_on() -> None:
    with StoryRelay(hang_up_after_dot={2}) as relay:
        answers = post_all(relay.relay, 3)
        assert outcomes(answers) == ["accepted", "in_doubt", "accepted"]
        assert answers[1].code == 0
        assert len(relay.unanswered) == 1
        assert relay.recipients == ["reader1@lecteurs.example", "reader3@lecteurs.example"]


def test_an_answer_to_the_dot_that_is_no_smtp_is_in_doubt() -> None:
    with StoryRelay(garble={1}) as relay:
        answers = post_all(relay.relay, 2)
    assert outcomes(answers) == ["in_doubt", "accepted"]


def test_an_answer_that_does_not_come_in_time_is_in_doubt() -> None:
    with StoryRelay(slow=5.0) as relay:
        impatient = Relay("127.0.0.1", relay.port, timeout=0.3)
        assert outcomes(post_all(impatient, 1)) == ["in_doubt"]


def test_a_line_cut_before_the_dot_is_only_deferred() -> None:
    with StoryRelay(hang_up_at_rcpt={1}) as relay:
        answers = post_all(relay.relay, 2)
    assert outcomes(answers) == ["deferred", "accepted"]


def test_a_server_that_vanishes_while_the_message_goes_out_is_only_deferred() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_cut_inside_data, args=(listening,))
        thread.start()
        relay = Relay("127.0.0.1", listening.getsockname()[1], timeout=10)
        with Line(relay) as line:
            answer = line.post(envelope(data=b"x" * 70 + b"\r\n" + b"y\r\n" * 12_000_000))
        thread.join(10)
    assert answer.outcome is Outcome.DEFERRED


def _cut_inside_data(listening: socket.socket) -> None:
    line, _ = listening.accept()
    with line, line.makefile("rb") as heard:
        line.sendall(b"220 here\r\n")
        while command := heard.readline():
            if command.startswith(b"DATA"):
                line.sendall(b"354 go\r\n")
                heard.read(10)
                line.shutdown(socket.SHUT_RDWR)
                return
            line.sendall(b"250 ok\r\n")


def test_a_connection_closed_while_idle_is_opened_again_without_losing_a_message() -> None:
    with StoryRelay(close_every=2) as relay:
        answers = post_all(relay.relay, 6)
        assert relay.connections == 3
    assert outcomes(answers) == ["accepted"] * 6
    assert len(set(relay.recipients)) == 6


def test_a_relay_that_is_always_busy_defers_and_is_asked_twice_at_most() -> None:
    with StoryRelay(busy=range(1, 100)) as relay:
        answers = post_all(relay.relay, 1)
        assert relay.connections == 1
    assert outcomes(answers) == ["deferred"]
    assert answers[0].code == 421


def test_the_line_is_renewed_after_the_messages_a_provider_allows() -> None:
    with StoryRelay() as relay:
        post_all(relay.relay, 7, max_messages=3)
        assert relay.connections == 3


def test_a_sender_that_is_not_allowed_is_our_affair() -> None:
    with StoryRelay(refuse_mail={1}) as relay:
        (answer,) = post_all(relay.relay, 1)
    assert (answer.outcome, answer.blame) == (Outcome.REFUSED, Blame.US)


def test_nobody_listening_defers_and_is_our_affair() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (answer,) = post_all(Relay("127.0.0.1", port, timeout=5), 1)
    assert (answer.outcome, answer.code, answer.blame) == (Outcome.DEFERRED, 0, Blame.US)
    assert "ConnectionRefusedError" in answer.text


def test_the_right_password_is_let_in_and_a_wrong_one_is_our_affair() -> None:
    with StoryRelay(credentials=("hebdo", "sesame")) as relay:
        assert outcomes(post_all(relay.relay, 1)) == ["accepted"]
        wrong = Relay("127.0.0.1", relay.port, "hebdo", "guess", timeout=5)
        (answer,) = post_all(wrong, 1)
    assert (answer.outcome, answer.code, answer.blame) == (Outcome.REFUSED, 535, Blame.US)


@pytest.mark.parametrize("implicit", [False, True])
def test_tls_is_used_when_its_certificate_holds_and_nothing_is_said_when_not(
    implicit: bool, tmp_path: Path
) -> None:
    certificate = certificates.self_signed(tmp_path)
    context = certificates.context(certificate)
    with StoryRelay(tls=context, implicit_tls=implicit) as relay:
        tls = "implicit" if implicit else "starttls"
        trusting = Relay("127.0.0.1", relay.port, tls=tls, timeout=5, ca_file=str(certificate))
        assert outcomes(post_all(trusting, 1)) == ["accepted"]
        (answer,) = post_all(Relay("127.0.0.1", relay.port, tls=tls, timeout=5), 1)
        assert (answer.outcome, answer.blame) == (Outcome.DEFERRED, Blame.US)
        assert "CERTIFICATE_VERIFY_FAILED" in answer.text
        assert len(relay.received) == 1


def test_starttls_that_is_not_offered_is_not_done_without() -> None:
    with StoryRelay() as relay:
        asking = Relay("127.0.0.1", relay.port, tls="starttls", timeout=5)
        assert outcomes(post_all(asking, 1)) == ["deferred"]
        assert relay.received == []


@pytest.mark.parametrize(
    "address", ["a\r\nRCPT TO:<b@c.example>@d.example", "é(@d.example", "a b@d.example", "", "a@"]
)
def test_an_address_that_would_speak_smtp_itself_never_reaches_the_line(address: str) -> None:
    with StoryRelay() as relay, Line(relay.relay) as line:
        answer = line.post(Envelope("a@b.example", address, b"x\r\n"))
        assert answer.outcome is Outcome.REFUSED
        assert relay.connections == 0


@pytest.mark.parametrize(
    ("phase", "code", "reply", "outcome", "blame"),
    [
        (Phase.RCPT, 550, b"5.7.1 refused by policy", Outcome.REFUSED, Blame.UNCLEAR),
        (Phase.RCPT, 550, b"relay not permitted", Outcome.REFUSED, Blame.UNCLEAR),
        (Phase.RCPT, 553, b"5.1.8 no such sender", Outcome.REFUSED, Blame.UNCLEAR),
        (Phase.RCPT, 550, b"5.1.1 nobody", Outcome.REFUSED, Blame.READER),
        (Phase.RCPT, 556, b"5.1.10 her domain takes no mail", Outcome.REFUSED, Blame.READER),
        (Phase.RCPT, 550, b"5.3.2 her system takes no mail now", Outcome.REFUSED, Blame.READER),
        (Phase.RCPT, 552, b"5.2.2 mailbox full", Outcome.REFUSED, Blame.READER),
        (Phase.RCPT, 530, b"5.7.0 authentication required", Outcome.REFUSED, Blame.US),
        (Phase.DOT, 550, b"5.7.515 SPF, DKIM or DMARC missing", Outcome.REFUSED, Blame.US),
        (Phase.DOT, 552, b"5.3.4 too big", Outcome.REFUSED, Blame.MESSAGE),
        (Phase.DOT, 421, b"4.7.28 unusual rate", Outcome.DEFERRED, Blame.READER),
        (Phase.GREETING, 554, b"5.7.1 go away", Outcome.REFUSED, Blame.US),
        (Phase.DOT, 354, b"go on", Outcome.IN_DOUBT, Blame.READER),
        (Phase.DATA, -1, b"nonsense", Outcome.DEFERRED, Blame.READER),
    ],
)
def test_a_reply_is_read_by_its_phase(
    phase: Phase, code: int, reply: bytes, outcome: Outcome, blame: Blame
) -> None:
    answer = read(phase, code, reply)
    assert (answer.outcome, answer.blame) == (outcome, blame)
    assert answer.code >= 0


@pytest.mark.parametrize(
    ("reply", "queue_id"),
    [
        (b"2.0.0 Ok: queued as 4XyZ9k1abc", "4XyZ9k1abc"),
        (b"OK id=1uXyZ-0001Ab-2C", "1uXyZ-0001Ab-2C"),
        (b"2.6.0 <a@b> Queued mail for delivery", ""),
        (b"Ok", ""),
    ],
)
def test_the_queue_id_is_found_where_relays_put_it(reply: bytes, queue_id: str) -> None:
    assert read(Phase.DOT, 250, reply).queue_id == queue_id


@pytest.mark.parametrize(
    ("reply", "enhanced", "text"),
    [
        (b"5.1.1 no such\n5.1.1 mailbox", "5.1.1", "5.1.1 no such mailbox"),
        (b"blocked by policy\r\n5.7.1 see our page\r", "5.7.1", "blocked by policy see our page"),
        (b"5.7.1 see\n5.7.15 too\n5.7.1", "5.7.1", "5.7.1 see 5.7.15 too"),
        (b"one\n\n two", "", "one two"),
        (b"x" * 300 + b"\n" + b"y" * 300, "", "x" * 300),
    ],
)
def test_a_reply_in_several_lines_is_read_whole(reply: bytes, enhanced: str, text: str) -> None:
    answer = read(Phase.RCPT, 550, reply)
    assert (answer.enhanced, answer.text) == (enhanced, text)


def test_a_reply_is_shown_short_and_without_control_characters() -> None:
    assert shown(b"\x1b[31mred\x00\r\nnext \xff") == "[31mred next �"
    assert len(shown(b"x" * 9000)) == 500


def test_dots_are_stuffed_at_the_start_of_every_line() -> None:
    assert stuffed(b".a\r\n.\r\nb.\r\n") == b"..a\r\n..\r\nb.\r\n.\r\n"
    assert stuffed(b"no end") == b"no end\r\n.\r\n"
