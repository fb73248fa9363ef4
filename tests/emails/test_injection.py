"""What people type stays text: in every field, in HTML, in plain text and in headers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from bs4 import BeautifulSoup

from emails import compose, markup, notices, render, typed
from emails.compose import Reading
from emails.errors import UnfitValue
from emails.values import IssueText, Picture, RubricKind, RubricText, StoryText
from tests.emails.samples import ISSUE, LEA, MASTHEAD

SENT_AT = dt.datetime(2026, 11, 24, 6, 30, tzinfo=dt.UTC)

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "<img src=https://evil.example/x.gif>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<!-- comment -->",
    "<!--[if mso]><p>x</p><![endif]-->",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>]]>",
    "</mj-text><mj-raw><script>alert(1)</script></mj-raw><mj-text>",
    "</mj-title></mj-head><mj-body>",
    "</title><script>alert(1)</script>",
    '<mj-include path="/etc/passwd" />',
    '" mj-class="x" onload="alert(1)',
    "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;quot; onmouseover=alert(1)",
    "&#34;&#62;&#60;script&#62;",
    "{{ config }}",
    "{{7*7}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{# comment #}",
    "{{token}}",
    "{{ unsubscribe_url }}",
    "${7*7} #{7*7} <%= 7*7 %> *|FNAME|*",
    "\ue000token\ue001",
    "\ue000first_name|<b>\ue001",
    "a\r\nBcc: victim@evil.example",
    "a\nBcc: victim@evil.example\n\nbody",
    "a\x00b\x07c\x1b[31md",
    "a\x85b\u2028c\u2029d",
    "\u202ertl\u202c \u2067isolate\u2069 \u200f",
    "=?utf-8?q?encoded?=",
    "=3Cscript=3E =\r\n.",
    ".\n..\n.",
    "\ud800 lone",
    "🦉" * 40,
    "x" * 5000,
    '"font-family: Roboto"',
    "expression(alert(1)); background:url(https://evil.example)",
    "{first_name!r} {0.__class__} %s %(x)s",
)


def with_story(**changes: object) -> Callable[[str], IssueText]:
    """An issue whose one story of each kind carries the payload in a field."""

    def make(payload: str) -> IssueText:
        fields = dict.fromkeys(changes, payload)
        story = replace(StoryText("Titre", "Corps", "https://hebdo.example/a", "Lire"), **fields)
        shapes = [
            RubricText(kind, "Rubrique", kind.value, (story, StoryText("Autre", "Texte")))
            for kind in RubricKind
        ]
        return replace(ISSUE, rubrics=tuple(shapes))

    return make


def with_picture(**changes: object) -> Callable[[str], IssueText]:
    def make(payload: str) -> IssueText:
        fields = dict.fromkeys(changes, payload)
        picture = replace(Picture("https://hebdo.example/a.png", 10, 10, "Mots", "Nom"), **fields)
        rubric = RubricText(
            RubricKind.IMAGE, "Image", "image", (StoryText("T", "C", picture=picture),)
        )
        return replace(ISSUE, rubrics=(rubric,))

    return make


SHORT = replace(ISSUE, rubrics=ISSUE.rubrics[:1])
"""One rubric: enough where the field stands in the frame."""

FIELDS: dict[str, Callable[[str], IssueText]] = {
    "story title": with_story(title=True),
    "link label": with_story(link_label=True),
    "link": with_story(link=True),
    "picture alt": with_picture(alt=True),
    "picture credit": with_picture(credit=True),
    "picture url": with_picture(url=True),
    "subject": lambda payload: replace(SHORT, subject=payload),
    "preheader": lambda payload: replace(SHORT, preheader=payload),
    "rubric title": lambda payload: replace(
        SHORT, rubrics=(replace(ISSUE.rubrics[0], title=payload),)
    ),
    "newsletter name": lambda payload: replace(SHORT, masthead=replace(MASTHEAD, name=payload)),
    "tagline": lambda payload: replace(SHORT, masthead=replace(MASTHEAD, tagline=payload)),
    "publisher": lambda payload: replace(SHORT, masthead=replace(MASTHEAD, publisher=payload)),
    "postal address": lambda payload: replace(
        SHORT, masthead=replace(MASTHEAD, postal_address=payload)
    ),
}
SHOWN = FIELDS.keys() - {"link", "picture url"}
"""Fields whose text a reader can see; the others are addresses, refused where they lead nowhere."""


def read_back(issue: IssueText) -> Reading:
    printed = render.print_issue(issue)
    return compose.read(compose.compile_issue(printed, MASTHEAD, SENT_AT).fill(LEA).data)


@cache
def harmless(field: str) -> Reading:
    return read_back(FIELDS[field]("x" if field in SHOWN else "https://hebdo.example/x"))


@cache
def sample() -> Reading:
    return read_back(ISSUE)


def shape(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a document with the names of their attributes, line breaks aside."""
    soup = BeautifulSoup(html, "html.parser")
    return [(tag.name, tuple(sorted(tag.attrs))) for tag in soup.find_all() if tag.name != "br"]


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_payload_in_any_field_stays_text(field: str, payload: str) -> None:
    hostile = read_back(FIELDS[field](payload))
    if field in SHOWN:
        assert shape(hostile.html) == shape(harmless(field).html)
        assert flat(typed.paragraphs(payload)) in flat(visible(hostile))
    assert_harmless(hostile)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_payload_in_a_story_brings_only_what_markdown_may(payload: str) -> None:
    hostile = read_back(with_story(body=True)(payload))
    extra = {name for name, _ in shape(hostile.html)} - {name for name, _ in shape(sample().html)}
    assert extra <= markup.TAGS
    assert_harmless(hostile)


