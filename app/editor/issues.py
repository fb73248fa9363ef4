"""The issues and the page on which one is written."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from app.core import checks, deliveries, editors, installations, issues, newsletters, stories
from app.core.errors import Conflict, Invalid, NotFound
from app.editor import door, rescues, sheets
from app.editor.forms import VISIBILITIES, Import, NewIssue
from app.editor.sheets import Sheet, Typed
from app.extensions import _, db
from app.forms import STALE, Form, own_token
from app.models import EditionState, Issue, IssueState

PAGE = 30
"""Issues on one page of the desk: seven months of a weekly."""


@door.get("/")
def list_issues() -> ResponseReturnValue:
    """The newest first; `?below=12` goes on under the issue with the id 12."""
    found = issues.listing(below=request.args.get("below", type=_bounded), limit=PAGE + 1)
    rows = found[:PAGE]
    # The ledger is counted for what is under way alone: a sent issue's may hold a million rows.
    running = {
        edition.id: deliveries.progress(edition.id)
        for _issue, edition in rows
        if edition is not None and edition.state in (EditionState.PLANNED, EditionState.PAUSED)
    }
    return render_template(
        "editor/issues.html",
        rows=rows,
        running=running,
        newsletters=newsletters.listing(),
        is_held=installations.is_held(),
        is_first="below" not in request.args,
        more=rows[-1][0].id if len(found) > PAGE else None,
    )


@door.get("/issues/new")
def new_issue() -> ResponseReturnValue:
    form = offer_newsletters(NewIssue())
    return render_template("editor/new_issue.html", form=form)


@door.post("/issues/new")
def create_issue() -> ResponseReturnValue:
    form = offer_newsletters(NewIssue())
    if not form.validate_on_submit():
        return render_template("editor/new_issue.html", form=form), 422
    issue = issues.begin(newsletters.get(form.newsletter.data))
    db.session.commit()
    return redirect(url_for("editor.write_issue", issue_id=issue.id), 303)


@door.get("/issues/<int:issue_id>")
def write_issue(issue_id: int) -> ResponseReturnValue:
    issue = issues.get(issue_id)
    if issue.state is IssueState.ORDERED:
        return redirect(url_for("editor.show_progress", issue_id=issue.id), 302)
    return _page(issue, sheets.of_issue(issue))


@door.post("/issues/<int:issue_id>")
@own_token
def save_issue(issue_id: int) -> ResponseReturnValue:
    """Save every word, then do what the button says. Whatever is refused, what was typed stays."""
    try:
        issue = issues.get(issue_id)
    except NotFound as gone:
        return _rescue(gone)
    is_ours = Form().validate_on_submit()
    typed = sheets.read(request, issue, keeps_pictures=is_ours)
    if not is_ours:
        return _page(issue, typed.sheet, Invalid(STALE), typed.faults)
    try:
        issues.save(issue, typed.revision, typed.words)
        anchor = _act(issue, typed)
    except Invalid as refused:
        db.session.rollback()
        return _page(issue, typed.sheet, refused, {**typed.faults, **refused.faults})
    except Conflict as refused:
        db.session.rollback()
        return _page(issue, sheets.over(issue, typed), refused, typed.faults)
    db.session.commit()
    if typed.faults:
        partly = Invalid(_("All words are saved, but a picture was refused."), typed.faults)
        return _page(issue, sheets.of_issue(issue), partly, typed.faults)
    if typed.action == "preview":
        return redirect(url_for("editor.preview", issue_id=issue.id), 303)
    flash(_("Saved."))
    return redirect(url_for("editor.write_issue", issue_id=issue.id, _anchor=anchor), 303)


@door.post("/issues/<int:issue_id>/delete")
def delete_issue(issue_id: int) -> ResponseReturnValue:
    try:
        issues.delete(issues.get(issue_id), request.form.get("revision", 0, type=int))
    except NotFound:
        db.session.rollback()
        flash(_("Nothing changed: this draft had been deleted already."))
        return redirect(url_for("editor.list_issues"), 303)
    db.session.commit()
    flash(_("The draft is deleted."))
    return redirect(url_for("editor.list_issues"), 303)


def offer_newsletters(form: NewIssue) -> NewIssue:
    """The choice of newsletters; the only one is chosen already."""
    offered = newsletters.listing()
    form.newsletter.choices = [SelectChoice(each.slug, each.name) for each in offered]
    if len(offered) == 1 and not form.newsletter.data:
        form.newsletter.data = offered[0].slug
    return form


def _act(issue: Issue, typed: Typed) -> str | None:
    """What the button says beyond saving; where the page should then stand."""
    if typed.action == "add":
        rubric = next((each for each in issue.rubrics if each.id == typed.target), None)
        return f"story-{stories.append(issue, rubric).id}" if rubric else None
    if typed.action == "remove":
        story = stories.find(issue, typed.target)
        stories.remove(issue, typed.target)
        return f"rubric-{story.rubric.anchor}" if story else None
    if typed.action in {"up", "down"}:
        stories.shift(issue, typed.target, -1 if typed.action == "up" else 1)
        return f"story-{typed.target}"
    return None


def _rescue(gone: NotFound) -> ResponseReturnValue:
    """Somebody deleted the draft meanwhile: what was typed into it is offered as a text to import."""
    newsletter = rescues.newsletter_of(request.form)
    text = rescues.text_of(request.form, newsletter)
    if not text:
        raise gone
    slug = newsletter.slug if newsletter is not None else None
    form = offer_newsletters(Import(formdata=None, newsletter=slug, text=text))
    return render_template("editor/import.html", form=form, is_rescue=True), 404


def _page(
    issue: Issue,
    sheet: Sheet,
    refused: Invalid | Conflict | None = None,
    faults: dict[str, object] | None = None,
) -> ResponseReturnValue:
    status = 200 if refused is None else 422 if isinstance(refused, Invalid) else 409
    page = render_template(
        "editor/writing.html",
        issue=issue,
        sheet=sheet,
        refused=refused,
        is_conflict=status == 409,
        faults=faults or {},
        lacking=checks.faults(issue),
        advice=checks.advice(issue),
        may_send=editors.may_send(g.editor),
        visibilities=VISIBILITIES,
    )
    return page, status


def _bounded(typed: str) -> int:
    """Within what a row's number can be."""
    return min(max(int(typed), 0), issues.LARGEST_KEY - 1)
