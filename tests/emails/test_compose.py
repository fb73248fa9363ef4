"""Bytes on the wire: an independent parser reads back what was typed, whatever was typed."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails import compose, headers, render
from emails.compose import Reading
from emails.errors import UnfitHeader, UnfitValue
from emails.headers import Sender
from emails.skeletons import Skeleton
from emails.values import Masthead, Notice, Print, RubricKind, RubricText, StoryText
from tests.emails.samples import ISSUE, LEA, MASTHEAD

SENT_AT = dt.datetime(2026, 11, 24, 6, 30, tzinfo=dt.UTC)
SENDER = Sender("Hebdo", "desk@hebdo.example")

printable = some.text(
    some.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029")
)
awkward = some.text("é.=.{}<>&'\"_? \U0001f989\u0639\u0631\u200f", max_size=300)
names = (printable | awkward).map(str.strip)


def printed_with(text: str, subject: str = "x") -> Print:
    story = StoryText("Titre", text)
    rubric = RubricText(RubricKind.LEAD, "À la Une", "a-la-une", (story,))
    return render.print_issue(replace(ISSUE, subject=subject, rubrics=(rubric,)))


def skeleton_of(printed: Print, masthead: Masthead = MASTHEAD, *, proof: bool = False) -> Skeleton:
    return compose.compile_issue(printed, masthead, SENT_AT, proof=proof)


SKELETON = skeleton_of(render.print_issue(ISSUE))


def header(reading: Reading, name: str) -> str:
    return dict(reading.headers)[name]


def assert_wire(data: bytes) -> None:
    """RFC 5321 and 5322 hold, and nothing would have to be dot-stuffed."""
    assert data.isascii()
    assert data.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n|\r[^\n]|\x00", data)
    head, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not re.search(rb"^\.", data, re.MULTILINE)


@given(names)
def test_a_first_name_is_read_back_everywhere_as_it_was_given(name: str) -> None:
    envelope = SKELETON.fill(replace(LEA, first_name=name))
    reading = compose.read(envelope.data)
    assert_wire(envelope.data)
    shown = name or "chère lectrice, cher lecteur"
    assert f"Bonjour {shown}," in reading.text
    assert reading.subject.endswith(f", {name or 'pour vous'}")


def test_a_name_of_ten_thousand_characters_holds() -> None:
    name = "é🦉." * 3334
    envelope = SKELETON.fill(replace(LEA, first_name=name))
    assert_wire(envelope.data)
    assert f"Bonjour {name}," in compose.read(envelope.data).text
    assert "To: =?utf-8?q?" in envelope.data.decode()


@given(
    some.lists(
        some.sampled_from([".", "..", "=", "=3D", "{", "é" * 90, "x" * 300, "a.b", " ", "-"])
    )
)
def test_text_of_dots_equals_and_long_words_is_read_back(words: list[str]) -> None:
    body = "début " + "".join(words) + " fin"
    envelope = skeleton_of(printed_with(body)).fill(LEA)
    assert_wire(envelope.data)
    assert "".join(body.split()) in "".join(compose.read(envelope.data).text.split())


@given(printable.filter(lambda text: "{{" not in text))
def test_a_subject_is_read_back_as_one_line(subject: str) -> None:
    envelope = skeleton_of(printed_with("x", subject)).fill(LEA)
    assert_wire(envelope.data)
    wanted = re.sub(r"[ \t]+", " ", subject).strip(" ").replace("\ue000", "\ufffd")
    assert compose.read(envelope.data).subject == wanted.replace("\ue001", "\ufffd")


@pytest.mark.parametrize("subject", ["{{first_name}}", "{{first_name}} {{first_name|toi}}", ""])
def test_a_subject_made_of_slots_holds_even_when_they_are_empty(subject: str) -> None:
    skeleton = skeleton_of(printed_with("x", subject))
    assert_wire(skeleton.fill(replace(LEA, first_name="")).data)
    reading = compose.read(skeleton.fill(LEA).data)
    assert reading.subject == subject.replace("{{first_name}}", "Léa").replace(
        "{{first_name|toi}}", "Léa"
    )


@pytest.mark.parametrize("sign", ["\r", "\n", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"])
def test_a_control_character_in_a_name_is_refused_for_that_copy(sign: str) -> None:
    with pytest.raises(UnfitValue, match="first_name: holds the control character"):
        SKELETON.fill(replace(LEA, first_name=f"Léa{sign}Bcc: x@y.example"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "no-at"),
        ("address", "a@b@c.example\r\n"),
        ("address", '"quoted local"@b.example'),
        ("address", "é(@b.example"),
        ("address", "a@-\u2028.example"),
        ("address", f"{'a' * 65}@b.example"),
        ("token", "a b"),
        ("token", "a>\r\nBcc: x"),
        ("token", ""),
        ("message_id", "<a@b>"),
        ("message_id", "nothing"),
        ("return_path", "a b@c.example"),
    ],
)
def test_a_value_that_cannot_stand_where_it_must_is_refused(field: str, value: str) -> None:
    with pytest.raises(UnfitValue, match=field):
        SKELETON.fill(replace(LEA, **{field: value}))


def test_an_international_domain_goes_out_in_ascii() -> None:
    envelope = SKELETON.fill(replace(LEA, address="lea@café.example"))
    assert envelope.rcpt_to == "lea@xn--caf-dma.example"
    assert b"<lea@xn--caf-dma.example>" in envelope.data


def test_an_issue_carries_the_headers_that_providers_ask_for() -> None:
    reading = compose.read(SKELETON.fill(LEA).data)
    unsubscribe = f"<https://hebdo.example/unsubscribe/{LEA.token}>"
    assert header(reading, "From") == "L’essentiel de l’IA <lettre@hebdo.example>"
    assert header(reading, "To") == "Léa <lea.dupre@lecteurs.example>"
    assert header(reading, "Reply-To") == "redaction@hebdo.example"
    assert header(reading, "Date") == "Tue, 24 Nov 2026 06:30:00 +0000"
    assert header(reading, "Message-ID") == f"<{LEA.message_id}>"
    assert header(reading, "List-Unsubscribe") == unsubscribe
    assert header(reading, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert header(reading, "List-Id") == "<essentiel-ia.hebdo.example>"
    assert header(reading, "List-Help") == "<https://hebdo.example/essentiel-ia>"
    assert header(reading, "List-Owner") == "<mailto:redaction@hebdo.example>"
    assert header(reading, "List-Archive") == "<https://hebdo.example/essentiel-ia/archives>"
    assert header(reading, "List-Post") == "NO"
    assert header(reading, "Feedback-ID").endswith(":essentiel-ia:issue:hebdo.example")
    assert "Auto-Submitted" not in dict(reading.headers)
    assert len(reading.headers) == len(dict(reading.headers))


def test_two_readers_get_the_same_bytes_but_for_their_own_values() -> None:
    other = replace(
        LEA, address="ana@lecteurs.example", token="other-token", message_id="2@h.example"
    )
    one, two = SKELETON.fill(LEA).data, SKELETON.fill(other).data
    assert LEA.token.encode() in one
    assert LEA.token.encode() not in two
    assert (
        two.replace(b"other-token", LEA.token.encode())
        .replace(b"2@h.example", LEA.message_id.encode())
        .replace(b"ana@", b"lea.dupre@")
        == one
    )
    assert SKELETON.fill(LEA).data == one


def test_a_proof_says_so_and_offers_no_one_click() -> None:
    reading = compose.read(skeleton_of(render.print_issue(ISSUE), proof=True).fill(LEA).data)
    assert reading.subject.startswith("[Épreuve] Une bibliothèque")
    assert "List-Unsubscribe-Post" not in dict(reading.headers)
    assert reading.html == compose.read(SKELETON.fill(LEA).data).html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unsubscribe_url", "https://hebdo.example/unsubscribe"),
        ("unsubscribe_url", "javascript:{{token}}"),
        ("unsubscribe_url", "https://hebdo.example/{{token}}?a=1"),
        ("sender_name", "a\r\nBcc: x@y.example"),
        ("sender_address", "nobody"),
        ("slug", "é"),
        ("home_url", "https://hebdo.example/\r\nX: y"),
    ],
)
def test_a_setting_that_cannot_stand_in_a_header_stops_the_edition(field: str, value: str) -> None:
    with pytest.raises(UnfitHeader):
        skeleton_of(render.print_issue(ISSUE), replace(MASTHEAD, **{field: value}))


def test_a_notice_says_that_a_machine_sent_it() -> None:
    notice = Notice("Confirmez votre abonnement à L’essentiel", "<p>é</p>", ".é\n")
    envelope = compose.compile_notice(notice, SENDER, LEA, SENT_AT)
    reading = compose.read(envelope.data)
    assert_wire(envelope.data)
    assert header(reading, "Auto-Submitted") == "auto-generated"
    assert "List-Unsubscribe" not in dict(reading.headers)
    assert (reading.subject, reading.html, reading.text) == (notice.subject, "<p>é</p>", ".é\n")
    assert (envelope.mail_from, envelope.rcpt_to) == (LEA.return_path, LEA.address)


def test_a_notice_is_addressed_without_a_name_that_somebody_typed() -> None:
    envelope = compose.compile_notice(Notice("x", "", ""), SENDER, LEA, SENT_AT)
    assert header(compose.read(envelope.data), "To") == LEA.address


def test_a_notice_with_a_broken_subject_is_refused() -> None:
    with pytest.raises(UnfitValue):
        compose.compile_notice(Notice("a\nBcc: x", "", ""), SENDER, LEA, SENT_AT)


@pytest.mark.parametrize("subject", ["x" * 69, "x" * 70, "=?utf-8?q?x?=", "a" * 300 + " é"])
def test_subjects_at_the_edges_of_folding_are_read_back(subject: str) -> None:
    line = headers.unstructured("Subject", subject)
    assert max(map(len, line.split(b"\r\n"))) <= 78
    assert compose.read(line + b"\r\nx").subject == subject


def test_a_print_has_the_same_digest_in_every_process() -> None:
    code = (
        "from tests.emails.samples import ISSUE; from emails import render;"
        "print(render.print_issue(ISSUE).digest)"
    )
    root = Path(__file__).parents[2]
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert seen == {render.print_issue(ISSUE).digest}


def test_a_digest_tells_prints_apart_that_only_move_a_border() -> None:
    assert render.digest("ab", "c", "d") != render.digest("a", "bc", "d")
