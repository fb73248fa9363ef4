"""Searching the archive: words in issues, rubrics, stories and corrections, by each database's own
full text.

PostgreSQL stems by the newsletter's language, and minds words that are everywhere ("dans") only when
there are no others; SQLite (FTS5) takes words as they are. Neither minds
accents: what goes in and what is asked is folded by `fold` here (PostgreSQL's `unaccent` may be
absent and is not immutable, FTS5 leaves "œ" alone). What a visitor types is
plain words, never a query: there is nothing to get wrong in it. Whatever was indexed, only what the
visitor may read now is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    and_,
    column,
    delete,
    desc,
    func,
    insert,
    literal_column,
    or_,
    select,
    table,
)

from app.core import archive, editions, highlights, stems
from app.core.highlights import Piece
from app.extensions import db
from app.models import Correction, Edition, Issue, Newsletter
from emails import markup, slots, typography
from emails.values import IssueText

PAGE = 10
LAST_PAGE = 100
"""Nobody reads on; a robot that does costs a sort of all that was found."""

LONGEST = 200
"""Characters of what is looked for."""

MOST_WORDS = 12

_INDEX = table(
    "story_search",
    *(column(name) for name in ("edition_id", "anchor", "title", "rubric", "body", "document")),
    *(column(name) for name in ("title_words", "rubric_words", "body_words")),
)
"""`document` is PostgreSQL's vector; the folded words are what FTS5 indexes."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A story, a correction, or the head of an issue (then without an anchor), with all the words."""

    slug: str
    newsletter: str
    language: str
    number: int
    subject: str
    anchor: str
    rubric: str
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]

    @property
    def is_correction(self) -> bool:
        """It stands in no rubric, and has no title of its own."""
        return bool(self.anchor) and not self.rubric


@dataclass(frozen=True, slots=True)
class Results:
    words: tuple[str, ...]
    """What was looked for, as it was understood; empty when nothing was."""
    total: int = 0
    found: tuple[Found, ...] = ()


