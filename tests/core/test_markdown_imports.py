"""Markdown with front matter: headings are rubrics, and what has no place is kept and named."""

from __future__ import annotations

import time

import pytest

from app.core import manuscripts
from app.core.manuscripts import Line
from app.models import RubricKind
from tests.core.test_imports import read

MARKDOWN = """\
---
subject: "Le titre : du numéro"
preheader: Ce qu'il faut lire
number: 42
mood: sunny
---

Une note pour soi.

## À la Une

### Le grand titre

Un *premier* paragraphe avec [un lien](https://exemple.fr).

Un second.

## Dans l'actu

**Un titre en gras.** Son texte.

La suite de son texte.

**Un autre titre** Son texte aussi.

## L’image de la semaine

### Vue du ciel

![Un champ vu d'avion](champ.png "Ana Petit")

La légende.

## Agenda

- mardi : réunion
- jeudi : fête

## Les entretiens qui ont rythmé l'actu

### [Zoé Martin](https://exemple.fr/zoe)

Elle raconte.

[Lire l'entretien](https://exemple.fr/entretien)

## Et aussi

- [Un rapport](https://exemple.fr/rapport) de cent pages
- Une ligne sans lien
"""


def test_markdown_with_front_matter_is_read_by_its_headings() -> None:
    imported, stories = read(MARKDOWN)
    assert imported.subject == "Le titre : du numéro"
    assert (imported.preheader, imported.number) == ("Ce qu'il faut lire", 42)
    assert imported.tagline == ""
    assert stories[RubricKind.LEAD] == [
        (
            "Le grand titre",
            "Un *premier* paragraphe avec [un lien](https://exemple.fr).\n\nUn second.",
        )
    ]
    assert stories[RubricKind.BRIEFS] == [
        ("Un titre en gras.", "Son texte.\n\nLa suite de son texte."),
        ("Un autre titre", "Son texte aussi."),
    ]
    assert stories[RubricKind.LINKS] == [
        ("Un rapport", "de cent pages"),
        ("Une ligne sans lien", ""),
    ]


def test_markdown_pictures_and_links_find_their_fields() -> None:
    imported, _ = read(MARKDOWN)
    found = {story.title: story for _, story in imported.stories}
    picture = found["Vue du ciel"]
    assert (picture.picture, picture.picture_alt) == ("champ.png", "Un champ vu d'avion")
    assert (picture.picture_credit, picture.body) == ("Ana Petit", "La légende.")
    assert found["Zoé Martin"].link == "https://exemple.fr/zoe"
    # The title leads somewhere already; the link beneath it stays in the text.
    assert found["Zoé Martin"].body.endswith("[Lire l'entretien](https://exemple.fr/entretien)")
    assert found["Un rapport"].link == "https://exemple.fr/rapport"


@pytest.mark.parametrize("sign", ["", "*", "**", "***", "_", "__"])
@pytest.mark.parametrize("where", ["around", "inside"])
def test_a_link_that_is_set_strong_is_a_link(sign: str, where: str) -> None:
    address = "https://exemple.fr/un_rapport_"
    link = f"[Un rapport]({address})"
    inside = f"[{sign}Un rapport{sign}]({address})"
    strong = f"{sign}{link}{sign}" if where == "around" else inside
    text = f"""\
## Les entretiens qui ont rythmé l'actu

### {strong}

Elle raconte.

## Et aussi

- {strong}
- {strong} de **cent** pages
  et plus
"""
    imported, stories = read(text)
    assert stories[RubricKind.INTERVIEWS] == [("Un rapport", "Elle raconte.")]
    assert stories[RubricKind.LINKS] == [
        ("Un rapport", ""),
        ("Un rapport", "de **cent** pages\net plus"),
    ]
    assert {story.link for _, story in imported.stories} == {address}


@pytest.mark.parametrize(
    "text",
    ["**Un** et **deux**", "2 * 3"],
)
def test_signs_around_a_part_of_a_line_stay(text: str) -> None:
    _, stories = read(f"## Et aussi\n\n- {text}\n")
    assert stories[RubricKind.LINKS] == [(text, "")]


@pytest.mark.parametrize("text", ["**Un titre**", "**Un titre** https://exemple.fr/x"])
def test_a_line_set_strong_is_a_title_as_any(text: str) -> None:
    _, stories = read(f"## Et aussi\n\n- {text}\n")
    assert stories[RubricKind.LINKS] == [("Un titre", "")]


def test_a_heading_set_strong_is_as_strong_as_any() -> None:
    _, stories = read("## À la Une\n\n### **Le grand titre**\n\nUn paragraphe.\n")
    assert stories[RubricKind.LEAD] == [("Le grand titre", "Un paragraphe.")]


def test_what_has_no_place_is_kept_and_said_line_by_line() -> None:
    imported, _ = read(MARKDOWN)
    assert imported.leftovers == [
        "mood: sunny",
        "Une note pour soi.",
        "Agenda",
        "- mardi : réunion",
        "- jeudi : fête",
    ]
    said = {remark.text: remark.line for remark in imported.remarks}
    lines = MARKDOWN.splitlines()
    for left, written in (("Agenda", "## Agenda"), ("- jeudi : fête", "- jeudi : fête")):
        assert lines[said[left] - 1] == written


@pytest.mark.parametrize("number", ["0", "-3", "twelve", "1e9", "²", "20261129001"])
def test_a_number_that_is_none_is_set_aside(number: str) -> None:
    imported, _ = read(f"---\nsubject: S\nnumber: {number}\n---\n## À la Une\nT.\n")
    assert imported.number is None
    assert imported.leftovers == [f"number: {number}"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("## Un titre ##", "Un titre"),
        ("##  Un titre \t", "Un titre"),
        ("## En C#", "En C#"),
        ("## C # et F#", "C # et F#"),
        ("# # #", "#"),
        ("## ##", "##"),
    ],
)
def test_a_heading_says_what_stands_between_its_signs(line: str, says: str) -> None:
    assert [each.text for each in manuscripts._mark_headings([Line(1, line)])] == [says]


@pytest.mark.parametrize("line", ["# x{}y", "a{}x", "# {}x", "x{}:"])
def test_a_line_of_blanks_takes_no_time(line: str) -> None:
    blanks = line.format(" " * 40_000)
    began = time.perf_counter()
    manuscripts.cut(f"---\nsubject: S\n{blanks}\n---\n{blanks}\n", [])
    # Seconds: each heading was looked for once per blank before, which took half a minute.
    assert time.perf_counter() - began < 2
