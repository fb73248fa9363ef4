"""Comments: what readers say under an issue. One level of answers; no address is ever shown.

An address typed in proves nothing. So a comment waits until an editor has read it, unless the
newsletter lets those speak at once who came by the signed link of their mail. Such a mail may have been
handed on, and each comment is told to the address it was sent to: when that was told of as many as an
inbox gets, the next ones wait for an editor, too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core import addresses, autolinks, clock, notices, races, subscribers
from app.core.errors import Conflict, Invalid, NotFound
from app.extensions import _, db
from app.models import LARGEST_KEY as LARGEST_KEY
from app.models import (
    Comment,
    CommentRule,
    CommentState,
    Edition,
    Issue,
    Newsletter,
    NoticeKind,
    Subscription,
)
from emails import typed

LONGEST_NAME = 80
LONGEST_TEXT = 5000
"""Characters."""

MOST_LINKS = 2
"""A comment with more of them waits for an editor, whoever wrote it."""


class Door(StrEnum):
    """Whether something can be said under an issue."""

    OFF = "off"
    CLOSED = "closed"
    """What was said stays, nothing is added."""
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody typed; `form` names the form it was typed into."""

    name: str
    address: str
    text: str
    form: str
    answers: int | None = None
    """The comment that this one answers."""
    tell: bool = False
    language: str = "fr"


def issue_of(newsletter: Newsletter, number: int) -> Issue:
    """Raises NotFound. Whether it is out is the archive's to say."""
    issue = db.session.scalar(
        select(Issue).where(Issue.newsletter_id == newsletter.id, Issue.number == number)
    )
    if issue is None:
        raise NotFound(_("This issue is not in the archive. It may not have gone out yet."))
    return issue


def door(issue: Issue) -> Door:
    """By the newsletter's rule, the editor's wish, and the days since the issue went out."""
    newsletter = issue.newsletter
    if newsletter.comment_rule is CommentRule.OFF:
        return Door.OFF
    if issue.comments_closed or _is_over(issue, newsletter.comment_days):
        return Door.CLOSED
    return Door.OPEN


def post(issue: Issue, words: Words, passed: Subscription | None = None) -> Comment:
    """Take a comment: held, or shown at once where the rule says so for who came by her mail.

    The same form with the same words twice is one comment. With a pass the address is the
    subscription's, whatever was typed. Raises Invalid per faulty field, Conflict when the issue has
    closed meanwhile, Gone when she was erased meanwhile.
    """
    if door(issue) is not Door.OPEN:
        raise Conflict(_("Nothing more can be said under this issue: its comments are closed."))
    _check(words)
    if passed and issue.newsletter.comment_rule is CommentRule.SHOWN:
        # What is said at the same moment by the same pass is counted one after the other.
        subscribers.lock(passed.subscriber)
    read = addresses.kept(passed.subscriber.address) if passed else addresses.read(words.address)
    parent = answered(issue, words.answers)
    if parent is not None and not _lock(parent.id, read=True):
        # Taken back at this very moment: what was said to it stands by itself.
        parent = None
    press = _press(issue, words, read.key)
    made = Comment(
        issue=issue,
        parent_id=parent.id if parent else None,
        state=_first_state(issue, words, passed),
        name=typed.line(words.name),
        address=read.written,
        address_key=read.key,
        text=typed.paragraphs(words.text).strip(),
        language=words.language,
        tell=words.tell,
        by_pass=passed is not None,
        press=press,
        created_at=clock.now(),
    )
    return find_press(press) or _add(made)


def add_from_desk(comment: Comment, words: Words) -> Comment:
    """The newsroom's own answer: it stands at once, and no address is kept with it.

    Also where the issue is closed to readers. For `moderations.answer`, which checks the words.
    """
    parent_id = comment.parent_id or comment.id
    press = _press(comment.issue, words, "")
    made = Comment(
        issue=comment.issue,
        parent_id=parent_id,
        state=CommentState.SHOWN,
        name=words.name,
        address="",
        address_key="",
        text=words.text,
        language=comment.language,
        from_desk=True,
        press=press,
        created_at=clock.now(),
    )
    return find_press(press) or _add(made)


