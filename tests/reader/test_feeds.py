"""Feeds read by an independent parser and held against RFC 4287 and JSON Feed 1.1, word for word."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re

import atoma
import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from app.core import archive, corrections
from app.extensions import db
from app.models import Issue, Newsletter, Visibility
from app.reader import jsonfeeds, sheets
from tests import pages, people, rows

ATOM = "/archive/essentiel-ia/feed.atom"
JSON = "/archive/essentiel-ia/feed.json"
NS = {"a": "http://www.w3.org/2005/Atom"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


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


def conforms(body: bytes) -> None:
    """The rules of RFC 4287 §4 that concern what we write."""
    feed = etree.fromstring(body)
    assert feed.tag == f"{{{NS['a']}}}feed"
    for element in (feed, *feed.findall("a:entry", NS)):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"a:{name}", NS)) == 1, name
        assert re.match(r"[a-z]+:\S+", element.findtext("a:id", namespaces=NS))
        for name in ("updated", "published"):
            for moment in element.findall(f"a:{name}", NS):
                assert RFC_3339.fullmatch(moment.text), moment.text
        # §4.1.1, §4.1.2: one alternate of a type and language; one self.
        rels = [(each.get("rel"), each.get("type")) for each in element.findall("a:link", NS)]
        assert len(rels) == len(set(rels))
    assert feed.find("a:author/a:name", NS).text
    for entry in feed.findall("a:entry", NS):
        content = entry.find("a:content", NS)
        assert content is None or content.get("type") == "html"
        assert entry.find("a:link[@rel='alternate']", NS) is not None
    ids = [each.text for each in feed.iterfind(".//a:id", NS)]
    assert len(ids) == len(set(ids))


def test_an_atom_feed_conforms_and_another_parser_reads_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in paths("atom"):
        answer = client.get(path)
        assert answer.mimetype == "application/atom+xml"
        conforms(answer.data)
        feed = atoma.parse_atom_bytes(answer.data)
        assert feed.title.value.startswith(letter.name)
        assert [link.href for link in feed.links if link.rel == "self"] == [
            f"http://hebdo.test{path}"
        ]
        assert feed.entries


def test_a_json_feed_conforms_and_another_parser_reads_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in paths("json"):
        answer = client.get(path)
        assert answer.mimetype == "application/feed+json"
        feed = atoma.parse_json_feed_bytes(answer.data)
        assert feed.feed_url == f"http://hebdo.test{path}"
        whole = json.loads(answer.data)
        assert whole["version"] == jsonfeeds.VERSION
        for item in whole["items"]:
            assert item["id"]
            assert "content_html" in item or "content_text" in item
            assert RFC_3339.fullmatch(item["date_published"])


def test_a_public_issue_stands_whole_in_the_feeds(client: FlaskClient, letter: Newsletter) -> None:
    entries = {
        each.links[0].href.rpartition("/")[2]: each
        for each in atoma.parse_atom_bytes(client.get(ATOM).data).entries
    }
    items = {each["url"]: each for each in json.loads(client.get(JSON).data)["items"]}
    item = items["http://hebdo.test/archive/essentiel-ia/12"]
    assert entries["12"].content.value == item["content_html"]
    held = pages.words(item["content_html"])
    for rubric in sheets.lay_out(rows.text(letter)).rubrics:
        assert pages.joined(rubric.title) in held
        for story in rubric.stories:
            assert pages.joined(story.title) in held
            assert pages.words(str(story.body)) in held
    for address in re.findall(r'(?:src|href)="([^"]*)"', item["content_html"]):
        assert re.match(r"https?://|mailto:", address), address


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
        moment = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert client.get(path, headers=moment).status_code == 304
        assert "Set-Cookie" not in first.headers


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
    conforms(client.get(ATOM).data)
    assert json.loads(client.get(JSON).data)["items"]


def test_a_newsletter_without_issues_has_an_empty_feed(client: FlaskClient) -> None:
    people.newsletter("neuve")
    conforms(client.get("/archive/neuve/feed.atom").data)
    assert json.loads(client.get("/archive/neuve/feed.json").data)["items"] == []
