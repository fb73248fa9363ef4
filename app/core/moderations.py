"""Moderations: what editors do with comments, one or many at a press, and how it is taken back.

Every change is a row that says who, when and from what to what. Undoing a press changes only what
still stands as that press left it.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import contains_eager

from app.core import clock, comments, races
from app.core.errors import Conflict, Invalid, NotFound
from app.extensions import _, db
from app.models import (
    Comment,
    CommentState,
    Editor,
    Issue,
    Moderation,
    Newsletter,
)
from emails import typed

PAGE = 30
"""Comments on one page of the desk."""

TURNED_DOWN = (CommentState.REFUSED, CommentState.DELETED)

UNDO = dt.timedelta(days=30)
"""How long what was turned down can be brought back; then its words are erased."""

ADDRESS_KEPT = dt.timedelta(days=3 * 365)
"""How long the address of a comment that stands is kept: as long as a reader's who does nothing more."""


class Verdict(StrEnum):
    """What a button says of a comment."""

    APPROVE = "approve"
    REFUSE = "refuse"
    DELETE = "delete"


STEPS: dict[Verdict, tuple[tuple[CommentState, ...], CommentState]] = {
    Verdict.APPROVE: ((CommentState.HELD, *TURNED_DOWN), CommentState.SHOWN),
    Verdict.REFUSE: ((CommentState.HELD,), CommentState.REFUSED),
    Verdict.DELETE: ((CommentState.HELD, CommentState.SHOWN), CommentState.DELETED),
}
"""From which states a verdict leads to which; elsewhere it changes nothing."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one press did; `press` undoes it. Empty when somebody else had been quicker."""

    press: str
    comments: tuple[Comment, ...] = ()


def decide(comment_ids: Collection[int], verdict: Verdict, editor: Editor) -> Decision:
    """Carry out a verdict on these comments; those it cannot be said of are left as they are."""
    before, after = STEPS[verdict]
    press = secrets.token_hex(16)
    ids = [each for each in comment_ids if 0 < each < comments.LARGEST_KEY]
    found = db.session.scalars(
        select(Comment).where(Comment.id.in_(ids), Comment.state.in_(before)).order_by(Comment.id)
    ).all()
    moved = tuple(each for each in found if _move(each, each.state, after, press, editor))
    return Decision(press, moved)


def undo(press: str, editor: Editor) -> int:
    """Take back a press: every comment that still stands as it left it goes where it was before.

    How many did; twice is the same as once.
    """
    rows = db.session.scalars(select(Moderation).where(Moderation.press == press)).all()
    undone = 0
    for row in rows:
        comment = comments.find(row.comment_id)
        if comment is not None and comment.state is row.after:
            undone += _move(comment, row.after, row.before, secrets.token_hex(16), editor)
    return undone


def answer(comment: Comment, text: str, form: str, editor: Editor) -> Comment:
    """The newsroom's answer, marked as such, under the comment or the one it answers.

    It stands at once. The same form with the same text twice is one answer. Raises Invalid, and
    Conflict when the comment does not stand on the page (approve it first).
    """
    cleaned = typed.bare(typed.paragraphs(text))
    if not 0 < len(cleaned) <= comments.LONGEST_TEXT:
        sentence = _(
            "Please write something, %(max)d characters at the most.", max=comments.LONGEST_TEXT
        )
        raise Invalid(sentence, {"text": sentence})
    if not comments.stands(comment):
        raise Conflict(
            _("Only a comment that stands on the page can be answered: approve it first.")
        )
    words = comments.Words(editor.name, "", cleaned, form, answers=comment.id)
    return comments.add_from_desk(comment, words)


def waiting(newsletter_id: int | None = None) -> int:
    """How many comments wait, under one newsletter's issues or under all."""
    found = select(func.count()).select_from(Comment).where(Comment.state == CommentState.HELD)
    if newsletter_id is not None:
        found = found.join(Comment.issue).where(Issue.newsletter_id == newsletter_id)
    return db.session.scalar(found) or 0


def listing(
    newsletter: Newsletter | None, state: CommentState, below: int | None = None
) -> Sequence[Comment]:
    """Newest first, one more than `PAGE` when there are more, from the one below the id `below`."""
    found = (
        select(Comment)
        .join(Comment.issue)
        .join(Issue.newsletter)
        .options(contains_eager(Comment.issue).contains_eager(Issue.newsletter))
        .where(Comment.state == state)
        .order_by(Comment.id.desc())
        .limit(PAGE + 1)
    )
    if newsletter is not None:
        found = found.where(Issue.newsletter_id == newsletter.id)
    if below is not None:
        found = found.where(Comment.id < below)
    return db.session.scalars(found).all()


def get(comment_id: int) -> Comment:
    """Raises NotFound."""
    comment = comments.find(comment_id)
    if comment is None:
        raise NotFound(_("There is no such comment; its author may have taken it back."))
    return comment


def answers(comment: Comment) -> Sequence[Comment]:
    """What answers it and stands on the page, in order."""
    found = select(Comment).where(
        Comment.parent_id == comment.id, Comment.state == CommentState.SHOWN
    )
    return db.session.scalars(found.order_by(Comment.id)).all()


def history(comment: Comment) -> Sequence[Moderation]:
    """What was done to it, oldest first."""
    rows = select(Moderation).where(Moderation.comment_id == comment.id).order_by(Moderation.id)
    return db.session.scalars(rows).all()


def forget(now: dt.datetime) -> int:
    """Erase what has been turned down for long, and addresses kept long enough; how many comments."""
    old = select(Comment).where(Comment.state.in_(TURNED_DOWN), Comment.decided_at < now - UNDO)
    gone = db.session.scalars(old.limit(500)).all()
    for comment in gone:
        comments.withdraw(comment)
    kept = update(Comment).where(Comment.created_at < now - ADDRESS_KEPT, Comment.address_key != "")
    return len(gone) + races.rows_changed(kept.values(address="", address_key="", tell=False))


def _move(
    comment: Comment, before: CommentState, after: CommentState, press: str, editor: Editor
) -> bool:
    """The conditional UPDATE decides: whoever was quicker, one of two presses bites."""
    bit = races.won(
        update(Comment)
        .where(Comment.id == comment.id, Comment.state == before)
        .values(state=after, decided_at=clock.now())
    )
    if bit:
        db.session.add(
            Moderation(
                comment_id=comment.id,
                editor_id=editor.id,
                press=press,
                before=before,
                after=after,
                at=clock.now(),
            )
        )
        db.session.flush()
        db.session.refresh(comment)
    return bit
