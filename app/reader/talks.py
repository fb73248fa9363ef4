"""What stands under an issue: the comments, their number, and the form, empty or as it came back.

The form carries a signed name of its own, with the moment it was shown: it tells two presses from
two comments, and a robot that answers at once from a person who reads.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import request

from app.core import clock, comments, threads
from app.core.comments import Door
from app.core.threads import Thread
from app.extensions import links
from app.links import FOR_EVER, Purpose
from app.models import Comment, CommentRule, Issue, Newsletter
from app.reader import passes
from app.reader.forms import CommentForm


@dataclass(frozen=True, slots=True)
class Talk:
    """All that the page's part on comments shows."""

    number: int
    """The issue's."""
    door: Door
    threads: list[Thread]
    count: int
    form: CommentForm | None = None
    answered: Comment | None = None
    """The comment that the form answers, if it answers one."""
    at_once: bool = False
    """What this visitor says stands there at once."""
    slowed: bool = False
    """It would, had not so much been said by her pass already."""
    unkept: str = ""
    """What she typed while the comments were closed over it: hers to take along."""


def of(newsletter: Newsletter, number: int, form: CommentForm | None = None) -> Talk:
    """The talk under an issue that is out; `form` as it came back, else a new one where one may speak."""
    issue = comments.issue_of(newsletter, number)
    door = comments.door(issue)
    found = [] if door is Door.OFF else threads.of_issue(issue)
    count = sum(len(each.answers) + each.is_standing for each in found)
    if door is not Door.OPEN:
        return Talk(number, door, found, count, unkept=form.text.data or "" if form else "")
    answered = comments.answered(issue, wanted(form))
    form = form or blank(issue, answered)
    passed = passes.holder(newsletter)
    at_once = comments.stand_at_once(newsletter, passed)
    slowed = newsletter.comment_rule is CommentRule.SHOWN and passed is not None and not at_once
    return Talk(number, door, found, count, form, answered, at_once, slowed)


def blank(issue: Issue, answered: Comment | None) -> CommentForm:
    """A new form; who came by the link of her mail is not asked for an address."""
    form = CommentForm(formdata=None, answers=str(answered.id) if answered else "")
    form.name_it(made(issue.id))
    if passes.holder(issue.newsletter) is not None:
        form.without_address()
    return form


def wanted(form: CommentForm | None) -> int | None:
    """The number of the comment to be answered, as the form or the page's address says it."""
    said = form.answers.data if form else request.args.get("answer")
    text = said or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def made(issue_id: int) -> str:
    """A name for a new form under this issue."""
    now = int(clock.now().timestamp() * 1000)
    return links().timed_token(Purpose.REACTION, f"{issue_id}.{now}.{secrets.token_urlsafe(16)}")


def age(issue: Issue, name: str) -> float | None:
    """Seconds since the form of this name was shown under this issue; None when none of ours was."""
    value = links().read_timed_token(Purpose.REACTION, name, FOR_EVER)
    of_issue, _dot, rest = (value or "").partition(".")
    if of_issue != str(issue.id):
        return None
    return clock.now().timestamp() - int(rest.partition(".")[0]) / 1000
