"""Feeds read by an independent parser and held against RFC 4287 and JSON Feed 1.1, word for word."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import atoma
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree, html
from werkzeug.http import http_date

from app.core import archive, clock, corrections
from app.extensions import db
from app.models import Issue, Newsletter, Visibility
from app.reader import sheets
from tests import pages, people, rows
from tests.reader import schemas

ATOM = "/archive/essentiel-ia/feed.atom"
JSON = "/archive/essentiel-ia/feed.json"


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    """With a public issue, one for subscribers and one unlisted."""
    made = people.newsletter()
    rows.rubric(made, "a-la-une", "À la Une")
    for number, visibility in (
        (11, Visibility.SUBSCRIBERS),
        (12, Visibility.PUBLIC),
        (13, Visibility.UNLISTED),
    ):
        edition = people.edition(made, number)
        archive.expose(edition.issue, visibility)
    db.session.commit()
    return made


def paths(kind: str) -> list[str]:
    return [f"/archive/essentiel-ia/feed.{kind}", f"/archive/essentiel-ia/a-la-une/feed.{kind}"]


def items(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    return list(json.loads(client.get(path).data)["items"])


def of_class(within: Any, *names: str) -> list[Any]:
    return [each for each in within.iter() if {*names} & {*(each.get("class") or "").split()}]


def read(part: Any) -> str:
    return pages.words(html.tostring(part, encoding="unicode", with_tail=False))


def test_an_atom_feed_conforms_and_another_parser_reads_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in paths("atom"):
        answer = client.get(path)
        assert answer.mimetype == "application/atom+xml"
        schemas.atom(answer.data)
        feed = atoma.parse_atom_bytes(answer.data)
        assert feed.title.value.startswith(letter.name)
        assert [link.href for link in feed.links if link.rel == "self"] == [
            f"http://hebdo.test{path}"
        ]
        assert feed.entries


BROKEN = {
    "no id": lambda body: schemas.without(body, "id"),
    "no title": lambda body: schemas.without(body, "title"),
    "no author": lambda body: schemas.without(body, "author"),
    "two titles": lambda body: body.replace(b"<title>", b"<title>x</title><title>", 1),
    "a date without a zone": lambda body: body.replace(b"Z</updated>", b"</updated>", 1),
    "an element of nobody": lambda body: body.replace(b"<generator", b"<x/><generator", 1),
    "a relation of nobody": lambda body: body.replace(b'rel="self"', b'rel="selves"', 1),
}


@pytest.mark.parametrize("way", BROKEN)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_schema_sees_what_is_wrong_with_a_feed(
    client: FlaskClient, letter: Newsletter, way: str
) -> None:
    body = client.get(ATOM).data
    broken = BROKEN[way](body)
    assert broken != body
    with pytest.raises(etree.DocumentInvalid):
        schemas.atom(broken)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_schema_sees_what_is_wrong_with_a_json_feed(
    client: FlaskClient, letter: Newsletter
) -> None:
    for changes in (
        {"version": "https://jsonfeed.org/version/1"},
        {"title": ""},
        {"items": [{"id": "1"}]},
        {"items": [{"id": 1, "content_text": "x"}]},
        {"items": [{"id": "1", "content_text": "x", "date_published": "2026-11-24"}]},
        {"feed_url": "/feed.json"},
        {"author": {"name": "x"}},
    ):
        whole = {**json.loads(client.get(JSON).data), **changes}
        assert schemas.breaks(schemas.JSON_FEED, whole), changes


def test_a_json_feed_conforms_and_another_parser_reads_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in paths("json"):
        answer = client.get(path)
        assert answer.mimetype == "application/feed+json"
        feed = atoma.parse_json_feed_bytes(answer.data)
        assert feed.feed_url == f"http://hebdo.test{path}"
        schemas.holds(schemas.JSON_FEED, json.loads(answer.data))


def test_a_public_issue_stands_whole_in_the_feeds(client: FlaskClient, letter: Newsletter) -> None:
    entries = {
        each.links[0].href.rpartition("/")[2]: each
        for each in atoma.parse_atom_bytes(client.get(ATOM).data).entries
    }
    told = {each["url"]: each for each in json.loads(client.get(JSON).data)["items"]}
    item = told["http://hebdo.test/archive/essentiel-ia/12"]
    assert entries["12"].content.value == item["content_html"]
    held = pages.words(item["content_html"])
    for rubric in sheets.lay_out(rows.text(letter)).rubrics:
        assert pages.joined(rubric.title) in held
        for story in rubric.stories:
            assert pages.joined(story.title) in held
            assert pages.words(str(story.body)) in held
    for address in re.findall(r'(?:src|href)="([^"]*)"', item["content_html"]):
        assert re.match(r"https?://|mailto:", address), address


def test_feeds_hold_what_the_page_holds_whole_and_by_rubric(
    client: FlaskClient, letter: Newsletter
) -> None:
    issue = db.session.get_one(Issue, archive.get(letter, 12).issue_id)
    corrections.add(issue, "a-la-une-1", "Trois bénévoles, et non une.")
    db.session.commit()
    page = html.fromstring(client.get("/archive/essentiel-ia/12?lang=fr").text)
    (item,) = [each for each in items(client, JSON) if each["url"].endswith("/12")]
    held = pages.words(item["content_html"])
    shown = of_class(page, "story")
    assert len(shown) == 11
    for story in shown:
        for part in story.xpath(".//h3") + of_class(story, "prose", "correction"):
            assert read(part) in held
    of_rubric = of_class(page.get_element_by_id("a-la-une"), "story")
    told = items(client, "/archive/essentiel-ia/a-la-une/feed.json")
    assert [each["url"].partition("#")[2] for each in told] == [
        each.get("id") for each in of_rubric
    ]
    for story, each in zip(of_rubric, told, strict=True):
        for part in of_class(story, "prose", "correction"):
            assert read(part) in pages.words(each["content_html"])
    entry = atoma.parse_atom_bytes(client.get(paths("atom")[1]).data).entries[0]
    assert (entry.id_, entry.content.value) == (told[0]["id"], told[0]["content_html"])


def test_a_sponsored_story_says_so_in_the_feed_of_its_rubric_alone(
    client: FlaskClient, letter: Newsletter
) -> None:
    rows.rubric(letter, "partenaire", "Avec notre partenaire")
    db.session.commit()
    (story,) = items(client, "/archive/essentiel-ia/partenaire/feed.json")
    assert story["content_html"].startswith("<p><strong>Publicité</strong></p>")
    (other,) = items(client, "/archive/essentiel-ia/a-la-une/feed.json")
    assert "Publicité" not in other["content_html"]


def test_what_is_not_for_everybody_is_not_in_the_feeds(
    client: FlaskClient, letter: Newsletter
) -> None:
    items = json.loads(client.get(JSON).data)["items"]
    assert [each["url"].rpartition("/")[2] for each in items] == ["12", "11"]
    assert "content_html" not in items[1]
    assert "Villeurbanne" not in json.dumps(items[1], ensure_ascii=False)
    stories = json.loads(client.get(paths("json")[1]).data)["items"]
    assert {each["url"].partition("#")[0].rpartition("/")[2] for each in stories} == {"12"}


def test_a_rubrics_feed_links_to_its_stories(client: FlaskClient, letter: Newsletter) -> None:
    (story,) = json.loads(client.get(paths("json")[1]).data)["items"]
    assert story["url"] == "http://hebdo.test/archive/essentiel-ia/12#a-la-une-1"
    assert client.get("/archive/essentiel-ia/nothing/feed.atom").status_code == 404


def test_a_feed_that_is_known_is_not_sent_again(client: FlaskClient, letter: Newsletter) -> None:
    for path in (ATOM, JSON):
        first = client.get(path)
        by_tag = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (by_tag.status_code, by_tag.data) == (304, b"")
        assert "Set-Cookie" not in first.headers


def unlist(letter: Newsletter) -> None:
    archive.expose(issue_of(letter), Visibility.UNLISTED)


def keep_for_subscribers(letter: Newsletter) -> None:
    archive.expose(issue_of(letter), Visibility.SUBSCRIBERS)


def take_off_the_correction(letter: Newsletter) -> None:
    issue = issue_of(letter)
    corrections.remove(issue, corrections.of_issue(issue.id)[0].id)


def issue_of(letter: Newsletter) -> Issue:
    return db.session.get_one(Issue, archive.get(letter, 12).issue_id)


@pytest.mark.parametrize("change", [unlist, keep_for_subscribers, take_off_the_correction])
@pytest.mark.parametrize("path", [*paths("atom"), *paths("json")])
def test_nobody_who_has_the_feed_of_before_is_told_that_nothing_changed(
    client: FlaskClient, letter: Newsletter, path: str, change: Callable[[Newsletter], None]
) -> None:
    corrections.add(issue_of(letter), "a-la-une-1", "Trois bénévoles, et non une.")
    db.session.commit()
    before = client.get(path)
    change(letter)
    db.session.commit()
    # Some programs know only when they came last.
    later = http_date(clock.now() + dt.timedelta(hours=1))
    for condition in ({"If-None-Match": before.headers["ETag"]}, {"If-Modified-Since": later}):
        after = client.get(path, headers=condition)
        assert after.status_code == 200
        assert after.data != before.data


def test_a_correction_moves_the_entry_and_keeps_its_id(
    client: FlaskClient, letter: Newsletter
) -> None:
    before = atoma.parse_atom_bytes(client.get(ATOM).data).entries[0]
    issue = archive.get(letter, 12)
    note = corrections.add(db.session.get_one(Issue, issue.issue_id), "a-la-une-1", "Pardon.")
    note.at += dt.timedelta(minutes=5)
    db.session.commit()
    after = atoma.parse_atom_bytes(client.get(ATOM).data).entries[0]
    assert after.id_ == before.id_
    assert after.updated > before.updated
    assert "Pardon." in after.content.value
    assert "Corrigé le" in after.content.value


@pytest.mark.parametrize("hostile", ["]]><script>x</script>", "\x0b\x1f\ufffe", "<b>&amp;", "😀"])
def test_a_feed_stays_well_formed_whatever_was_typed(
    client: FlaskClient, letter: Newsletter, hostile: str
) -> None:
    text = dataclasses.replace(rows.text(letter), subject=hostile, preheader=hostile)
    people.edition(letter, 14, text=text)
    schemas.atom(client.get(ATOM).data)
    assert json.loads(client.get(JSON).data)["items"]


def test_a_newsletter_without_issues_has_an_empty_feed(client: FlaskClient) -> None:
    people.newsletter("neuve")
    schemas.atom(client.get("/archive/neuve/feed.atom").data)
    assert json.loads(client.get("/archive/neuve/feed.json").data)["items"] == []
