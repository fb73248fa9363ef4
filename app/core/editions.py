"""Editions: an issue frozen when *send* is pressed, printed by a worker, never changed after.

Draft (→ scheduled) → ordered → printed → planned (⇄ paused) → sent, or cancelled; halted where the print
is not what was approved, and then back to the draft, as from scheduled. Each step is a conditional
UPDATE on the state before it, so that twenty presses, eight workers and three beats make one send;
who loses the race gets None.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update

from app.core import clock, races
from app.extensions import db
from app.models import Edition, EditionState, Editor, Issue, IssueState, Visibility
from emails import typography
from emails.values import IssueText, Masthead, Picture, Print, RubricKind, RubricText, StoryText


def order(
    issue: Issue,
    text: IssueText,
    digest: str,
    editor: Editor | None = None,
    due_at: dt.datetime | None = None,
) -> Edition | None:
    """Freeze the issue as `text` and promise that its print will have this digest; for `due_at` or for now.

    None when it is ordered already, or was saved by somebody since `issue` was read.
    """
    claim = update(Issue).where(
        Issue.id == issue.id, Issue.state == IssueState.DRAFT, Issue.revision == issue.revision
    )
    if not races.won(claim.values(state=IssueState.ORDERED)):
        return None
    db.session.refresh(issue)
    edition = Edition(
        issue_id=issue.id,
        newsletter_id=issue.newsletter_id,
        source=freeze(text),
        digest=digest,
        state=EditionState.SCHEDULED if due_at else EditionState.ORDERED,
        due_at=due_at,
        ordered_by_id=editor.id if editor else None,
        ordered_at=clock.now(),
    )
    db.session.add(edition)
    db.session.flush()
    return edition


def of_issue(issue: Issue) -> Edition | None:
    return db.session.scalar(select(Edition).where(Edition.issue_id == issue.id))


def latest(newsletter_id: int) -> IssueText | None:
    """The newest listed issue that is out: printed, so that its page stands in the archive."""
    source = db.session.scalar(
        select(Edition.source)
        .join(Issue, Issue.id == Edition.issue_id)
        .where(Edition.newsletter_id == newsletter_id, Edition.printed_at.is_not(None))
        .where(Issue.visibility != Visibility.UNLISTED)
        .order_by(Edition.printed_at.desc(), Edition.id.desc())
        .limit(1)
    )
    return typography.for_pages(thaw(source)) if source is not None else None


def keep_print(edition_id: int, printed: Print) -> bool:
    """Keep the worker's print, once; a print that is not what was approved halts the edition."""
    approved = (
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.ORDERED)
        .where(Edition.digest == printed.digest)
        .values(
            state=EditionState.PRINTED,
            subject=printed.subject,
            html=printed.html,
            text=printed.text,
            printed_at=clock.now(),
        )
    )
    if races.won(approved):
        return True
    halt(
        edition_id,
        "the worker's print differs from the one that was approved",
        EditionState.ORDERED,
    )
    return False


def halt(edition_id: int, trouble: str, state: EditionState) -> None:
    """Stop an edition that stands in `state`; nothing of it goes out."""
    races.won(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == state)
        .values(state=EditionState.HALTED, trouble=trouble)
    )


def take_back(issue_id: int) -> bool:
    """Make a draft again of an issue whose edition is scheduled or was halted; False when it is neither.

    Nobody was mailed: what waits, or could not be printed as approved, was never planned.
    """
    unprinted = (EditionState.SCHEDULED, EditionState.HALTED)
    gone = delete(Edition).where(
        Edition.issue_id == issue_id, Edition.state.in_(unprinted), Edition.planned_at.is_(None)
    )
    if not races.won(gone):
        return False
    claim = update(Issue).where(Issue.id == issue_id, Issue.state == IssueState.ORDERED)
    races.won(claim.values(state=IssueState.DRAFT, revision=Issue.revision + 1))
    return True


def pause(edition_id: int) -> bool:
    """Begin nothing more of it, within the second; False when it is not being sent."""
    return _step(edition_id, (EditionState.PLANNED,), EditionState.PAUSED)


def resume(edition_id: int) -> bool:
    """Go on where it was paused; False when it is not paused."""
    return _step(edition_id, (EditionState.PAUSED,), EditionState.PLANNED)


def cancel(edition_id: int) -> bool:
    """Begin nothing more of it, ever; what is still to do becomes *skipped*. False when it is over."""
    stoppable = (
        EditionState.ORDERED,
        EditionState.PRINTED,
        EditionState.PLANNED,
        EditionState.PAUSED,
    )
    return _step(edition_id, stoppable, EditionState.CANCELLED)


def reopen(edition_id: int) -> bool:
    """A person asked for more of an edition that was called sent."""
    return _step(edition_id, (EditionState.SENT,), EditionState.PLANNED)


def hold(edition_id: int) -> None:
    """Wait for whoever else holds this edition, and keep others waiting until the transaction ends.

    As for an update that leaves the key alone: writers of its deliveries are not kept waiting.
    """
    db.session.execute(
        select(Edition.id).where(Edition.id == edition_id).with_for_update(key_share=True)
    )


def all_planned(edition_ids: Collection[int]) -> bool:
    """Whether each of these is being sent: not paused, not cancelled meanwhile."""
    stopped = select(Edition.id).where(
        Edition.id.in_(edition_ids), Edition.state != EditionState.PLANNED
    )
    return db.session.scalar(stopped.limit(1)) is None


def _step(edition_id: int, before: Collection[EditionState], after: EditionState) -> bool:
    return races.won(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state.in_(before))
        .values(state=after)
    )


def note_trouble(edition_id: int, trouble: str) -> None:
    """What stands in the way of an edition under way, for the desk to show; empty: nothing does."""
    races.won(
        update(Edition)
        .where(Edition.id == edition_id, Edition.state == EditionState.PLANNED)
        .where(Edition.trouble != trouble)
        .values(trouble=trouble)
    )


def in_state(*states: EditionState) -> list[int]:
    """The ids of editions that stand there, oldest first."""
    return list(
        db.session.scalars(select(Edition.id).where(Edition.state.in_(states)).order_by(Edition.id))
    )


def ordered_before(moment: dt.datetime) -> list[int]:
    """Editions ordered before then that are not planned yet: nobody heard their bell."""
    found = select(Edition.id).where(
        Edition.state.in_([EditionState.ORDERED, EditionState.PRINTED]), Edition.ordered_at < moment
    )
    return list(db.session.scalars(found.order_by(Edition.id)))


def freeze(text: IssueText) -> str:
    """The issue as JSON: what was approved, kept word for word."""
    return json.dumps(dataclasses.asdict(text), ensure_ascii=False, default=str)


def thaw(source: str) -> IssueText:
    """The issue back from `freeze`, equal to what went in."""
    given: dict[str, Any] = json.loads(source)
    given["masthead"] = Masthead(**given["masthead"])
    given["dated"] = dt.date.fromisoformat(given["dated"])
    given["rubrics"] = tuple(_rubric(rubric) for rubric in given["rubrics"])
    # Editions frozen before there were such slots have none.
    given["own_slots"] = tuple(given.get("own_slots", ()))
    return IssueText(**given)


def _rubric(given: dict[str, Any]) -> RubricText:
    stories = tuple(_story(story) for story in given["stories"])
    return RubricText(**{**given, "kind": RubricKind(given["kind"]), "stories": stories})


def _story(given: dict[str, Any]) -> StoryText:
    picture = given["picture"]
    return StoryText(**{**given, "picture": Picture(**picture) if picture else None})
