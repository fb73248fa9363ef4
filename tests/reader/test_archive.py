"""The archive as pages: the words of the issue, safe, findable, in order; pictures only of ours."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import archive
from app.extensions import links
from app.models import EditionState, Newsletter
from app.reader import accents, sheets
from app.settings import Settings
from emails import colours
from emails.values import IssueText, Picture, RubricKind, RubricText, StoryText
from tests import pages, people, rows

ROOT = Path(__file__).parents[2]
PIXEL = b"\x89PNG\r\n\x1a\n not really, but ours"
NAME = f"{hashlib.sha256(PIXEL).hexdigest()}.png"


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def with_story(letter: Newsletter, **changes: object) -> IssueText:
    """The sample issue with one story of its own."""
    story = dataclasses.replace(StoryText("Un titre", "Un corps."), **changes)  # type: ignore[arg-type]
    rubric = RubricText(RubricKind.LEAD, "À la Une", "une", (story,))
    return dataclasses.replace(rows.text(letter), rubrics=(rubric,))


def show(client: FlaskClient, letter: Newsletter, text: IssueText | None = None) -> str:
    people.edition(letter, 12, text=text)
    answer = client.get("/archive/essentiel-ia/12")
    assert answer.status_code == 200
    return answer.text


def test_every_word_of_the_issue_stands_on_its_page(
    client: FlaskClient, letter: Newsletter
) -> None:
    text = rows.text(letter)
    page = pages.words(show(client, letter, text))
    for rubric in sheets.lay_out(text).rubrics:
        assert pages.joined(rubric.title) in page
        for story in rubric.stories:
            assert pages.joined(story.title) in page
            assert pages.words(str(story.body)) in page


def test_the_first_name_of_nobody_is_the_fallback(client: FlaskClient, letter: Newsletter) -> None:
    page = show(client, letter, with_story(letter, body="Bonjour {{first_name|chère lectrice}} !"))
    assert "Bonjour chère lectrice" in page
    assert "first_name" not in page


def test_the_words_of_a_picture_are_told_to_nobody_by_name(
    client: FlaskClient, letter: Newsletter
) -> None:
    words = ("Pour {{first_name|vous}}", "Photo : {{first_name|toi}}")
    picture = Picture(links().media(NAME), 1200, 675, *words)
    page = show(client, letter, with_story(letter, picture=picture))
    assert 'alt="Pour vous"' in page
    assert "Photo\u202f: toi" in page or "Photo\u00a0: toi" in page
    assert "first_name" not in page


def test_rubrics_and_stories_can_be_linked_to(client: FlaskClient, letter: Newsletter) -> None:
    page = show(client, letter)
    anchors = [
        each["id"]
        for tag in ("section", "div")
        for each in pages.elements(page, tag)
        if "id" in each
    ]
    assert len(anchors) == len(set(anchors))
    for rubric in sheets.lay_out(rows.text(letter)).rubrics:
        assert rubric.anchor in anchors
        assert all(story.anchor in anchors for story in rubric.stories)
        assert f'href="#{rubric.anchor}"' in page


def test_an_issue_leads_to_the_one_before_and_the_one_after(
    client: FlaskClient, letter: Newsletter
) -> None:
    for number in (3, 5, 9):
        people.edition(letter, number)
    page = client.get("/archive/essentiel-ia/5").text
    assert pages.element(page, "a", rel="prev")["href"] == "/archive/essentiel-ia/3"
    assert pages.element(page, "a", rel="next")["href"] == "/archive/essentiel-ia/9"


@pytest.mark.parametrize("state", [EditionState.ORDERED, EditionState.HALTED])
def test_an_issue_that_did_not_go_out_is_on_no_page(
    client: FlaskClient, letter: Newsletter, state: EditionState
) -> None:
    people.edition(letter, 12, state)
    assert client.get("/archive/essentiel-ia/12").status_code == 404
    assert "No issue has gone out yet" in client.get("/archive/essentiel-ia").text


@pytest.mark.parametrize("path", ["999", "0", "99999999999999999999999999", "-1", "x"])
def test_a_number_that_is_none_is_not_found(
    client: FlaskClient, letter: Newsletter, path: str
) -> None:
    assert client.get(f"/archive/essentiel-ia/{path}").status_code == 404


def test_the_index_goes_on_page_by_page(client: FlaskClient, letter: Newsletter) -> None:
    for number in range(1, archive.PAGE + 3):
        people.edition(letter, number)
    first = client.get("/archive/essentiel-ia").text
    (more,) = [
        each["href"] for each in pages.elements(first, "a") if "below=" in each.get("href", "")
    ]
    assert more == "/archive/essentiel-ia?below=3"
    rest = client.get(more).text
    assert "/archive/essentiel-ia/2" in rest
    assert "/archive/essentiel-ia/3" not in rest
    for odd in ("x", "-5", "9" * 40):
        assert client.get(f"/archive/essentiel-ia?below={odd}").status_code == 200


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }}{% raw %}",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://spy.test/pixel.png)",
        "<a href='javascript:alert(1)'>x</a>",
        "</article></body>",
    ],
)
def test_what_is_typed_stays_text(client: FlaskClient, letter: Newsletter, hostile: str) -> None:
    text = dataclasses.replace(
        with_story(
            letter, title=hostile, body=hostile, link_label=hostile, link="javascript:alert(1)"
        ),
        subject=hostile,
        preheader=hostile,
    )
    page = show(client, letter, text)
    assert pages.scripts(page) == []
    for tag in ("img", "svg", "iframe"):
        assert pages.elements(page, tag) == []
    for link in pages.elements(page, "a"):
        assert not link.get("href", "").startswith("javascript")
    assert "49" not in pages.words(page).replace("2026", "")
    assert page.count("</article>") == 1


def test_an_issue_is_light_and_needs_no_script(client: FlaskClient, letter: Newsletter) -> None:
    """Under 100 kB with its style sheets, as it goes over the wire without compression."""
    page = show(client, letter)
    assert pages.scripts(page) == []
    sheets_of = [
        each["href"] for each in pages.elements(page, "link") if each.get("rel") == "stylesheet"
    ]
    weight = len(page.encode())
    for href in sheets_of:
        with client.get(href) as sheet:
            weight += len(sheet.data)
    assert len(sheets_of) > 1
    assert weight < 100_000


def test_a_picture_is_shown_from_here_with_its_credit(
    client: FlaskClient, letter: Newsletter, settings: Settings
) -> None:
    settings.media_dir.mkdir()
    (settings.media_dir / NAME).write_bytes(PIXEL)
    picture = Picture(links().media(NAME), 1200, 675, "Une forêt", "Léa Roux")
    page = show(client, letter, with_story(letter, picture=picture))
    image = pages.element(page, "img", src=f"/media/{NAME}")
    assert (image["alt"], image["width"], image["height"]) == ("Une forêt", "1200", "675")
    assert "Crédit : Léa Roux" in pages.words(page).replace("\u00a0", " ")
    with client.get(f"/media/{NAME}") as answer:
        assert (answer.status_code, answer.data, answer.mimetype) == (200, PIXEL, "image/png")
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    with client.head(f"/media/{NAME}") as answer:
        assert answer.status_code == 200


def test_a_picture_of_another_host_is_not_loaded(client: FlaskClient, letter: Newsletter) -> None:
    picture = Picture("https://spy.test/pixel.png", 1, 1, "", "")
    assert "spy.test" not in show(client, letter, with_story(letter, picture=picture))


@pytest.mark.parametrize(
    "name",
    [
        "x.png",
        "../hebdo.sqlite",
        "..%2fhebdo.sqlite",
        "%2e%2e%2fhebdo.sqlite",
        "0" * 64,
        "0" * 64 + ".svg",
        "0" * 64 + ".png",
        "A" * 64 + ".png",
        "0" * 64 + ".png%0a",
    ],
)
def test_only_pictures_of_ours_are_served(
    client: FlaskClient, letter: Newsletter, name: str
) -> None:
    assert client.get(f"/media/{name}").status_code == 404


def test_reading_takes_at_least_a_minute_and_grows_with_the_words(letter: Newsletter) -> None:
    assert sheets.minutes(with_story(letter)) == 1
    assert sheets.minutes(with_story(letter, body="mot " * 1000)) == 5


@pytest.mark.parametrize(
    "accent", ["#9a1b1f", "#ffff00", "#0000ff", "#ffffff", "#000000", "#777777"]
)
def test_an_accent_of_any_colour_can_be_read_in_both_lights(accent: str) -> None:
    for grounds, toward in ((accents.LIGHT, 0.0), (accents.DARK, 1.0)):
        made = accents.readable(accent, grounds, toward)
        assert all(colours.contrast(made, ground) >= colours.ENOUGH for ground in grounds)


def test_accents_are_measured_on_the_grounds_that_pages_have() -> None:
    sheet = (ROOT / "app/static/hebdo.css").read_text(encoding="utf-8")
    day, _, night = sheet.partition("prefers-color-scheme: dark")
    for ground in accents.LIGHT:
        assert f": {ground};" in day
    for ground in accents.DARK:
        assert f": {ground};" in night


def test_the_accent_is_a_style_sheet_of_its_own(client: FlaskClient, letter: Newsletter) -> None:
    answer = client.get("/newsletters/essentiel-ia/accent.css")
    assert answer.mimetype == "text/css"
    assert "--accent:#9a1b1f" in answer.text
    again = client.get(
        "/newsletters/essentiel-ia/accent.css", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_a_missing_page_of_an_archive_leads_to_its_issues_and_its_search(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in ("99", "no/such/page"):
        answer = client.get(f"/archive/essentiel-ia/{path}")
        assert answer.status_code == 404
        assert 'href="/archive/essentiel-ia"' in answer.text
        assert 'name="newsletter" value="essentiel-ia"' in answer.text


def test_a_missing_page_elsewhere_offers_the_search_of_all(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in ("/archive/no-such-letter/3", "/nowhere", "/archive"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert 'action="/search"' in answer.text
        assert 'name="newsletter"' not in answer.text


def test_each_page_of_the_archive_is_its_own_canonical_one(
    client: FlaskClient, letter: Newsletter
) -> None:
    for number in range(1, archive.PAGE + 2):
        people.edition(letter, number)
    first = client.get("/archive/essentiel-ia").text
    assert 'rel="next" href="/archive/essentiel-ia?below=2"' in first
    (year,) = archive.years(letter.id)
    for path in ("", "?below=2", f"/year/{year}"):
        page = client.get(f"/archive/essentiel-ia{path}").text
        assert f'rel="canonical" href="http://hebdo.test/archive/essentiel-ia{path}"' in page
    later = client.get("/archive/essentiel-ia?below=2").text
    assert "The latest" in pages.words(later)
    assert "The latest" not in pages.words(first)
    for path in ("?below=1", "/year/1999"):
        assert 'rel="canonical"' not in client.get(f"/archive/essentiel-ia{path}").text
