"""Feeds: an archive as Atom (RFC 4287) and JSON Feed 1.1, whole or one rubric at a time.

A feed holds what the pages hold: the whole words of a public issue, the head of one for subscribers,
nothing of an unlisted one. Ids never change, whatever host or address an archive moves to; a correction
moves `updated`. A program that comes again is told in a few bytes that nothing is new (RFC 9110 §13).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, render_template, request, url_for
from flask_babel import force_locale

from app.core import archive, corrections, newsletters
from app.core.archive import Entry
from app.core.corrections import Note
from app.core.errors import NotFound
from app.extensions import _, links
from app.models import Newsletter, Rubric, Visibility
from app.reader import atoms, cards, door, jsonfeeds, sheets
from app.reader.sheets import Sheet
from emails.values import RubricKind

ISSUES = 20
"""Issues in one feed: what a weekly says in five months, and some 300 kB."""

NAMESPACE = uuid.UUID("4f3d9c1e-6a52-5b0e-9d0b-7c1f4f0a2e11")
"""Ours alone, drawn once: names under it become ids that nobody else makes."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed: an issue, or a story of a rubric's feed."""

    id: str
    url: str
    title: str
    summary: str
    content: str
    """HTML, whole; empty where only the head may be shown."""
    published: dt.datetime
    updated: dt.datetime
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    id: str
    title: str
    subtitle: str
    language: str
    author: str
    home_url: str
    own_url: str
    updated: dt.datetime
    items: tuple[Item, ...]


@door.get("/archive/<slug>/feed.atom", endpoint="atom")
@door.get("/archive/<slug>/<rubric>/feed.atom", endpoint="rubric_atom")
def atom(slug: str, rubric: str | None = None) -> Response:
    return _answer(atoms.write(_feed(slug, rubric)), atoms.TYPE)


@door.get("/archive/<slug>/feed.json", endpoint="json_feed")
@door.get("/archive/<slug>/<rubric>/feed.json", endpoint="rubric_json_feed")
def json_feed(slug: str, rubric: str | None = None) -> Response:
    return _answer(jsonfeeds.write(_feed(slug, rubric)), jsonfeeds.TYPE)


def _answer(body: bytes, media_type: str) -> Response:
    answer = Response(body, mimetype=media_type)
    # By its content alone: an issue that is unlisted, or a correction that is taken off, leaves no later
    # moment behind, and by a date the feed of before would pass for this one.
    answer.add_etag()
    # Kept by whoever likes and asked after each time: what is unlisted is gone from the next answer.
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.make_conditional(request)
    return answer


def _feed(slug: str, anchor: str | None) -> Feed:
    newsletter = newsletters.get(slug)
    rubric = _rubric(newsletter, anchor) if anchor is not None else None
    # What programs read speaks the newsletter's language, whatever a visitor chose for herself.
    with force_locale(newsletter.language):
        if rubric is None:
            items = tuple(_issue(newsletter, each) for each in _entries(newsletter))
        else:
            items = tuple(_stories(newsletter, rubric.anchor))
    title = newsletter.name if rubric is None else f"{newsletter.name} · {rubric.title}"
    return Feed(
        id=_id(newsletter, *([rubric.anchor] if rubric else [])),
        title=title,
        subtitle=newsletter.tagline,
        language=newsletter.language,
        author=newsletter.publisher or newsletter.name,
        home_url=links().archive(slug),
        own_url=links().url(url_for(request.endpoint or "", **(request.view_args or {}))),
        updated=max((item.updated for item in items), default=newsletter.created_at),
        items=items,
    )


def _rubric(newsletter: Newsletter, anchor: str) -> Rubric:
    for rubric in newsletter.rubrics:
        if rubric.anchor == anchor:
            return rubric
    raise NotFound(_("There is no such rubric in this newsletter."))


def _entries(newsletter: Newsletter) -> list[Entry]:
    return archive.listing(newsletter.id, limit=ISSUES)


def _issue(newsletter: Newsletter, entry: Entry) -> Item:
    sheet = sheets.of_entry(entry)
    notes = corrections.of_issue(entry.issue_id)
    is_whole = entry.visibility is Visibility.PUBLIC
    content = _content(sheet, notes) if is_whole else ""
    return Item(
        id=_id(newsletter, str(entry.number)),
        url=links().issue(newsletter.slug, entry.number),
        title=sheet.subject,
        summary=sheet.preheader,
        content=content,
        published=entry.out_at,
        updated=cards.changed_at(entry, notes),
        image_url=_picture(sheet) if is_whole else "",
    )


def _stories(newsletter: Newsletter, anchor: str) -> Iterator[Item]:
    """The rubric's stories, newest issue first; of issues for subscribers none."""
    for entry in _entries(newsletter):
        if entry.visibility is not Visibility.PUBLIC:
            continue
        sheet = sheets.of_entry(entry)
        notes = corrections.of_issue(entry.issue_id)
        for rubric in sheet.rubrics:
            for story in rubric.stories if rubric.anchor == anchor else ():
                own = tuple(note for note in notes if note.anchor == story.anchor)
                yield Item(
                    id=_id(newsletter, str(entry.number), story.anchor),
                    url=f"{links().issue(newsletter.slug, entry.number)}#{story.anchor}",
                    title=story.title or sheet.subject,
                    summary="",
                    content=_story(sheet, rubric, story, own),
                    published=entry.out_at,
                    updated=cards.changed_at(entry, own),
                )


def _story(
    sheet: Sheet, rubric: sheets.Rubric, story: sheets.Story, notes: tuple[Note, ...]
) -> str:
    made = render_template(
        "reader/feed_story.html",
        sheet=sheet,
        story=story,
        notes=notes,
        media=_media,
        is_sponsored=rubric.kind is RubricKind.SPONSORED,
    )
    return made.strip()


def _content(sheet: Sheet, notes: tuple[Note, ...]) -> str:
    made = render_template("reader/feed_issue.html", sheet=sheet, notes=notes, media=_media)
    return made.strip()


def _picture(sheet: Sheet) -> str:
    first = next(iter(sheet.photographs), None)
    return _media(first.name) if first else ""


def _media(name: str) -> str:
    return links().media(name)


def _id(newsletter: Newsletter, *parts: str) -> str:
    """A newsletter's slug and the moment it was made are its name among all installations."""
    made = newsletter.created_at.isoformat(timespec="microseconds")
    return uuid.uuid5(NAMESPACE, "/".join((newsletter.slug, made, *parts))).urn
