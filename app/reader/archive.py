"""The archive: every issue that went out, as a page of the web."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app import language
from app.core import archive, newsletters
from app.core.archive import PAGE
from app.reader import door, sheets


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
        is_first_page=below is None,
        more=entries[-1].number if len(entries) == PAGE else None,
    )


@door.get("/archive/<slug>/<int:number>")
def issue(slug: str, number: int) -> ResponseReturnValue:
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    entry = archive.get(newsletter, min(number, _LARGEST))
    return render_template(
        "reader/issue.html",
        newsletter=newsletter,
        entry=entry,
        sheet=sheets.lay_out(entry.text),
        before=archive.before(newsletter.id, entry.number),
        after=archive.after(newsletter.id, entry.number),
    )


_LARGEST = 2**62
"""Beyond it a database knows no numbers, and none of ours is so high."""


def _number(typed: str) -> int:
    return min(max(int(typed), 0), _LARGEST)
