"""Comments at the desk: what waits, one press for one or for many, what was done and how to undo it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app.core import comments, editors, moderations, newsletters, tidings
from app.core.errors import NotFound
from app.core.moderations import PAGE, Decision, Verdict
from app.editor import door, guard
from app.editor.forms import CommentAnswer
from app.extensions import _, db
from app.forms import own_token
from app.models import Comment, CommentState, Newsletter

CHOICE = re.compile(r"(approve|refuse|delete)(?::(\d{1,18}))?")
"""What a button says: a verdict on the comments ticked, or on one by its number."""

STAY = "stay"
"""What the Enter key presses in the list: no verdict."""

SHOWN = (
    CommentState.HELD,
    CommentState.SHOWN,
    CommentState.REFUSED,
    CommentState.DELETED,
)
"""States that can be looked at; of a comment that was taken back nothing is left to see."""


@door.context_processor
def count_waiting() -> dict[str, Callable[[], int]]:
    """For the navigation, which asks when it is drawn."""
    return {"comments_waiting": moderations.waiting}


@door.get("/comments")
def list_comments() -> ResponseReturnValue:
    """By newsletter and state, newest first; `?below=12` goes on under number 12."""
    guard.require(editors.may_moderate)
    state, newsletter = _state(), _newsletter()
    found = moderations.listing(newsletter, state, request.args.get("below", type=_bounded))
    undo = request.args.get("undo", "")
    return render_template(
        "editor/comments.html",
        comments=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        is_first="below" not in request.args,
        state=state,
        states=SHOWN,
        newsletter=newsletter,
        newsletters=newsletters.listing(),
        undo=undo if re.fullmatch("[0-9a-f]{32}", undo) else "",
    )


@door.post("/comments")
def decide_comments() -> ResponseReturnValue:
    """Approve, refuse or delete one comment, or all that are ticked. A second press changes nothing."""
    guard.require(editors.may_moderate)
    if request.form.get("do") == STAY:
        return _back()
    said = CHOICE.fullmatch(request.form.get("do", ""))
    if said is None:
        raise NotFound(_("There is no such answer. Load the page again, please."))
    chosen = [said[2]] if said[2] else request.form.getlist("chosen")
    ids = [int(each) for each in chosen if re.fullmatch(r"[0-9]{1,18}", each)]
    if not ids:
        flash(_("Tick at least one comment first."), "error")
        return _back()
    decision = moderations.decide(ids, Verdict(said[1]), g.editor)
    for comment in decision.comments:
        if comment.state is CommentState.SHOWN:
            tidings.of_shown(comment)
    db.session.commit()
    flash(_told(Verdict(said[1]), len(decision.comments)))
    return _back(decision)


@door.post("/comments/undo")
def undo_comments() -> ResponseReturnValue:
    guard.require(editors.may_moderate)
    count = moderations.undo(request.form.get("press", "")[:64], g.editor)
    db.session.commit()
    if not count:
        flash(_("Nothing changed: it was undone already, or somebody decided anew since."))
        return _back()
    flash(
        ngettext(
            "%(num)s comment is back where it was.",
            "%(num)s comments are back where they were.",
            count,
        )
    )
    return _back()


@door.post("/comments/mail")
def ask_for_comment_mail() -> ResponseReturnValue:
    """Be told by mail when comments wait, or no more."""
    guard.require(editors.may_moderate)
    g.editor.wants_digest = request.form.get("wanted") == "yes"
    db.session.commit()
    if g.editor.wants_digest:
        flash(_("You are told by mail when comments wait, once an hour at the most."))
    else:
        flash(_("You are told no more of waiting comments."))
    return _back()


@door.get("/comments/<int:comment_id>")
def show_comment(comment_id: int) -> ResponseReturnValue:
    """One comment, what was done to it, and the form to answer it."""
    guard.require(editors.may_moderate)
    return _page(
        moderations.get(comment_id), CommentAnswer(formdata=None, form=secrets.token_hex(16))
    )


@door.post("/comments/<int:comment_id>")
@own_token
def answer_comment(comment_id: int) -> ResponseReturnValue:
    """The newsroom's answer. A second press finds it there."""
    guard.require(editors.may_moderate)
    comment = moderations.get(comment_id)
    form = CommentAnswer()
    if form.validate_on_submit():
        with form.blaming(conflict="text"):
            answer = moderations.answer(comment, form.text.data, form.form.data or "", g.editor)
    if form.errors:
        return _page(comment, form), 422
    tidings.of_shown(answer)
    db.session.commit()
    flash(_("Your answer stands under the comment."))
    return redirect(url_for("editor.show_comment", comment_id=comment_id), 303)


def _page(comment: Comment, form: CommentAnswer) -> str:
    parent = comments.find(comment.parent_id) if comment.parent_id else None
    return render_template(
        "editor/comment.html",
        comment=comment,
        parent=parent,
        answers=moderations.answers(comment),
        history=moderations.history(comment),
        form=form,
    )


def _back(decision: Decision | None = None) -> ResponseReturnValue:
    """To the list as it was filtered, with the way to undo what was just done."""
    undo = decision.press if decision and decision.comments else None
    state, newsletter = (request.form.get(name) or None for name in ("state", "newsletter"))
    where = url_for("editor.list_comments", state=state, newsletter=newsletter, undo=undo)
    return redirect(where, 303)


def _told(verdict: Verdict, count: int) -> str:
    if not count:
        return str(_("Nothing changed: somebody else had decided before you pressed."))
    if verdict is Verdict.APPROVE:
        said = ngettext(
            "%(num)s comment stands under its issue; its author is told by mail in two minutes.",
            "%(num)s comments stand under their issues; their authors are told by mail in two"
            " minutes.",
            count,
        )
    elif verdict is Verdict.REFUSE:
        said = ngettext("%(num)s comment is refused.", "%(num)s comments are refused.", count)
    else:
        said = ngettext("%(num)s comment is deleted.", "%(num)s comments are deleted.", count)
    return str(said)


def _state() -> CommentState:
    asked = request.args.get("state", "")
    return next((each for each in SHOWN if each.value == asked), CommentState.HELD)


def _newsletter() -> Newsletter | None:
    return newsletters.find(request.args.get("newsletter", ""))


def _bounded(typed: str) -> int:
    """Within what a row's number can be."""
    return min(max(int(typed), 0), comments.LARGEST_KEY - 1)
