"""Tidings: the mails that comments lead to. To an author whose comment stands or was answered, to the
editors who asked to be told that comments wait.

Authors get theirs a little later, so that an editor's slip can be undone before it is told.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from app.core import clock, comments, notices, suppressions
from app.extensions import db
from app.models import (
    Comment,
    CommentState,
    Editor,
    Issue,
    Newsletter,
    Notice,
    NoticeKind,
    Role,
)

SECOND_THOUGHTS = dt.timedelta(minutes=2)
"""Before authors are told anything."""

BETWEEN_ANSWERS = dt.timedelta(hours=1)
"""At most one word of answers to a comment in this time, and to one author no more than an inbox gets
(`notices.MOST`); the page holds them all."""

BETWEEN_DIGESTS = dt.timedelta(hours=1)
"""At most one digest per newsletter and editor in this time, when something new waits."""

REMINDER = dt.timedelta(hours=24)
"""After this time, while nothing new came, the same comments are told of again."""

TOLD = (Role.ADMIN, Role.EDITOR)


def of_shown(comment: Comment) -> list[Notice]:
    """What is owed when a comment came to stand on the page; each is owed once, however often it does."""
    owed = [_shown(comment), _answered(comment)]
    return [notice for notice in owed if notice is not None]


def order_digests(now: dt.datetime) -> list[Notice]:
    """The digests that are due at `now`. Whoever asks at the same moment orders none twice."""
    waiting = _waiting_newest()
    if not waiting:
        return []
    wanting = db.session.scalars(
        select(Editor).where(Editor.wants_digest, Editor.role.in_(TOLD)).order_by(Editor.id)
    ).all()
    owed = [_digest(*each, editor, now) for each in waiting for editor in wanting]
    return [notice for notice in owed if notice is not None]


def held(newsletter: Newsletter, limit: int) -> list[Comment]:
    """What waits under its issues, oldest first: what a digest tells of."""
    found = (
        select(Comment)
        .join(Comment.issue)
        .where(Issue.newsletter_id == newsletter.id, Comment.state == CommentState.HELD)
        .order_by(Comment.id)
    )
    return list(db.session.scalars(found.limit(limit)))


def newest_answer(comment: Comment) -> Comment | None:
    """The newest of somebody else that stands beneath it."""
    return db.session.scalar(
        select(Comment)
        .where(Comment.parent_id == comment.id, Comment.state == CommentState.SHOWN)
        .where(Comment.address_key != comment.address_key)
        .order_by(Comment.id.desc())
        .limit(1)
    )


def _shown(comment: Comment) -> Notice | None:
    if comment.from_desk:
        return None
    return _to_author(NoticeKind.COMMENT_SHOWN, comment, f"comment-shown-{comment.id}")


def _answered(answer: Comment) -> Notice | None:
    """To the author of what was answered: she asked for it, and it was not herself."""
    asked = comments.find(answer.parent_id) if answer.parent_id else None
    if asked is None or not asked.tell or asked.state is not CommentState.SHOWN:
        return None
    if asked.address_key == answer.address_key or _told_lately(asked):
        return None
    if notices.is_enough(asked.address, NoticeKind.COMMENT_ANSWERED):
        return None
    return _to_author(NoticeKind.COMMENT_ANSWERED, asked, f"comment-answered-{answer.id}")


def _to_author(kind: NoticeKind, comment: Comment, once: str) -> Notice | None:
    if not comment.address or suppressions.find(comment.address_key) is not None:
        return None
    notice = notices.order_once(
        kind, comment.address, once, newsletter=comment.issue.newsletter, comment=comment
    )
    if notice is not None:
        notice.not_before = clock.now() + SECOND_THOUGHTS
    return notice


def _told_lately(comment: Comment) -> bool:
    found = select(Notice.id).where(
        Notice.comment_id == comment.id,
        Notice.kind == NoticeKind.COMMENT_ANSWERED,
        Notice.created_at > clock.now() - BETWEEN_ANSWERS,
    )
    return db.session.scalar(found.limit(1)) is not None


def _waiting_newest() -> list[tuple[Newsletter, dt.datetime]]:
    """Newsletters under whose issues comments wait, with the time of the newest."""
    rows = db.session.execute(
        select(Newsletter, func.max(Comment.created_at))
        .join(Issue, Issue.newsletter_id == Newsletter.id)
        .join(Comment, Comment.issue_id == Issue.id)
        .where(Comment.state == CommentState.HELD)
        .group_by(Newsletter.id)
        .order_by(Newsletter.id)
    )
    return [(newsletter, newest) for newsletter, newest in rows]


def _digest(
    newsletter: Newsletter, newest: dt.datetime, editor: Editor, now: dt.datetime
) -> Notice | None:
    """Unique by the digest before it: of two who order at once, one is refused by the database."""
    last = db.session.scalar(
        select(Notice)
        .where(Notice.kind == NoticeKind.COMMENT_DIGEST, Notice.address == editor.address)
        .where(Notice.newsletter_id == newsletter.id)
        .order_by(Notice.id.desc())
        .limit(1)
    )
    if last is not None and not _is_due(now - last.created_at, newest > last.created_at):
        return None
    # The stamp is hers alone: SQLite gives a removed editor's number to the next one.
    whose = f"{editor.id}.{editor.stamp}"
    once = f"digest-{newsletter.id}-{whose}-after-{last.id if last else 0}"
    return notices.order_once(
        NoticeKind.COMMENT_DIGEST, editor.address, once, newsletter=newsletter, editor=editor
    )


def _is_due(since: dt.timedelta, has_news: bool) -> bool:
    return since >= REMINDER or (has_news and since >= BETWEEN_DIGESTS)
