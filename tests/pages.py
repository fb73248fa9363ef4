"""Reading pages as a browser without JavaScript does: forms with their hidden fields, text, links."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(page: str, tag: str) -> list[dict[str, str]]:
    """The attributes of every such element, in order."""
    reading = _Elements()
    reading.feed(page)
    return [attributes for name, attributes in reading.found if name == tag]


def scripts(page: str) -> list[dict[str, str]]:
    """The page's scripts; JSON-LD is none, for no browser runs it."""
    return [each for each in elements(page, "script") if each.get("type") != "application/ld+json"]


def element(page: str, tag: str, **wanted: str) -> dict[str, str]:
    """The one such element with these attributes."""
    (found,) = [each for each in elements(page, tag) if wanted.items() <= each.items()]
    return found


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, as they would be posted."""
    return {
        each["name"]: each.get("value", "")
        for each in elements(page, "input")
        if each.get("type") == "hidden"
    }


def words(page: str) -> str:
    """What stands on a page, without tags, blanks run together."""
    bare = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", page)
    return joined(html.unescape(bare))


def joined(text: str) -> str:
    """The text with every run of blanks, also those that do not break, as one space."""
    return " ".join(text.split())


def submit(
    client: FlaskClient, page: str, action: str, typed: Mapping[str, object]
) -> TestResponse:
    """Load `page` and post its form with what was typed."""
    fields = {**hidden(client.get(page).text), **typed}
    return client.post(action, data=fields)
