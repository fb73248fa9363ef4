"""Corrections: dated notes on issues that are out. The mail's words, and the page's, stay as they were.

A note says what was wrong and what is right; it stands at the top of the page and at its story, goes
into the feeds, is found by a search, and moves the issue's last change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from app.core import archive, clock, editions, searches
from app.core.errors import Conflict, Invalid
from app.extensions import _, db
from app.models import Correction, Editor, Issue, IssueState
from emails import typed
from emails.values import IssueText

LONGEST = 2000
"""Characters of one note."""


@dataclass(frozen=True, slots=True)
class Note:
    """A correction as pages show it."""

    id: int
    anchor: str
    text: str
    at: dt.datetime


def add(issue: Issue, anchor: str, text: str, editor: Editor | None = None) -> Correction:
    """Add a note to the issue as a whole (an empty anchor) or to one of its stories.

    The same words at the same place are one note, however often the button is pressed. Raises
    Conflict for an issue that is not out, Invalid with a sentence per faulty field (`anchor`, `text`).
    """
    edition, early = editions.of_issue(issue), why_not_yet(issue)
    if edition is None or early:
        raise Conflict(early)
    cleaned = typed.bare(typed.paragraphs(text))
    faults = _faults(editions.thaw(edition.source), anchor, cleaned)
    if faults:
        raise Invalid(_("The correction needs another look; nothing was kept."), faults)
    if said := _find(issue, anchor, cleaned):
        return said
    note = Correction(
        issue_id=issue.id,
        anchor=anchor,
        text=cleaned,
        editor_id=editor.id if editor else None,
        at=clock.now(),
    )
    db.session.add(note)
    db.session.flush()
    searches.add_note(edition, note)
    return note


def why_not_yet(issue: Issue) -> str:
    """A sentence for whoever would correct what is not out; empty when the archive holds the issue."""
    if archive.holds(issue.newsletter, issue.number):
        return ""
    if issue.state is IssueState.DRAFT:
        return _("This issue has not been sent: change its words instead.")
    return _(
        "This issue is not out yet: a correction can be added once it is. What is scheduled can be"
        " taken back and changed."
    )


def remove(issue: Issue, correction_id: int) -> None:
    """Take a note off the page, and out of what a search finds. Twice is the same as once."""
    db.session.execute(
        delete(Correction).where(Correction.issue_id == issue.id, Correction.id == correction_id)
    )
    edition = editions.of_issue(issue)
    if edition is not None:
        searches.drop_note(edition.id, correction_id)


def of_issue(issue_id: int) -> tuple[Note, ...]:
    """Oldest first."""
    found = select(Correction.id, Correction.anchor, Correction.text, Correction.at)
    rows = db.session.execute(
        found.where(Correction.issue_id == issue_id).order_by(Correction.at, Correction.id)
    )
    return tuple(Note(*row) for row in rows)


def latest(newsletter_id: int) -> dict[int, dt.datetime]:
    """When each issue of a newsletter was last corrected, by the issue's id."""
    found = (
        select(Correction.issue_id, func.max(Correction.at))
        .join(Issue, Issue.id == Correction.issue_id)
        .where(Issue.newsletter_id == newsletter_id)
        .group_by(Correction.issue_id)
    )
    return dict(db.session.execute(found).all())


def anchors(text: IssueText) -> dict[str, str]:
    """What a note can be tied to: the anchor of each story on the page, with its title."""
    return {
        f"{rubric.anchor}-{n}": story.title or rubric.title
        for rubric in text.rubrics
        for n, story in enumerate(rubric.stories, start=1)
    }


def _find(issue: Issue, anchor: str, text: str) -> Correction | None:
    """The same note, if it stands there; two presses at once wait for each other at the issue."""
    db.session.execute(select(Issue.id).where(Issue.id == issue.id).with_for_update())
    return db.session.scalar(
        select(Correction).where(
            Correction.issue_id == issue.id, Correction.anchor == anchor, Correction.text == text
        )
    )


def _faults(text: IssueText, anchor: str, note: str) -> dict[str, object]:
    faults: dict[str, object] = {}
    if anchor and anchor not in anchors(text):
        faults["anchor"] = _("Choose one of the issue’s stories, or the issue as a whole.")
    if not note:
        faults["text"] = _("Please write what was wrong and what is right.")
    elif len(note) > LONGEST:
        faults["text"] = _("This is too long: %(most)s characters at the most.", most=LONGEST)
    return faults
