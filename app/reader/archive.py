"""The archive: every issue that went out, as a page of the web."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app import language
from app.core import archive, comments, newsletters
from app.core.archive import PAGE, Entry
from app.models import Newsletter
from app.reader import door, sheets, talks
from app.reader.forms import CommentForm


@door.get("/archive/<slug>")
def index(slug: str) -> ResponseReturnValue:
    """Newest first; `?below=12` goes on under number 12."""
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    below = request.args.get("below", type=_number)
    entries = archive.listing(newsletter.id, below)
    return render_template(
        "reader/archive.html",
        newsletter=newsletter,
        headlines=[sheets.headline(entry) for entry in entries],
        comment_counts=comments.counts(newsletter, [entry.number for entry in entries]),
        is_first_page=below is None,
        more=entries[-1].number if len(entries) == PAGE else None,
    )


@door.get("/archive/<slug>/<int:number>")
def issue(slug: str, number: int) -> ResponseReturnValue:
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    return page(newsletter, archive.get(newsletter, min(number, LARGEST)))


def page(newsletter: Newsletter, entry: Entry, form: CommentForm | None = None) -> str:
    """An issue's page; `form` is that of its comments as it came back."""
    return render_template(
        "reader/issue.html",
        newsletter=newsletter,
        entry=entry,
        sheet=sheets.lay_out(entry.text),
        before=archive.before(newsletter.id, entry.number),
        after=archive.after(newsletter.id, entry.number),
        talk=talks.of(newsletter, entry.number, form),
    )


LARGEST = 2**62
"""Beyond it a database knows no numbers, and none of ours is so high."""


def _number(typed: str) -> int:
    return min(max(int(typed), 0), LARGEST)