def stands(comment: Comment) -> bool:
    """Whether it stands on the page now, whatever was read of it before. It, or what it answers, then
    keeps its place until the transaction ends: its author who takes it back waits for us.
    """
    if not _lock(comment.parent_id or comment.id, read=True):
        return False
    now = select(Comment.state).where(Comment.id == comment.id)
    return db.session.scalar(now) is CommentState.SHOWN


def stand_at_once(newsletter: Newsletter, passed: Subscription | None) -> bool:
    """Whether what the holder of this pass says stands there before an editor has read it."""
    if passed is None or newsletter.comment_rule is not CommentRule.SHOWN:
        return False
    address = addresses.kept(passed.subscriber.address).written
    return not notices.is_enough(address, NoticeKind.COMMENT_SHOWN)


def answered(issue: Issue, comment_id: int | None) -> Comment | None:
    """The comment that may be answered: it stands under this issue and answers nothing itself."""
    if comment_id is None or not 0 < comment_id < LARGEST_KEY:
        return None
    return db.session.scalar(
        select(Comment).where(
            Comment.id == comment_id,
            Comment.issue_id == issue.id,
            Comment.parent_id.is_(None),
            Comment.state == CommentState.SHOWN,
        )
    )


def find(comment_id: int) -> Comment | None:
    return db.session.get(Comment, comment_id) if 0 < comment_id < LARGEST_KEY else None


def find_press(press: str) -> Comment | None:
    return db.session.scalar(select(Comment).where(Comment.press == press))


def withdraw(comment: Comment) -> None:
    """Take back a comment for good: its words, name and address go at once; where others answered,
    its place stays. Twice is the same as once.

    Waits for an answer that is being given at this moment, and keeps its place then, too.
    """
    if not _lock(comment.id, read=False):
        return
    hanging = select(Comment.id).where(Comment.parent_id == comment.id).limit(1)
    if db.session.scalar(hanging) is None:
        db.session.delete(comment)
    else:
        comment.state = CommentState.WITHDRAWN
        comment.name = comment.address = comment.address_key = comment.text = ""
        comment.tell = False
        comment.decided_at = clock.now()
    db.session.flush()


def quieten(comment: Comment) -> None:
    """No more word of answers to it. Twice is the same as once, and so is one that is gone."""
    races.won(update(Comment).where(Comment.id == comment.id).values(tell=False))


def _lock(comment_id: int, *, read: bool) -> bool:
    """Keep a comment where it is until the transaction ends; False when it is gone.

    To read is to share it with others who answer it. SQLite's writers wait for each other anyway.
    """
    found = select(Comment.id).where(Comment.id == comment_id)
    return db.session.scalar(found.with_for_update(read=read, key_share=read)) is not None


def _check(words: Words) -> None:
    faults: dict[str, object] = {}
    if not 0 < len(typed.bare(typed.line(words.name))) <= LONGEST_NAME:
        faults["name"] = _("Please write a name, %(max)d characters at the most.", max=LONGEST_NAME)
    if not 0 < len(typed.bare(typed.paragraphs(words.text))) <= LONGEST_TEXT:
        faults["text"] = _(
            "Please write something, %(max)d characters at the most.", max=LONGEST_TEXT
        )
    if faults:
        raise Invalid(_("Something in the form needs another look."), faults)


def _first_state(issue: Issue, words: Words, passed: Subscription | None) -> CommentState:
    few_links = autolinks.count(f"{words.name} {words.text}") <= MOST_LINKS
    at_once = few_links and stand_at_once(issue.newsletter, passed)
    return CommentState.SHOWN if at_once else CommentState.HELD


def _is_over(issue: Issue, days: int) -> bool:
    if days <= 0:
        return False
    out_at = db.session.scalar(select(Edition.printed_at).where(Edition.issue_id == issue.id))
    return out_at is not None and clock.now() >= out_at + dt.timedelta(days=days)


def _press(issue: Issue, words: Words, address_key: str) -> str:
    """What makes two presses the same: form, issue and every word. A changed word is a new comment."""
    said = (words.form, str(issue.id), str(words.answers), words.name, address_key, words.text)
    return hashlib.sha256("\x1f".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def _add(made: Comment) -> Comment:
    press = made.press
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        # The same press came twice at once, and we waited for the first.
        found = find_press(press)
        if found is None:
            raise
        return found
    return made
