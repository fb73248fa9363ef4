"""A feed as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.reader.feeds import Feed, Item

TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def write(feed: Feed) -> bytes:
    whole = {
        "version": VERSION,
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home_url,
        "feed_url": feed.own_url,
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.home_url}],
        "items": [_item(each) for each in feed.items],
    }
    return json.dumps(_said(whole), ensure_ascii=False, indent=1).encode()


def _item(item: Item) -> dict[str, Any]:
    return _said(
        {
            "id": item.id,
            "url": item.url,
            "title": item.title,
            "summary": item.summary,
            # Every item must have a text (§ Items); where only the head may be shown, it is the head.
            "content_html": item.content,
            "content_text": "" if item.content else item.summary or item.title,
            "image": item.image_url,
            "date_published": item.published.isoformat(timespec="seconds"),
            "date_modified": item.updated.isoformat(timespec="seconds"),
        }
    )


def _said(members: dict[str, Any]) -> dict[str, Any]:
    """Without what has nothing to say; a feed without items keeps its empty list."""
    return {name: value for name, value in members.items() if value != ""}
