"""What an editor's file becomes: the real issue where it is at hand, and samples of every kind."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import imports
from app.core.imports import Imported
from app.core.rubrics import MODEL
from app.models import Rubric, RubricKind
from emails import markup

REAL = Path(__file__).parents[2].parent / "shared" / "seed" / "weekly-ai-issue.fr.txt"

PLAIN = """\
Le titre du numéro
Chaque semaine, l'essentiel
À LA UNE
Premier paragraphe. Avec deux phrases.
Second paragraphe.
Dans l’actu :
La ville rachète 1,2 million de vélos. Elle en voulait deux.
M. Durand s'en va. Il reste conseiller.
L'image de la semaine
les entretiens qui ont rythme l'actu
Nous avons parlé avec Zoé.
Et aussi
Réagir
Le rapport complet https://exemple.fr/rapport
"""


def rubrics(language: str = "fr") -> list[Rubric]:
    return [
        Rubric(
            kind=plan.kind,
            title=plan.title,
            anchor=plan.anchor,
            required=plan.required,
            stories_least=plan.least,
            stories_most=plan.most,
        )
        for plan in MODEL[language]
    ]


def read(
    text: str, language: str = "fr"
) -> tuple[Imported, dict[RubricKind, list[tuple[str, str]]]]:
    """The import, and its stories by kind as (title, body)."""
    known = rubrics(language)
    imported = imports.read(text, known)
    stories = {
        rubric.kind: [(story.title, story.body) for story in imported.of(rubric)]
        for rubric in known
    }
    return imported, stories


def words_of(imported: Imported) -> list[str]:
    """Every word of an import as mail text shows it, in order."""
    parts = [imported.subject, imported.tagline]
    for _, story in imported.stories:
        parts += [story.title, markup.text(story.body), story.link]
    return " ".join(parts + imported.leftovers).split()


@pytest.mark.skipif(not REAL.exists(), reason="the real issue is not beside this clone")
def test_the_real_issue_fills_its_rubrics_exactly() -> None:
    lines = REAL.read_text(encoding="utf-8").splitlines()
    imported, stories = read(imports.decode(REAL.read_bytes()))
    assert (imported.subject, imported.tagline) == (lines[0], lines[1])
    assert stories[RubricKind.LEAD] == [("", f"{lines[3]}\n\n{lines[4]}")]
    assert [title for title, _ in stories[RubricKind.BRIEFS]] == [
        "L’Europe veut mobiliser 200 milliards d’euros d’investissements dans l'IA.",
        "Genesis : le discret projet de moteur physique qui veut bousculer la robotique et l'IA.",
        "Elon Musk propose de racheter OpenAI pour 97,4 milliards de dollars, Sam Altman rigole.",
        "Le français Sesterce veut déployer 1,2 million de GPU pour l'IA d'ici 2030.",
        "Apple mise sur les services d'IA d'Alibaba pour reconquérir le marché chinois.",
    ]
    assert [f"{title} {body}" for title, body in stories[RubricKind.BRIEFS]] == lines[6:11]
    assert stories[RubricKind.IMAGE] == []
    assert stories[RubricKind.INTERVIEWS] == [("", line) for line in lines[13:16]]
    assert stories[RubricKind.LINKS] == [(line, "") for line in lines[17:]]
    assert imported.leftovers == []


@pytest.mark.skipif(not REAL.exists(), reason="the real issue is not beside this clone")
def test_the_real_issue_says_what_is_empty_and_names_each_line_of_the_furniture() -> None:
    lines = REAL.read_text(encoding="utf-8").splitlines()
    imported, _ = read(imports.decode(REAL.read_bytes()))
    said = [(remark.line, remark.text) for remark in imported.remarks]
    assert said == [(12, "L’image de la semaine")] + [
        (number, lines[number - 1]) for number in range(18, len(lines) + 1)
    ]


def check_plain(text: str) -> None:
    imported, stories = read(text)
    assert imported.subject == "Le titre du numéro"
    assert imported.tagline == "Chaque semaine, l'essentiel"
    assert stories[RubricKind.LEAD] == [
        ("", "Premier paragraphe. Avec deux phrases.\n\nSecond paragraphe.")
    ]
    assert stories[RubricKind.BRIEFS] == [
        ("La ville rachète 1,2 million de vélos.", "Elle en voulait deux."),
        ("M. Durand s'en va.", "Il reste conseiller."),
    ]
    assert stories[RubricKind.INTERVIEWS] == [("", "Nous avons parlé avec Zoé.")]
    assert stories[RubricKind.LINKS] == [("Réagir", ""), ("Le rapport complet", "")]
    assert imported.of(imported.stories[-1][0])[-1].link == "https://exemple.fr/rapport"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        b"\xff\xfe" + PLAIN.encode("utf-16-le"),
        PLAIN.encode("windows-1252"),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.replace("Dans l’actu :", "**  DANS\u00a0L'ACTU\u00a0:").encode(),
        PLAIN.replace("À LA UNE", "\u200bA la une").encode(),
        PLAIN.replace("L'image de la semaine", "L'IMAGE DE LA SEMAINE —").encode(),
        # A modern paste inside an old file: each byte is judged by itself.
        PLAIN.encode("windows-1252").replace("Zoé".encode("cp1252"), "Zoé".encode()),
    ],
)
def test_the_same_text_is_read_whatever_program_saved_it(content: bytes) -> None:
    check_plain(imports.decode(content))


def test_decomposed_accents_match_and_stay_as_they_are() -> None:
    text = unicodedata.normalize("NFD", PLAIN)
    imported, stories = read(text)
    assert len(stories[RubricKind.BRIEFS]) == 2
    assert imported.subject == unicodedata.normalize("NFD", "Le titre du numéro")


def test_words_and_their_order_survive_a_plain_text() -> None:
    imported, _ = read(PLAIN)
    headings = {"À LA UNE", "Dans l’actu :", "L'image de la semaine"}
    headings |= {"les entretiens qui ont rythme l'actu", "Et aussi"}
    words = [word for line in PLAIN.splitlines() if line not in headings for word in line.split()]
    assert words_of(imported) == words


def test_no_break_spaces_inside_a_text_stay() -> None:
    _, stories = read("S\nT\nÀ la Une\nUn prix de 5\u00a0€\u202f!\n")
    assert stories[RubricKind.LEAD] == [("", "Un prix de 5\u00a0€\u202f!")]


def test_an_english_newsletter_is_read_by_its_own_rubrics() -> None:
    text = "Hello\nEvery week\nTHE LEAD:\nOne.\n\nIn Brief\nMr. Fox left. He ran.\nAlso\nSee you\n"
    imported, stories = read(text, "en")
    assert (imported.subject, imported.tagline) == ("Hello", "Every week")
    assert stories[RubricKind.LEAD] == [("", "One.")]
    assert stories[RubricKind.BRIEFS] == [("Mr. Fox left.", "He ran.")]
    assert stories[RubricKind.LINKS] == [("See you", "")]


def test_lines_that_a_program_broke_become_paragraphs_again() -> None:
    text = (
        "Le titre\nLa devise\n\nÀ la Une\n\n"
        "Une longue phrase que le programme de courrier a coupée en plusieurs\n"
        "lignes parce que sa fenêtre était étroite, comme le veut une vieille\n"
        "habitude.\n\n"
        "Un second paragraphe, assez long lui aussi pour dépasser la largeur de\n"
        "la fenêtre et continuer dessous.\n\nEt aussi\n\nUne ligne\nUne autre\n"
    )
    _, stories = read(text)
    body = stories[RubricKind.LEAD][0][1]
    assert [len(part.split()) for part in body.split("\n\n")] == [25, 17]
    assert "\n" not in body.replace("\n\n", "")
    assert stories[RubricKind.LINKS] == [("Une ligne", ""), ("Une autre", "")]


def test_a_line_that_is_no_sentence_is_the_title_of_what_follows() -> None:
    text = (
        "S\nT\nDans l'actu\nUn titre court\nLe texte. Suite.\n\nUn autre titre\nEncore du texte.\n"
    )
    _, stories = read(text)
    assert stories[RubricKind.BRIEFS] == [
        ("Un titre court", "Le texte. Suite."),
        ("Un autre titre", "Encore du texte."),
    ]


def test_a_rubric_that_comes_twice_goes_on() -> None:
    _, stories = read("S\nT\nEt aussi\nUn\nÀ la Une\nTexte.\nEt aussi\nDeux\n")
    assert stories[RubricKind.LINKS] == [("Un", ""), ("Deux", "")]


def test_a_text_without_any_known_rubric_is_kept_whole() -> None:
    imported, _ = read("Sujet\nDevise\nUne ligne\nUne autre\n")
    assert imported.stories == []
    assert imported.leftovers == ["Une ligne", "Une autre"]


def test_an_empty_text_is_an_import_with_remarks() -> None:
    imported, _ = read("")
    assert imported.subject == ""
    assert len(imported.remarks) == 1 + len(MODEL["fr"])


@given(st.text(max_size=300))
def test_no_text_breaks_the_import_or_loses_a_word(text: str) -> None:
    imported, _ = read(f"Sujet\nDevise\nÀ la Une\n{text}")
    kept = [story.title + markup.text(story.body) for _, story in imported.stories]
    letters = [c for c in "".join(kept + imported.leftovers) if c.isalnum()]
    assert letters == [c for c in text if c.isalnum()]