def look(
    typed: str,
    newsletter: Newsletter | None = None,
    page: int = 1,
    subscribed: Collection[int] = (),
) -> Results:
    """The best first, then the newest. `subscribed`: newsletters of which she may read all."""
    words = asked(typed)
    if not words:
        return Results(())
    is_match, rank = _match(words)
    limits = [is_match, archive.is_out(), archive.is_readable(subscribed)]
    if newsletter is not None:
        limits.append(Newsletter.id == newsletter.id)
    joined = (
        _INDEX.join(Edition.__table__, Edition.id == _INDEX.c.edition_id)
        .join(Issue.__table__, Issue.id == Edition.issue_id)
        .join(Newsletter.__table__, Newsletter.id == Edition.newsletter_id)
    )
    total = db.session.scalar(select(func.count()).select_from(joined).where(*limits)) or 0
    named = (Newsletter.slug, Newsletter.name, Newsletter.language, Issue.number, Issue.subject)
    told = (_INDEX.c.anchor, _INDEX.c.rubric, _INDEX.c.title, _INDEX.c.body)
    rows = db.session.execute(
        select(*named, *told)
        .select_from(joined)
        .where(*limits)
        .order_by(rank, Edition.ordered_at.desc(), Edition.id.desc(), _INDEX.c.anchor)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    marks = highlights.Marks(_marked(words))
    return Results(words, total, tuple(_found(row, marks) for row in rows))


def asked(typed: str) -> tuple[str, ...]:
    """The words of what was typed, folded, each once; signs and operators are none."""
    return tuple(dict.fromkeys(spread(typed[:LONGEST]).split()))[:MOST_WORDS]


def spread(text: str) -> str:
    """The words alone, folded, a blank between two, in what is indexed as in what is asked.

    PostgreSQL's parser would make one name of “mistral.ai”, and minus four of “gpt-4”.
    """
    return " ".join(_WORD.findall(fold(text)))


def fold(text: str) -> str:
    """In small letters, without accents; ligatures as they are typed."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(char for char in apart if not unicodedata.combining(char))


def fill(edition_id: int) -> None:
    """Take an edition's words into the index, in the caller's transaction. Twice is once."""
    edition = db.session.get_one(Edition, edition_id)
    db.session.execute(delete(_INDEX).where(_INDEX.c.edition_id == edition_id))
    notes = db.session.scalars(
        select(Correction).where(Correction.issue_id == edition.issue_id).order_by(Correction.id)
    )
    for row in (*_rows(editions.thaw(edition.source)), *map(_note, notes)):
        db.session.execute(_insert(edition, row))


def add_note(edition: Edition, note: Correction) -> None:
    """Take a new correction into the index, in the caller's transaction; once for each."""
    db.session.execute(_insert(edition, _note(note)))


def drop_note(edition_id: int, correction_id: int) -> None:
    """Let a correction be found no more. Twice is once."""
    db.session.execute(
        delete(_INDEX).where(
            _INDEX.c.edition_id == edition_id, _INDEX.c.anchor == note_anchor(correction_id)
        )
    )


def note_anchor(correction_id: int) -> str:
    """Where a correction stands on its issue's page."""
    return f"correction-{correction_id}"


def rebuild() -> int:
    """Make the index anew from all that is out; how many editions that is."""
    db.session.execute(delete(_INDEX))
    found = db.session.scalars(select(Edition.id).where(archive.is_out())).all()
    for edition_id in found:
        fill(edition_id)
    return len(found)


def _rows(text: IssueText) -> list[dict[str, str]]:
    """The issue's head under no anchor, then each story under the anchor that its page gives it."""
    whole = typography.for_pages(text)
    rows = [
        {
            "anchor": "",
            "title": slots.plain(whole.subject),
            "rubric": "",
            "body": slots.plain(whole.preheader),
        }
    ]
    for rubric in whole.rubrics:
        for n, story in enumerate(rubric.stories, start=1):
            picture = f" {slots.plain(story.picture.alt)}" if story.picture else ""
            rows.append(
                {
                    "anchor": f"{rubric.anchor}-{n}",
                    "title": slots.plain(story.title),
                    "rubric": slots.plain(rubric.title),
                    "body": f"{markup.words(story.body)}{picture}".strip(),
                }
            )
    return rows


def _note(note: Correction) -> dict[str, str]:
    return {"anchor": note_anchor(note.id), "title": "", "rubric": "", "body": note.text}


def _insert(edition: Edition, row: dict[str, str]) -> Insert:
    values: dict[str, object] = {"edition_id": edition.id, **row}
    if not _is_postgresql():
        values |= {f"{name}_words": spread(row[name]) for name in ("title", "rubric", "body")}
    else:
        parts = [spread(row[name]) for name in ("title", "rubric", "body")]
        values["document"] = stems.document(edition.newsletter.language, parts)
    return insert(_INDEX).values(values)


def _match(words: tuple[str, ...]) -> tuple[ColumnElement[bool], ColumnElement[float]]:
    """The condition that all words are there, and what to order by: the less, the better."""
    if not _is_postgresql():
        # A word in double quotes is a string to FTS5, and no word of ours holds one.
        quoted = " ".join(f'"{word}"' for word in words)
        name: ColumnElement[str] = literal_column("story_search")
        return name.op("MATCH")(quoted), func.bm25(name, 8.0, 2.0, 1.0)
    queries = {language: stems.query(language, words) for language in stems.CONFIGURATIONS}
    document = _INDEX.c.document
    is_match = or_(
        *(
            and_(Newsletter.language == language, document.op("@@")(query))
            for language, query in queries.items()
        )
    )
    french, english = queries.values()
    either = french.op("||")(english)
    return is_match, desc(func.ts_rank(document, either))


def _marked(words: tuple[str, ...]) -> frozenset[str]:
    """What begins the words to mark."""
    return stems.of(words) if _is_postgresql() else frozenset(words)


def _found(row: Any, marks: highlights.Marks) -> Found:
    slug, newsletter, language, number, subject, anchor, rubric, title, body = row
    return Found(
        slug=slug,
        newsletter=newsletter,
        language=language,
        number=number,
        subject=slots.plain(subject),
        anchor=anchor,
        rubric=rubric,
        title=marks.whole(title or rubric),
        snippet=marks.around(body),
    )


def _is_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
