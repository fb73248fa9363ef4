"""Searching the archive: `/search?q=…&newsletter=…`."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

from app import language
from app.core import newsletters, searches
from app.extensions import limiter
from app.models import Newsletter
from app.reader import door, passes

BY_VISITOR = "60 per minute"
"""Whoever reads stays far below; whoever copies the archive word by word does not."""


@door.get("/search")
@limiter.limit(BY_VISITOR)
def search() -> Response:
    """Anything typed is plain words. Without any, the empty form."""
    among = newsletters.listing()
    chosen = _newsletter(request.args.get("newsletter", ""), among)
    if chosen is not None:
        language.suggest(chosen.language)
    typed = request.args.get("q", "")[: searches.LONGEST]
    page = request.args.get("page", 1, type=_page)
    subscribed = [each.id for each in among if passes.holder(each) is not None]
    results = searches.look(typed, chosen, page, subscribed)
    pages = min(searches.LAST_PAGE, -(-results.total // searches.PAGE))
    answer = make_response(
        render_template(
            "reader/search.html",
            newsletter=chosen,
            newsletters=among,
            typed=typed,
            results=results,
            page=page,
            pages=pages,
        )
    )
    if subscribed:
        # It may show what is for subscribers, as an issue's own page does.
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _newsletter(slug: str, among: list[Newsletter]) -> Newsletter | None:
    """The one asked for; the only one there is; else none: all are searched."""
    named = next((each for each in among if each.slug == slug), None)
    return among[0] if named is None and len(among) == 1 else named


def _page(typed: str) -> int:
    return min(max(int(typed), 1), searches.LAST_PAGE)
