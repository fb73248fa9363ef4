"""The archive: every issue that went out, as a page of the web."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from app import language
from app.core import archive, corrections, newsletters, threads
from app.core.archive import PAGE, Entry
from app.extensions import links
from app.models import Newsletter, Visibility
from app.reader import cards, door, passes, sheets, shelf, talks
from app.reader.forms import CommentForm
from app.sign_ups import form_for, wording

LARGEST = 2**62
"""Beyond it a database knows no numbers, and none of ours is so high."""


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
        comment_counts=threads.counts(newsletter, [entry.number for entry in entries]),
        years=archive.years(newsletter.id),
        year=None,
        canonical=_canonical(slug, below) if entries or below is None else None,
        is_first_page=below is None,
        more=entries[-1].number if len(entries) == PAGE else None,
    )


@door.get("/archive/<slug>/year/<int:year>")
def year_index(slug: str, year: int) -> ResponseReturnValue:
    """The issues of one year, newest first."""
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    entries = archive.of_year(newsletter.id, year)
    made = render_template(
        "reader/archive.html",
        newsletter=newsletter,
        headlines=[sheets.headline(entry) for entry in entries],
        years=archive.years(newsletter.id),
        comment_counts=threads.counts(newsletter, [entry.number for entry in entries]),
        year=year,
        canonical=links().year(slug, year) if entries else None,
        is_first_page=False,
        more=None,
    )
    return made, 200 if entries else 404


@door.get("/archive/<slug>/<int:number>")
def issue(slug: str, number: int) -> ResponseReturnValue:
    """An issue's page; for others than subscribers its head alone, where the editor said so.

    A number that is no issue's and a year in which some went out leads to that year.
    """
    number = min(number, LARGEST)
    return shelf.page(slug, number, lambda: _made(slug, number))


def _made(slug: str, number: int) -> BaseResponse:
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    if not archive.holds(newsletter, number) and archive.of_year(newsletter.id, number):
        return redirect(url_for("reader.year_index", slug=slug, year=number), 302)
    return page(newsletter, archive.get(newsletter, number))


def page(newsletter: Newsletter, entry: Entry, form: CommentForm | None = None) -> Response:
    """An issue's page, or its head alone; `form` is that of its comments as it came back."""
    answer = make_response(
        _wall(newsletter, entry, form)
        if is_kept_back(newsletter, entry)
        else _whole(newsletter, entry, form)
    )
    if entry.visibility is Visibility.UNLISTED:
        answer.headers["X-Robots-Tag"] = "noindex"
    if entry.visibility is Visibility.SUBSCRIBERS:
        # One and the same address shows more to some: nobody keeps what she was shown.
        answer.headers["Cache-Control"] = "private, no-store"
        answer.vary.add("Cookie")
    return answer


def _whole(newsletter: Newsletter, entry: Entry, form: CommentForm | None) -> str:
    notes = corrections.of_issue(entry.issue_id)
    sheet = sheets.of_entry(entry)
    return render_template(
        "reader/issue.html",
        newsletter=newsletter,
        entry=entry,
        sheet=sheet,
        card=cards.of_issue(newsletter, entry, sheet, notes),
        notes=notes,
        before=archive.before(newsletter.id, entry.number),
        after=archive.after(newsletter.id, entry.number),
        talk=talks.of(newsletter, entry.number, form),
    )


def _wall(newsletter: Newsletter, entry: Entry, comment: CommentForm | None) -> str:
    """The head of an issue for subscribers, and the form that makes one.

    With the words of a comment that was being written when her pass ended, or the rule came.
    """
    sheet = sheets.of_entry(entry)
    return render_template(
        "reader/wall.html",
        newsletter=newsletter,
        entry=entry,
        sheet=sheet,
        card=cards.of_issue(newsletter, entry, sheet),
        form=form_for(newsletter, formdata=None),
        unkept=comment.text.data or "" if comment else "",
        wording=wording(newsletter),
        before=archive.before(newsletter.id, entry.number),
        after=archive.after(newsletter.id, entry.number),
    )


def is_kept_back(newsletter: Newsletter, entry: Entry) -> bool:
    """Whether the issue is for subscribers and this visitor shows no pass."""
    return entry.visibility is Visibility.SUBSCRIBERS and passes.holder(newsletter) is None


def _canonical(slug: str, below: int | None) -> str:
    """A page's own address, by the house's name and not by the one that a request gave."""
    return links().archive(slug) + ("" if below is None else f"?below={below}")


def _number(typed: str) -> int:
    return min(max(int(typed), 0), LARGEST)
