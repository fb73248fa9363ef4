"""Whatever is typed, two readers that are not ours read it back: in each header, in HTML, in text.

What is typed is first made printable, once (`emails.typed`): line ends of every kind are one, other
control characters are spaces, lone surrogates and the four private signs of our own marks are U+FFFD,
and in a line of its own runs of spaces are one and none stands at its ends. That is all that is
changed; beside it a French issue has its delicate spaces made unbreakable (`emails.typography`), and
the text part is folded at spaces. A name is stripped and otherwise refused rather than changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as some

from emails import compose, render, typed
from emails.slots import Slot
from emails.values import IssueText, Picture, Print, RubricKind, RubricText, StoryText
from tests.emails.readers import READERS, Letter
from tests.emails.samples import ISSUE, LEA, MASTHEAD
from tests.emails.test_compose import SENT_AT, assert_wire

NAME, TOWN = Slot("first_name", "toi"), Slot("town", "la ville")

ODD = (
    "", " ", "  ", ".", "..", "=", "=3D", "=?utf-8?q?x?=", "?=", "_", "{{", "}}", "{%", "${", "<", "&amp;",
    '"', "\\", ",", ";", "(", ")", "@", "From ", "From me ", ">From ", "--", "--=_", "=_", "\u202e", "\u2067",
    "\u200f", "\u0301", "e\u0301", "\U0001f469\u200d\U0001f4bb", "\ufeff", "\u00a0", "\u3000", "\u00ad",
    "x" * 80, "é" * 30, "\U0001f989" * 20, "\ufffe", "\U0010ffff", "٣", "ß",
)  # fmt: skip
"""What breaks mail: signs that steer a line, a header, a template, a direction or an encoding."""

LINES = (*ODD, "\n", "\n\n", "\n.\n", "\nFrom ", " \n", "\t\n", "\n--=_", "\u2028", "\x85")

characters = some.characters(
    exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ue000\ue001\ue002\ue003"
)
names = some.lists(some.sampled_from(ODD) | some.text(characters, max_size=8), max_size=12).map(
    lambda parts: "".join(parts).strip()
)
bodies = some.lists(some.sampled_from(LINES) | some.text(characters, max_size=8), max_size=20).map(
    "".join
)


def letters(printed: Print, name: str = "", town: str = "", **changes: object) -> list[Letter]:
    """One copy, as each of the readers reads it."""
    skeleton = compose.compile_issue(printed, replace(MASTHEAD, **changes), SENT_AT)
    data = skeleton.fill(replace(LEA, first_name=name, details={"town": town})).data
    assert_wire(data)
    return [read(data) for read in READERS]


WITH_SLOTS = Print(
    f"Pour {NAME.mark} de {TOWN.mark}",
    f"<p>{NAME.mark}</p>\n{NAME.mark}\n<i>{TOWN.mark}</i>",
    f"{NAME.mark}\n{TOWN.mark} \n.{NAME.mark}",
    "d1",
)


@given(names, names)
@example("é\U0001f989." * 3334, "x" * 10_000)
@example("x" * 10_000, ".")
@example("From Paris", "--=_" + "a" * 24)
def test_a_name_and_an_answer_stand_in_every_place_as_they_were_given(name: str, town: str) -> None:
    shown, of = name or "toi", town or "la ville"
    for letter in letters(WITH_SLOTS, name, town):
        assert letter.name == name
        assert letter.header("Subject") == f"Pour {shown} de {of}"
        assert letter.parts["plain"] == f"{shown}\n{of} \n.{shown}"
        assert unescape(letter.parts["html"]) == f"<p>{shown}</p>\n{shown}\n<i>{of}</i>"
        assert "<" not in re.sub(r"</?[pi]>", "", letter.parts["html"])


@given(bodies, bodies)
@example(".\n..\nFrom me\n>From\n--=_x\n \n\t\n", "From \n.")
@example("é" * 10_000, "." * 10_000)
def test_a_printed_text_is_read_back_to_the_last_space(text: str, html: str) -> None:
    for letter in letters(Print("x", html, text, "d1")):
        # Of which no body can hold a line: quoted-printable writes each of its own = as =3D.
        assert 'boundary="=_' in letter.header("Content-Type")
        assert letter.parts["plain"] == text
        assert letter.parts["html"] == html


@given(names, names)
@example("From: x", "a b")
@example("=?utf-8?q?x?=", "=?utf-8?q?x?=")
@example("x " * 400 + "x", "y" * 900)
def test_a_subject_and_a_sender_are_read_back(subject: str, sender: str) -> None:
    wanted, who = typed.line(subject), typed.line(sender) or "x"
    for letter in letters(Print(wanted, "", "", "d1"), sender_name=who):
        assert letter.header("Subject") == wanted
        assert letter.sender == who


@pytest.mark.parametrize("line", ["From me", ".", "..", "From "])
def test_no_line_begins_with_what_a_relay_or_a_store_would_change(line: str) -> None:
    """A dot is doubled on the wire; before `From ` an mbox puts a sign that breaks our signature."""
    skeleton = compose.compile_issue(
        Print("x", line, f"{line}\n{line}{NAME.mark}", "d1"), MASTHEAD, SENT_AT
    )
    body = skeleton.fill(replace(LEA, first_name=line)).data.partition(b"\r\n\r\n")[2]
    assert not re.search(rb"^(\.|From )", body, re.MULTILINE)


CLEANED = ("\ud800", "\x00", "\r", "\x85", "\u2028", "\ue000token\ue001", "\ue002une\ue003")
typed_lines = some.lists(
    some.sampled_from([*ODD, *CLEANED]) | some.text(max_size=8), max_size=8
).map("".join)


@settings(max_examples=40)
@example("".join(CLEANED))
@given(typed_lines.filter(lambda text: "{{" not in text))
def test_what_an_editor_types_into_any_field_is_read_back_from_each_part(value: str) -> None:
    def said(field: str) -> str:
        return f"{field} {value} {field}"

    for letter in letters(render.print_issue(issue_of(said))):
        html, text = shown(letter.parts["html"]), words(letter.parts["plain"])
        assert not re.search("[\x80-\x9f\u2028\u2029\ue000-\ue003]", "".join(letter.parts.values()))
        assert letter.header("Subject") == typed.line(said("subject"))
        assert words(typed.line(said("preheader"))) in html
        for field in ("tagline", "publisher", "postal", "title", "label", "alt", "credit"):
            wanted = words(typed.paragraphs(said(field)))
            assert wanted in html
            assert wanted in text
        assert words(typed.line(said("body"))) in html
        assert words(typed.line(said("body"))) in text
        assert words(typed.line(said("rubric"))) in html
        assert words(typed.line(said("rubric")).upper()) in text


def issue_of(said: Callable[[str], str]) -> IssueText:
    """An issue of which each field says something, with its own name around it."""
    masthead = replace(
        MASTHEAD,
        tagline=said("tagline"),
        publisher=said("publisher"),
        postal_address=said("postal"),
    )
    picture = Picture("https://hebdo.example/a.png", 10, 10, said("alt"), said("credit"))
    # Markdown with each of its signs escaped is plain text.
    body = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", typed.line(said("body")))
    story = StoryText(said("title"), body, "https://hebdo.example/", said("label"), picture)
    rubric = RubricText(RubricKind.LEAD, said("rubric"), "une", (story,))
    return replace(
        ISSUE,
        masthead=masthead,
        subject=said("subject"),
        preheader=said("preheader"),
        rubrics=(rubric,),
    )


def shown(html: str) -> str:
    """What a reader sees or hears of it."""
    soup = BeautifulSoup(html, "html.parser")
    for each in soup.find_all("br"):
        each.replace_with("\n")
    alts = [str(image.get("alt", "")) for image in soup.find_all("img")]
    return words(" ".join([soup.get_text(), *alts]))


def words(text: str) -> str:
    """Spaces of all kinds and line ends count as one space: a mail program folds as it likes."""
    return " ".join(text.split())
