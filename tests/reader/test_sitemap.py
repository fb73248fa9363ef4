"""What search engines are told, held against sitemaps.org's rules and NewsArticle's properties."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from app.core import archive, corrections
from app.extensions import db
from app.models import Newsletter, Visibility
from tasks import texts
from tests import desk, pages, people
from tests.reader import schemas

# sitemaps.org's rules for one file, as a schema of our own.
SCHEMA = etree.XMLSchema(
    etree.fromstring("""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
    targetNamespace="http://www.sitemaps.org/schemas/sitemap/0.9"
    xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <xs:element name="urlset"><xs:complexType><xs:sequence>
    <xs:element name="url" maxOccurs="50000"><xs:complexType><xs:sequence>
      <xs:element name="loc"><xs:simpleType><xs:restriction base="xs:anyURI">
        <xs:minLength value="12"/><xs:maxLength value="2048"/>
      </xs:restriction></xs:simpleType></xs:element>
      <xs:element name="lastmod" type="xs:dateTime" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>""")
)


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    for number, visibility in enumerate(Visibility, start=11):
        archive.expose(people.edition(made, number).issue, visibility)
    db.session.commit()
    return made


def test_the_sitemap_is_valid_and_names_what_may_be_found(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = client.get("/sitemap.xml")
    root = etree.fromstring(answer.data)
    SCHEMA.assertValid(root)
    found = [each.text.removeprefix("http://hebdo.test") for each in root.iter("{*}loc")]
    (year,) = archive.years(letter.id)
    assert found == [
        "/",
        "/newsletters/essentiel-ia",
        "/archive/essentiel-ia",
        f"/archive/essentiel-ia/year/{year}",
        "/archive/essentiel-ia/13",
        "/archive/essentiel-ia/11",
    ]
    for path in found:
        page = client.get(path)
        assert page.status_code == 200
        assert "noindex" not in page.text


def test_robots_are_shown_the_sitemap_and_kept_from_private_pages(
    client: FlaskClient, letter: Newsletter
) -> None:
    told = client.get("/robots.txt").text
    assert "Sitemap: http://hebdo.test/sitemap.xml" in told
    assert "Disallow: /editor" in told
    assert "Disallow: /archive" not in told


def test_robots_are_kept_from_every_page_behind_a_mailed_link(
    flask_app: Flask, client: FlaskClient
) -> None:
    kept = re.findall(r"Disallow: (\S+)", client.get("/robots.txt").text)
    behind = {str(rule) for rule in flask_app.url_map.iter_rules() if "token" in rule.arguments}
    # An issue's own link leads on to its public page, which robots may read.
    behind.discard("/archive/<slug>/<int:number>/for/<token>")
    assert behind
    assert [each for each in behind if not each.startswith(tuple(kept))] == []


def told(page: str) -> dict[str, Any]:
    (block,) = re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(block)
    return found


def test_every_kind_of_issue_is_told_by_the_schema_and_shows_no_more_than_its_page(
    flask_app: Flask, client: FlaskClient
) -> None:
    pictured = desk.draft(flask_app)
    of = pictured.newsletter
    sample = people.edition(of, 9, text=texts.of_issue(pictured))
    corrections.add(sample.issue, "", "</script><script>alert(1)</script>")
    for number, visibility in enumerate(Visibility, start=11):
        archive.expose(people.edition(of, number).issue, visibility)
    db.session.commit()
    for number in (9, 11, 12, 13):
        page = client.get(f"/archive/essentiel-ia/{number}").text
        article = told(page)
        schemas.holds(schemas.NEWS_ARTICLE, article)
        assert "Villeurbanne" not in json.dumps(article)
        assert ("image" in article) is (number == 9)
    for changes in ({"headline": "x" * 111}, {"datePublished": "2026"}, {"publisher": "x"}):
        assert schemas.breaks(schemas.NEWS_ARTICLE, {**article, **changes})


def test_an_issue_is_a_news_article(client: FlaskClient, letter: Newsletter) -> None:
    """The properties that schema.org's NewsArticle and the search engines' notes ask for."""
    corrections.add(people.edition(letter, 20).issue, "", "C’était lundi.")
    db.session.commit()
    page = client.get("/archive/essentiel-ia/20").text
    article = told(page)
    schemas.holds(schemas.NEWS_ARTICLE, article)
    assert article["dateModified"] >= article["datePublished"]
    for name in ("author", "publisher"):
        assert article[name]["name"] == letter.publisher
    address = "http://hebdo.test/archive/essentiel-ia/20"
    assert article["url"] == article["mainEntityOfPage"]["@id"] == address
    assert article["isAccessibleForFree"] is True
    assert article["inLanguage"] == "fr"
    assert article["correction"][0]["text"] == "C’était lundi."
    canonical = pages.element(page, "link", rel="canonical")["href"]
    assert canonical == address == pages.element(page, "meta", property="og:url")["content"]
    assert pages.element(page, "meta", property="og:type")["content"] == "article"


def test_every_page_of_a_newsletter_names_its_feeds(
    client: FlaskClient, letter: Newsletter
) -> None:
    for path in ("/newsletters/essentiel-ia", "/archive/essentiel-ia", "/archive/essentiel-ia/11"):
        page = client.get(path).text
        for kind in ("application/atom+xml", "application/feed+json"):
            feed = pages.element(page, "link", rel="alternate", type=kind)["href"]
            assert client.get(feed).mimetype == kind
