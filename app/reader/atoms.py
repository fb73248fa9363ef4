"""A feed as Atom: RFC 4287, in the order of elements that its schema shows."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

if TYPE_CHECKING:
    from app.reader.feeds import Feed, Item

TYPE = "application/atom+xml"
ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document can hold (XML 1.0 §2.2)."""

ElementTree.register_namespace("", ATOM)


def write(feed: Feed) -> bytes:
    root = Element(f"{{{ATOM}}}feed", {f"{{{XML}}}lang": feed.language})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    if feed.subtitle:
        _add(root, "subtitle", feed.subtitle)
    _add(root, "updated", _moment(feed.updated))
    _add(_add(root, "author"), "name", feed.author)
    _add(root, "link", rel="self", type=TYPE, href=feed.own_url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.home_url)
    _add(root, "generator", "Hebdo")
    for item in feed.items:
        _add_entry(root, item)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_entry(root: Element, item: Item) -> None:
    """An entry without content has its link instead, as §4.1.2 asks."""
    entry = _add(root, "entry")
    _add(entry, "id", item.id)
    _add(entry, "title", item.title)
    _add(entry, "link", rel="alternate", type="text/html", href=item.url)
    _add(entry, "published", _moment(item.published))
    _add(entry, "updated", _moment(item.updated))
    if item.summary:
        _add(entry, "summary", item.summary)
    if item.content:
        _add(entry, "content", item.content, type="html")


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    made = SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    if text:
        made.text = _NO_XML.sub("\ufffd", text)
    return made


def _moment(at: dt.datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
