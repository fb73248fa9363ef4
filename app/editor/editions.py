"""Sending: the question with the number of readers in it, the press, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import (
    audiences,
    deliveries,
    doubts,
    editions,
    editors,
    installations,
    issues,
    schedules,
    spreadsheets,
)
from app.core.deliveries import Progress
from app.core.errors import Invalid, NotFound
from app.editor import door, guard
from app.extensions import _, db
from app.models import DeliveryState, Edition, EditionState, Issue, IssueState
from tasks import approvals, nudges

SHOWN = (
    DeliveryState.REFUSED,
    DeliveryState.IN_DOUBT,
    DeliveryState.DEFERRED,
    DeliveryState.SKIPPED,
)
"""What is shown copy by copy: all that did not simply arrive."""

PAGE = 50

NONE: Mapping[str, object] = {}


@door.get("/issues/<int:issue_id>/send")
def send_issue(issue_id: int) -> ResponseReturnValue:
    guard.require(editors.may_send)
    issue = issues.get(issue_id)
    if issue.state is IssueState.ORDERED:
        return _to_progress(issue)
    return _question(issue)


@door.post("/issues/<int:issue_id>/send")
def order_issue(issue_id: int) -> ResponseReturnValue:
    """For now, or for the moment that was typed: the checks run and the issue is printed here and now.
    A second press finds it ordered."""
    guard.require(editors.may_send)
    issue = issues.get(issue_id)
    if issue.state is IssueState.ORDERED:
        return _to_progress(issue)
    if request.form.get("revision", 0, type=int) != issue.revision:
        return _question(issue, _("Somebody changed the issue meanwhile: look again, please.")), 409
    typed = request.form.get("due")
    try:
        due_at = schedules.read(typed) if typed is not None else None
        edition = approvals.order(issue, g.editor, due_at)
    except Invalid as refused:
        return _question(issue, refused.message, refused.faults), 422
    if edition is None:
        db.session.rollback()
        return _to_progress(issue)
    db.session.commit()
    if due_at is None:
        nudges.edition(edition.id)
    return _to_progress(issue)


@door.get("/issues/<int:issue_id>/progress")
def show_progress(issue_id: int) -> ResponseReturnValue:
    issue = issues.get(issue_id)
    edition = editions.of_issue(issue)
    if edition is None:
        flash(_("This issue has not been sent."))
        return redirect(url_for("editor.write_issue", issue_id=issue.id), 302)
    states = _states(request.args.get("state", ""))
    after = request.args.get("after", 0, type=int)
    # The list names readers by their addresses: it is for whoever may send, like the file of it.
    may_send = editors.may_send(g.editor)
    listed = (
        deliveries.listing(edition.id, states, after=_bounded(after), limit=PAGE + 1)
        if may_send
        else []
    )
    progress = deliveries.progress(edition.id)
    return render_template(
        "editor/progress.html",
        issue=issue,
        edition=edition,
        progress=progress,
        listed=listed[:PAGE],
        has_more=len(listed) > PAGE,
        is_first=after <= 0,
        refused=deliveries.refused_by_relay(edition.id) if may_send else 0,
        state=request.args.get("state", ""),
        shown=SHOWN,
        is_over=_is_over(edition, progress),
        is_late=schedules.is_late(edition),
        is_held=installations.is_held(),
        may_send=may_send,
    )


@door.get("/issues/<int:issue_id>/deliveries.csv")
def export_deliveries(issue_id: int) -> ResponseReturnValue:
    """All copies in a state as a table, for whoever reads the relay's log; cells run no formula."""
    guard.require(editors.may_send)
    edition = editions.of_issue(issues.get(issue_id))
    if edition is None:
        raise NotFound(_("This issue has not been sent."))
    rows = doubts.table(edition.id, _states(request.args.get("state", "")))
    answer = Response(spreadsheets.text(doubts.COLUMNS, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="issue-{issue_id}-copies.csv"'
    return answer


@door.get("/issues/<int:issue_id>/progress.json")
def progress_figures(issue_id: int) -> ResponseReturnValue:
    """The equation as figures, for the page that looks every few seconds."""
    edition = editions.of_issue(issues.get(issue_id))
    if edition is None:
        raise NotFound(_("This issue has not been sent."))
    progress = deliveries.progress(edition.id)
    return jsonify(
        state=edition.state.value,
        is_over=_is_over(edition, progress),
        trouble=edition.trouble,
        planned=progress.planned,
        done=progress.settled,
        **terms(progress),
    )


def terms(progress: Progress) -> dict[str, int]:
    """The right side of the equation, in the order in which it is written."""
    names = ("accepted", "waiting", "sending", "deferred", "refused", "in_doubt", "skipped")
    return {name: getattr(progress, name) for name in names}


def _question(issue: Issue, message: object = None, faults: Mapping[str, object] = NONE) -> str:
    return render_template(
        "editor/send.html",
        issue=issue,
        due=request.form.get("due", ""),
        due_fault=faults.get("due"),
        examined=approvals.examine(issue),
        readers=audiences.count(issue.newsletter_id),
        is_held=installations.is_held(),
        message=message,
    )


def _to_progress(issue: Issue) -> ResponseReturnValue:
    return redirect(url_for("editor.show_progress", issue_id=issue.id), 303)


def _is_over(edition: Edition, progress: Progress) -> bool:
    """Nothing on the page will move by itself any more."""
    if edition.state is EditionState.CANCELLED:
        return progress.is_over
    return edition.state in (EditionState.SENT, EditionState.HALTED)


def _states(asked: str) -> tuple[DeliveryState, ...]:
    return tuple(each for each in SHOWN if each.value == asked) or SHOWN


def _bounded(number: int) -> int:
    """Within what a row's number can be."""
    return min(max(number, 0), 2**63 - 1)
