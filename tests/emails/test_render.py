"""What a printed issue shows, and what it leaves out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from emails import render, slots, typography, words
from emails.values import RubricKind, RubricText, StoryText
from tests.emails.samples import IMAGE, ISSUE, MASTHEAD, SPONSORED


def page(printed_html: str) -> str:
    return BeautifulSoup(slots.close(printed_html), "html.parser").get_text()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_every_rubric_and_story_stands_in_both_parts_in_order() -> None:
    printed = render.print_issue(ISSUE)
    for shown in (flat(page(printed.html)), flat(slots.close(printed.text))):
        places = []
        for rubric in ISSUE.rubrics:
            for story in rubric.stories:
                places.append(shown.index(flat(story.title)))
        assert places == sorted(places)


def test_a_rubric_without_stories_is_left_out() -> None:
    empty = RubricText(RubricKind.TEXT, "Rien cette semaine", "rien")
    printed = render.print_issue(replace(ISSUE, rubrics=(*ISSUE.rubrics, empty)))
    assert "Rien cette semaine" not in printed.html + printed.text
    assert printed == render.print_issue(ISSUE)


def test_an_issue_without_any_story_still_prints() -> None:
    assert "Se désabonner" in render.print_issue(replace(ISSUE, rubrics=())).html


@pytest.mark.parametrize(("language", "label"), [("fr", "Publicité"), ("en", "Sponsored")])
def test_a_sponsored_rubric_always_says_so(language: str, label: str) -> None:
    masthead = replace(MASTHEAD, language=language)
    printed = render.print_issue(replace(ISSUE, masthead=masthead, rubrics=(SPONSORED,)))
    assert label in printed.html
    assert label.upper() in printed.text


def test_a_list_of_links_takes_entries_without_link_or_title() -> None:
    stories = (
        StoryText("Un titre seul", ""),
        StoryText("", "Un texte seul\nsur deux lignes"),
        StoryText("", "", "https://marronnier.example/1"),
        StoryText("", ""),
    )
    rubric = RubricText(RubricKind.LINKS, "Et aussi", "et-aussi", stories)
    printed = render.print_issue(replace(ISSUE, rubrics=(rubric,)))
    assert "- Un titre seul\n- Un texte seul sur deux lignes\n- https://" in printed.text
    assert '<a href="https://marronnier.example/1"' in printed.html


def test_a_picture_shows_its_words_and_its_credit() -> None:
    printed = render.print_issue(replace(ISSUE, rubrics=(IMAGE,)))
    assert 'alt="Des bandes de verts et d’ocres, comme un tissu à carreaux"' in printed.html
    assert "Crédit\u00a0: Atelier Lisière" in printed.html
    assert "[Des bandes de verts et d’ocres, comme un tissu à carreaux]" in printed.text


def test_the_footer_names_the_publisher_the_place_and_the_way_out() -> None:
    printed = render.print_issue(ISSUE)
    for part in (page(printed.html), printed.text):
        assert "Publié par Les Éditions du Marronnier" in part
        assert "12, rue des Imprimeurs" in part
        assert "parce que cette adresse" in flat(part)
    for part in (printed.html, printed.text):
        assert part.count(slots.open_token(ISSUE.masthead.unsubscribe_url)) == 1


def test_dates_are_written_as_people_write_them() -> None:
    day = dt.date(2026, 11, 24)
    assert words.dated(day, words.FRENCH) == "mardi 24\u00a0novembre 2026"
    assert words.dated(dt.date(2026, 12, 1), words.FRENCH) == "mardi 1er\u00a0décembre 2026"
    assert words.dated(day, words.ENGLISH) == "Tuesday 24\u00a0November 2026"


def test_french_spaces_do_not_break_and_words_stay_as_typed() -> None:
    typed = "Il dit : « oui » ; 1 200 000 € à 5 % ? Non !\n- un\n> « deux »\nen 2024 1 fois"
    spaced = typography.french(typed)
    assert spaced.split() == typed.split()
    assert spaced.replace("\u00a0", " ") == typed
    assert "dit\u00a0: «\u00a0oui\u00a0»\u00a0; 1\u00a0200\u00a0000\u00a0€" in spaced
    assert "2024 1 fois" in spaced
    assert typography.french(spaced) == spaced


def test_an_english_issue_keeps_its_spaces() -> None:
    issue = replace(ISSUE, masthead=replace(MASTHEAD, language="en"))
    assert typography.set_issue(issue) is issue


def test_the_weight_of_a_heavy_issue_can_be_told() -> None:
    story = StoryText("Long", "mot " * 30_000)
    printed = render.print_issue(
        replace(ISSUE, rubrics=(RubricText(RubricKind.TEXT, "T", "t", (story,)),))
    )
    assert render.weight(printed) > render.WEIGHT_LIMIT
    assert render.weight(render.print_issue(ISSUE)) < render.WEIGHT_LIMIT // 2
