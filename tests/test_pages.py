"""Public pages: safe methods change nothing, headers are strict, no script is needed."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.extensions import db, links
from app.models import Newsletter
from tests import pages, people, talks
from tests.reader import mine


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.fixture
def paths(letter: Newsletter) -> list[str]:
    """Every public page there is, each in a state in which it has something to say."""
    people.edition(letter, 11)
    comment = talks.said(talks.issue(letter, 12), tell=True)
    confirmed = people.confirmed(letter)
    asked = people.pending(letter, "lea@hebdo.test")
    return [
        "/",
        "/?lang=en",
        "/newsletters/essentiel-ia",
        "/newsletters/essentiel-ia/accent.css",
        "/archive/essentiel-ia",
        "/archive/essentiel-ia/12",
        "/archive/essentiel-ia/12/reacted",
        f"/archive/essentiel-ia/12?answer={comment.id}",
        links().own_comment(comment.id).removeprefix("http://hebdo.test"),
        links().quiet_comment(comment.id).removeprefix("http://hebdo.test"),
        links().own_comment(999).removeprefix("http://hebdo.test"),
        "/subscribe",
        "/subscribed?newsletter=essentiel-ia",
        links().confirm(asked.id).removeprefix("http://hebdo.test"),
        links().confirm(confirmed.id).removeprefix("http://hebdo.test"),
        f"/unsubscribe/{links().subscription_token(confirmed.id)}",
        f"/unsubscribe/{links().subscription_token(999)}",
        f"/mine/{links().subscription_token(confirmed.id)}",
        f"/mine/{links().subscription_token(asked.id)}?said=saved",
        f"/mine/{links().subscription_token(999)}",
        mine.fresh(confirmed.subscriber),
        f"{mine.fresh(confirmed.subscriber)}/erase",
        f"{mine.fresh(confirmed.subscriber)}/everything.json",
        *mine.moving(confirmed),
        "/mine",
        "/mine/asked",
        "/legal",
        "/privacy",
        "/accessibility",
        "/nowhere",
    ]


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    db.session.rollback()
    return {
        name: [tuple(row) for row in db.session.execute(select(table).order_by(*table.primary_key))]
        for name, table in db.metadata.tables.items()
    }


def test_reading_a_public_page_changes_no_row(client: FlaskClient, paths: list[str]) -> None:
    before = contents()
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            db.session.rollback()
            assert client.open(path, method=method).status_code < 500, path
    assert contents() == before


def test_head_is_answered_as_get_is_without_a_body(client: FlaskClient, paths: list[str]) -> None:
    for path in paths:
        db.session.rollback()
        read, asked = client.get(path), client.head(path)
        assert asked.status_code == read.status_code, path
        assert asked.data == b""
        assert asked.content_type == read.content_type


def test_no_page_has_anything_inline_or_from_elsewhere(
    client: FlaskClient, paths: list[str]
) -> None:
    for path in paths:
        answer = client.get(path)
        if answer.mimetype != "text/html":
            continue
        page = answer.text
        assert "style=" not in page, path
        assert not re.search(r"\son[a-z]+=", page), path
        assert pages.elements(page, "style") == []
        loaded = [each.get("src") for each in pages.scripts(page)]
        loaded += [each.get("src") for each in pages.elements(page, "img")]
        loaded += [
            each.get("href")
            for each in pages.elements(page, "link")
            if each.get("rel") != "canonical"
        ]
        assert all(url and url.startswith("/") for url in loaded), path
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]


def test_every_page_says_its_language_has_one_heading_and_a_title_of_its_own(
    client: FlaskClient, paths: list[str]
) -> None:
    for path in paths:
        page = client.get(path, follow_redirects=True).text
        if not page.startswith("<!doctype html>"):
            continue
        (root,) = pages.elements(page, "html")
        assert root["lang"] in {"fr", "en"}
        assert len(pages.elements(page, "h1")) == 1, path
        assert page.partition("<title>")[2].partition("</title>")[0].strip() not in {"", "Hebdo"}


def test_the_language_is_the_visitors_choice_then_the_newsletters(
    client: FlaskClient, letter: Newsletter
) -> None:
    def language(path: str, **headers: str) -> str:
        page = client.get(path, headers={"Accept-Language": "en"}).text
        return pages.elements(page, "html")[0]["lang"]

    assert language("/legal") == "en"
    assert language("/newsletters/essentiel-ia") == "fr"
    assert language("/newsletters/essentiel-ia?lang=en") == "en"
    assert language("/newsletters/essentiel-ia") == "en"
    assert language("/newsletters/essentiel-ia?lang=fr") == "fr"
    assert language("/legal") == "fr"


def test_the_language_link_keeps_what_the_address_said(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = client.get("/subscribed?newsletter=essentiel-ia").text
    (switch,) = [each["href"] for each in pages.elements(page, "a") if "hreflang" in each]
    assert switch == "?newsletter=essentiel-ia&lang=en"
    assert db.session.scalar(select(func.count()).select_from(Newsletter)) == 1
