"""Threads: what stands under issues, as pages read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from app.extensions import db
from app.models import Comment, CommentRule, CommentState, Issue, Newsletter


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and its answers, in the order in which they came."""

    comment: Comment
    answers: list[Comment] = field(default_factory=list)

    @property
    def is_standing(self) -> bool:
        """Whether its own words are shown; else only its place is, for the answers' sake."""
        return self.comment.state is CommentState.SHOWN


def of_issue(issue: Issue) -> list[Thread]:
    """What stands under an issue. What is gone keeps its place while answers hang on it.

    What waits is not read: a robot's thousand comments make no page slow.
    """
    found: dict[int, Thread] = {}
    answer = aliased(Comment)
    has_answers = exists().where(answer.parent_id == Comment.id, answer.state == CommentState.SHOWN)
    rows = db.session.scalars(
        select(Comment)
        .where(Comment.issue_id == issue.id)
        .where(or_(Comment.state == CommentState.SHOWN, has_answers))
        .order_by(Comment.id)
    )
    for comment in rows:
        if comment.parent_id is None:
            found[comment.id] = Thread(comment)
        elif comment.state is CommentState.SHOWN:
            found[comment.parent_id].answers.append(comment)
    return [thread for thread in found.values() if thread.is_standing or thread.answers]


def counts(newsletter: Newsletter, numbers: Collection[int]) -> dict[int, int]:
    """How many comments stand under each of these issues; 0 for none. Empty when comments are off."""
    if newsletter.comment_rule is CommentRule.OFF:
        return {}
    rows = db.session.execute(
        select(Issue.number, func.count())
        .join(Comment, Comment.issue_id == Issue.id)
        .where(Issue.newsletter_id == newsletter.id, Issue.number.in_(numbers))
        .where(Comment.state == CommentState.SHOWN)
        .group_by(Issue.number)
    )
    return {**dict.fromkeys(numbers, 0), **dict(rows.all())}
