"""Searching: words are found with or without accents, by stems where there are any, and nothing typed
is ever a query."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.core import archive, corrections, highlights, searches
from app.extensions import db, links
from app.models import Edition, Newsletter, Visibility
from app.settings import Settings
from emails.values import Picture, RubricKind, RubricText, StoryText
from tests import pages, people, rows

STORIES = (
    StoryText("Élections : le dépouillement commence", "Les œuvres complètes des candidates."),
    StoryText(
        "Rien de neuf", "On cherche l’aiguille dans la botte de foin. " * 20 + "Voilà Zanzibar."
    ),
    StoryText("<b>Gras</b>", "Un corps <script>alert(1)</script> & suite."),
)


def put(
    letter: Newsletter, number: int = 12, visibility: Visibility = Visibility.PUBLIC
) -> Edition:
    rubric = RubricText(RubricKind.BRIEFS, "Dans l’actu", "actu", STORIES)
    text = dataclasses.replace(rows.text(letter), subject="Le sujet", rubrics=(rubric,))
    edition = people.edition(letter, number, text=text)
    archive.expose(edition.issue, visibility)
    searches.fill(edition.id)
    db.session.commit()
    return edition


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    put(made)
    return made


def anchors(typed: str) -> list[str]:
    return [each.anchor for each in searches.look(typed).found]


@pytest.mark.parametrize(
    "typed",
    ["élections", "ELECTIONS", "elections", "dépouillement élections", "oeuvres", "œuvres"],
)
def test_a_story_is_found_by_its_words_without_minding_accents(
    letter: Newsletter, typed: str
) -> None:
    assert anchors(typed) == ["actu-1"]


@pytest.mark.parametrize(
    "typed",
    [
        "GPT-4",
        "gpt 4",
        "mistral.ai",
        "Mistral",
        "Llama 3.1",
        "llama",
        "node.js",
        "texte/image",
        "f_16",
    ],
)
def test_names_with_signs_in_them_are_found_whole_and_by_their_parts(
    letter: Newsletter, typed: str
) -> None:
    story = StoryText("GPT-4 contre Llama 3.1", "Sur mistral.ai, en node.js : texte/image, F_16.")
    rubric = RubricText(RubricKind.BRIEFS, "Dans l’actu", "actu", (story,))
    text = dataclasses.replace(rows.text(letter), subject="Le sujet", rubrics=(rubric,))
    searches.fill(people.edition(letter, 13, text=text).id)
    found = searches.look(typed).found
    assert [(each.number, each.anchor) for each in found] == [(13, "actu-1")]
    pieces = (*found[0].title, *found[0].snippet)
    assert any(each.is_marked for each in pieces)


def test_postgresql_also_finds_other_forms_of_a_word(
    letter: Newsletter, settings: Settings
) -> None:
    found = anchors("élection")
    assert found == ([] if settings.database_url.startswith("sqlite") else ["actu-1"])


@pytest.mark.parametrize("typed", ["les", "la", "ET", "dans la", "on"])
def test_words_that_are_everywhere_are_found_when_nothing_else_is_asked(
    letter: Newsletter, typed: str
) -> None:
    story = StoryText("Et les autres", "Dans la ville, on sort.")
    rubric = RubricText(RubricKind.BRIEFS, "Brèves", "actu", (story,))
    text = dataclasses.replace(rows.text(letter), subject="Le sujet", rubrics=(rubric,))
    searches.fill(people.edition(letter, 13, text=text).id)
    (newest,) = [each for each in searches.look(typed).found if each.number == 13 and each.anchor]
    assert newest.anchor == "actu-1"
    assert any(each.is_marked for each in (*newest.title, *newest.snippet))


def test_a_name_that_is_a_common_word_elsewhere_is_found_where_it_stands(
    flask_app: Flask,
) -> None:
    english = people.newsletter("weekly")
    english.language = "en"
    story = StoryText("The WHO warns", "It said so.")
    other = StoryText("Whose turn", "Nobody’s, as the whole house knows.")
    rubric = RubricText(RubricKind.BRIEFS, "News", "news", (story, other))
    text = dataclasses.replace(rows.text(english), subject="A subject", rubrics=(rubric,))
    searches.fill(people.edition(english, text=text).id)
    assert anchors("WHO") == ["news-1"]
    assert anchors("it who") == ["news-1"]
    assert anchors("who about") == []
    (found,) = searches.look("who").found
    assert [each.text for each in found.title if each.is_marked] == ["WHO"]


def test_every_word_must_be_there_and_an_apostrophe_parts_two(letter: Newsletter) -> None:
    assert anchors("élections zanzibar") == []
    assert anchors("l’aiguille") == ["actu-2"] == anchors("l'aiguille foin")


def test_what_was_found_is_marked_where_it_stands(letter: Newsletter) -> None:
    (found,) = searches.look("zanzibar").found
    assert [each.text for each in found.snippet if each.is_marked] == ["Zanzibar"]
    assert sum(len(each.text) for each in found.snippet) <= highlights.SNIPPET + 4
    (found,) = searches.look("elections").found
    assert [each.text for each in found.title if each.is_marked] == ["Élections"]
    assert pages.joined("".join(each.text for each in found.title)) == STORIES[0].title


def test_a_search_shows_words_as_the_page_does_without_slots_signs_or_addresses(
    letter: Newsletter,
) -> None:
    story = StoryText(
        "Bonjour {{first_name|vous}}",
        "Une **girafe**, [vue](https://zoo.example), dit {{first_name|amie}}.\n\n- un\n- deux",
        picture=Picture("https://hebdo.test/zoo.png", 2, 1, "Vue par {{first_name|elle}}", ""),
    )
    rubric = RubricText(RubricKind.BRIEFS, "Dans l’actu", "actu", (story,))
    subject = "La girafe, {{first_name|vous}}"
    text = dataclasses.replace(rows.text(letter), subject=subject, rubrics=(rubric,))
    searches.fill(people.edition(letter, 13, text=text).id)
    head, found = sorted(searches.look("girafe").found, key=lambda each: each.anchor)
    assert joined(head.title) == "La girafe, vous"
    assert joined(found.title) == "Bonjour vous"
    assert joined(found.snippet) == "Une girafe, vue, dit amie. un deux Vue par elle"


def joined(pieces: tuple[highlights.Piece, ...]) -> str:
    return pages.joined("".join(each.text for each in pieces))


def test_a_correction_is_found_where_it_stands_and_no_more_once_it_is_removed(
    client: FlaskClient, letter: Newsletter
) -> None:
    issue = db.session.query(Edition).one().issue
    note = corrections.add(issue, "actu-1", "Le dépouillement s’est achevé à Quimper.")
    other = corrections.add(issue, "", "Rien d’autre.")
    number = note.id
    db.session.commit()
    page = client.get("/search?q=quimper").text
    assert "<mark>Quimper</mark>" in page
    assert ">Correction</span></a>" in page
    target = f"/archive/essentiel-ia/12#correction-{number}"
    assert pages.element(page, "a", href=target)
    shown = client.get(target.partition("#")[0]).text
    assert pages.element(shown, "div", id=f"correction-{number}")
    # A story and its correction are two places.
    assert anchors("depouillement") == ["actu-1", f"correction-{number}"]
    assert searches.rebuild() == 1
    assert anchors("quimper") == [f"correction-{number}"]
    for _press in range(2):
        corrections.remove(issue, number)
    assert anchors("quimper") == []
    searches.rebuild()
    assert anchors("quimper") == []
    assert anchors("autre") == [f"correction-{other.id}"]


def test_the_correction_of_what_she_may_not_read_is_not_found(letter: Newsletter) -> None:
    issue = db.session.query(Edition).one().issue
    corrections.add(issue, "", "Quimper.")
    archive.expose(issue, Visibility.SUBSCRIBERS)
    assert searches.look("quimper").total == 0
    assert searches.look("quimper", subscribed=[letter.id]).total == 1
    archive.expose(issue, Visibility.UNLISTED)
    assert searches.look("quimper", subscribed=[letter.id]).total == 0


def test_an_edition_filled_twice_is_found_once(letter: Newsletter) -> None:
    for edition in db.session.query(Edition):
        searches.fill(edition.id)
    assert len(anchors("zanzibar")) == 1
    assert searches.rebuild() == 1
    assert len(anchors("zanzibar")) == 1


def test_only_what_she_may_read_is_found(letter: Newsletter) -> None:
    edition = db.session.query(Edition).one()
    archive.expose(edition.issue, Visibility.UNLISTED)
    assert searches.look("zanzibar").total == 0
    archive.expose(edition.issue, Visibility.SUBSCRIBERS)
    assert searches.look("zanzibar").total == 0
    assert searches.look("zanzibar", subscribed=[letter.id]).total == 1


def test_one_newsletter_can_be_searched_alone(letter: Newsletter) -> None:
    other = people.newsletter("autre")
    put(other)
    assert searches.look("zanzibar").total == 2
    assert [each.slug for each in searches.look("zanzibar", other).found] == ["autre"]


OPERATORS = ['"', "'", "zanzibar*", "NOT", "a OR b", "AND", "NEAR(a b)", "title:x", "(", "^a", "-x"]
OPERATORS += ["!", "a & b", "a <-> b", ":*", "\\", "%", ";--", "{title}", "a" * 5000, "\u0301", "_"]


@pytest.mark.parametrize("typed", OPERATORS)
def test_operators_are_plain_words(letter: Newsletter, typed: str) -> None:
    searches.look(typed)


def test_nothing_typed_breaks_a_search(letter: Newsletter) -> None:
    @hypothesis_settings(
        max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.text(alphabet=st.characters(blacklist_characters="\x00", codec="utf-8")))
    def look(typed: str) -> None:
        searches.look(typed)

    look()


def test_the_page_marks_what_it_finds_and_leads_to_the_story(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = client.get("/search?q=elections&newsletter=essentiel-ia").text
    assert "<mark>Élections</mark>" in page
    target = pages.element(page, "a", href="/archive/essentiel-ia/12#actu-1")["href"]
    assert 'id="actu-1"' in client.get(target.partition("#")[0]).text
    assert "1 place found" in pages.words(page)
    assert pages.element(page, "meta", name="robots")["content"] == "noindex"


def test_the_page_escapes_what_is_typed_and_what_is_found(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = client.get("/search?q=corps+suite").text
    assert pages.scripts(page) == []
    assert "<b>Gras</b>" in pages.words(page)
    page = client.get('/search?q="><script>alert(1)</script>').text
    assert pages.scripts(page) == []


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=!!", "?page=x", "?page=-1"])
def test_without_words_the_page_asks_for_some(
    client: FlaskClient, letter: Newsletter, query: str
) -> None:
    answer = client.get(f"/search{query}")
    assert answer.status_code == 200
    assert 'name="q"' in answer.text
    assert "found" not in pages.words(answer.text)


def test_nothing_found_comes_with_advice(client: FlaskClient, letter: Newsletter) -> None:
    page = pages.words(client.get("/search?q=introuvable").text)
    assert "Nothing found for “introuvable”" in page
    assert "try fewer words" in page


def test_more_is_found_page_by_page(client: FlaskClient, letter: Newsletter) -> None:
    for number in range(13, 13 + searches.PAGE):
        put(letter, number)
    first = client.get("/search?q=zanzibar").text
    assert f"{searches.PAGE + 1} places found" in pages.words(first)
    more = pages.element(first, "a", rel="next")["href"]
    assert client.get(more).text.count("<mark>Zanzibar</mark>") == 1
    assert "Back to the first page" in client.get("/search?q=zanzibar&page=50").text


def test_her_pass_finds_what_is_for_subscribers(client: FlaskClient, letter: Newsletter) -> None:
    archive.expose(db.session.query(Edition).one().issue, Visibility.SUBSCRIBERS)
    token = links().subscription_token(people.confirmed(letter).id)
    db.session.commit()
    assert "Nothing found" in client.get("/search?q=zanzibar").text
    client.get(f"/archive/essentiel-ia/12/for/{token}")
    answer = client.get("/search?q=zanzibar")
    assert "<mark>Zanzibar</mark>" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_searches_without_end_is_asked_to_wait(limited_app: Flask) -> None:
    people.newsletter()
    visitor = limited_app.test_client()
    codes = {visitor.get("/search?q=x").status_code for _n in range(70)}
    assert codes == {200, 429}
