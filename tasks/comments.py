"""The mails that comments lead to, and the sweep that orders digests and forgets what is past keeping."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from app.core import clock, moderations, suppressions, tidings
from app.extensions import db, links
from app.models import Comment, CommentState, Newsletter, Notice, NoticeKind
from emails import notices as letters
from emails.notices import Quote
from emails.values import Masthead
from emails.values import Notice as Letter
from tasks import nudges, texts
from tasks.celery import celery

KINDS = frozenset(
    {NoticeKind.COMMENT_SHOWN, NoticeKind.COMMENT_ANSWERED, NoticeKind.COMMENT_DIGEST}
)

QUOTED = 10
"""Comments that a digest repeats."""


@celery.task(name="tasks.comments.sweep")
def sweep() -> None:
    """Order the digests that are due, and forget. Three beats order one."""
    now = clock.now()
    moderations.forget(now)
    for notice_id in order_digests(now):
        nudges.notice(notice_id)


def order_digests(now: dt.datetime) -> list[int]:
    """The ids of the digests that were due at `now` and that nobody else ordered."""
    owed = [notice.id for notice in tidings.order_digests(now)]
    db.session.commit()
    return owed


def unwanted(notice: Notice) -> str:
    """Why a notice about comments is no longer to be sent; empty when it is."""
    if suppressions.find(notice.address) is not None:
        return "the address is suppressed"
    if notice.kind is NoticeKind.COMMENT_DIGEST:
        return _unwanted_digest(notice)
    comment = notice.comment
    if comment is None or comment.state is not CommentState.SHOWN:
        return f"the comment is {comment.state if comment else 'gone'} by now"
    if notice.kind is NoticeKind.COMMENT_ANSWERED:
        return _unwanted_answer(comment)
    return ""


def letter(notice: Notice) -> Letter:
    """The mail of a notice that is wanted."""
    newsletter = notice.newsletter
    assert newsletter is not None
    masthead = texts.masthead(newsletter)
    if notice.kind is NoticeKind.COMMENT_DIGEST:
        return _digest(masthead, newsletter)
    comment = notice.comment
    assert comment is not None
    return _to_author(notice, comment, replace(masthead, language=comment.language))


def _to_author(notice: Notice, comment: Comment, masthead: Masthead) -> Letter:
    made = links()
    slug, issue = masthead.slug, comment.issue
    own = made.own_comment(comment.id)
    answer = tidings.newest_answer(comment)
    if notice.kind is NoticeKind.COMMENT_ANSWERED and answer is not None:
        return letters.comment_answered(
            masthead,
            issue.subject,
            Quote(answer.name, answer.text),
            made.comment(slug, issue.number, answer.id),
            own,
            made.quiet_comment(comment.id),
        )
    url = made.comment(slug, issue.number, comment.id)
    return letters.comment_shown(masthead, issue.subject, url, own)


def _digest(masthead: Masthead, newsletter: Newsletter) -> Letter:
    waiting = [Quote(each.name, each.text) for each in tidings.held(newsletter, QUOTED)]
    url = links().url(f"/editor/comments?newsletter={newsletter.slug}")
    return letters.comments_wait(masthead, moderations.waiting(newsletter.id), waiting, url)


def _unwanted_digest(notice: Notice) -> str:
    assert notice.newsletter_id is not None
    if notice.editor is None or not notice.editor.wants_digest:
        return "the editor is not to be told any more"
    return "" if moderations.waiting(notice.newsletter_id) else "nothing waits any more"


def _unwanted_answer(comment: Comment) -> str:
    if not comment.tell:
        return "she asked to be told no more"
    return "" if tidings.newest_answer(comment) else "the answer is gone by now"