def visible(reading: Reading) -> str:
    soup = BeautifulSoup(reading.html, "html.parser")
    alts = " ".join(str(image.get("alt", "")) for image in soup.find_all("img"))
    return f"{soup.get_text()} {alts} {reading.subject} {reading.text}"


def tokens(reading: Reading) -> int:
    """How often the reader's token stands in what she sees: in the links of the frame alone."""
    return reading.html.count(LEA.token) + reading.text.count(LEA.token)


def assert_harmless(reading: Reading) -> None:
    soup = BeautifulSoup(reading.html, "html.parser")
    assert soup.find_all(["script", "iframe", "object", "svg", "form", "mj-raw"]) == []
    for tag in soup.find_all():
        assert not [name for name in tag.attrs if name.startswith("on")]
        for name in ("href", "src"):
            assert not str(tag.get(name, "")).lower().startswith(("javascript", "data", "file"))
    assert {image.get("src", "") for image in soup.find_all("img")} <= {
        "",
        "https://hebdo.example/a.png",
        "https://hebdo.example/media/foret.png",
        "https://hebdo.example/x",
    }
    names = [name for name, _ in reading.headers]
    assert "Bcc" not in names
    assert len(names) == len(set(names))
    assert tokens(reading) == tokens(sample())
    assert "49" not in reading.subject


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_first_name_is_text_or_refused_for_that_copy_alone(payload: str) -> None:
    skeleton = compose.compile_issue(render.print_issue(ISSUE), MASTHEAD, SENT_AT)
    reader = replace(LEA, first_name=payload)
    try:
        reading = compose.read(skeleton.fill(reader).data)
    except UnfitValue as refused:
        assert refused.slot == "first_name"  # noqa: PT017
        return
    assert f"Bonjour {payload.strip()}," in reading.text
    assert reading.subject.endswith(payload.strip())
    assert_harmless(reading)


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_hostile_name_or_subject_in_a_welcome_stays_text(payload: str) -> None:
    calm = notices.welcome(
        MASTHEAD, "https://hebdo.example/u/1", "x", "https://hebdo.example/1", "x"
    )
    notice = notices.welcome(
        MASTHEAD, "https://hebdo.example/u/1", payload, "https://hebdo.example/1", payload
    )
    if typed.line(payload):
        assert shape(notice.html) == shape(calm.html)
    assert BeautifulSoup(notice.html, "html.parser").find_all("script") == []


@pytest.mark.parametrize("field", ["picture alt", "picture credit", "rubric title"])
def test_what_is_the_same_for_everybody_shows_a_slots_fallback_and_no_braces(field: str) -> None:
    """As on the web: beside a picture and in a heading nobody is called by her name."""
    reading = read_back(FIELDS[field]("Pour {{first_name|toi}}, mot à mot"))
    for part in (reading.html, reading.text):
        assert "pour toi, mot à mot" in part.casefold()
        assert "first_name" not in part
