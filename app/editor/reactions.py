"""Whether and how long readers may react: a newsletter's rule, and an editor's hand on one issue."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import editors, issues, newsletters
from app.editor import door, guard
from app.editor.newsletter_forms import CommentRules
from app.extensions import _, db
from app.forms import own_token
from app.models import CommentRule, Newsletter


@door.get("/newsletters/<slug>/comments")
def edit_comment_rules(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = CommentRules(rule=newsletter.comment_rule.value, days=newsletter.comment_days or None)
    return _page(newsletter, form)


@door.post("/newsletters/<slug>/comments")
@own_token
def change_comment_rules(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = CommentRules()
    if not form.validate_on_submit():
        return _page(newsletter, form), 422
    newsletter.comment_rule = CommentRule(form.rule.data)
    newsletter.comment_days = form.days.data or 0
    db.session.commit()
    flash(_("The rules are kept; they hold from now on, for earlier issues too."))
    return redirect(url_for("editor.edit_comment_rules", slug=slug), 303)


@door.post("/issues/<int:issue_id>/comments")
def close_comments(issue_id: int) -> ResponseReturnValue:
    """Let nobody say anything more under this issue, or let them again."""
    guard.require(editors.may_moderate)
    issue = issues.get(issue_id)
    issue.comments_closed = request.form.get("closed") == "yes"
    db.session.commit()
    if issue.comments_closed:
        flash(_("Nothing more can be said under this issue; what was said stays."))
    else:
        flash(_("Readers may react to this issue again."))
    return redirect(url_for("editor.show_progress", issue_id=issue_id), 303)


def _page(newsletter: Newsletter, form: CommentRules) -> str:
    return render_template("editor/comment_rules.html", newsletter=newsletter, form=form)
