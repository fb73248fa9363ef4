"""An issue on the web: who may read it there, and the corrections of what went out.

Nothing here touches the mail: its words are frozen with the edition.
"""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from app.core import archive, corrections, editions, editors, issues
from app.editor import door, guard
from app.editor.forms import CorrectionNote, OnTheWeb
from app.extensions import _, db
from app.forms import own_token
from app.models import Edition, Issue, Visibility


@door.get("/issues/<int:issue_id>/web")
def show_on_web(issue_id: int) -> ResponseReturnValue:
    return _page(issues.get(issue_id))


@door.post("/issues/<int:issue_id>/web")
@own_token
def change_visibility(issue_id: int) -> ResponseReturnValue:
    """Holds from the next page a visitor loads; the mail is not concerned."""
    guard.require(editors.may_send)
    issue = issues.get(issue_id)
    form = OnTheWeb()
    if not form.validate_on_submit():
        return _page(issue, visibility=form), 422
    archive.expose(issue, Visibility(form.visibility.data))
    db.session.commit()
    flash(_("Kept: the issue’s page follows the new rule from now on."))
    return _back(issue)


@door.post("/issues/<int:issue_id>/corrections")
@own_token
def add_correction(issue_id: int) -> ResponseReturnValue:
    guard.require(editors.may_send)
    issue = issues.get(issue_id)
    form = _places(CorrectionNote(), editions.of_issue(issue))
    if form.validate_on_submit():
        with form.blaming(conflict="text"):
            corrections.add(issue, form.anchor.data or "", form.text.data, g.editor)
    if form.errors:
        return _page(issue, note=form), 422
    db.session.commit()
    flash(_("The correction stands on the issue’s page now."))
    return _back(issue)


@door.post("/issues/<int:issue_id>/corrections/remove")
def remove_correction(issue_id: int) -> ResponseReturnValue:
    """Twice is the same as once."""
    guard.require(editors.may_send)
    issue = issues.get(issue_id)
    number = request.form.get("correction", 0, type=int)
    if 0 < number < issues.LARGEST_KEY:
        corrections.remove(issue, number)
    db.session.commit()
    flash(_("The correction is off the page."))
    return _back(issue)


def _page(
    issue: Issue, visibility: OnTheWeb | None = None, note: CorrectionNote | None = None
) -> str:
    edition = editions.of_issue(issue)
    return render_template(
        "editor/web.html",
        issue=issue,
        edition=edition,
        visibility=visibility or OnTheWeb(formdata=None, visibility=issue.visibility.value),
        note=note or _places(CorrectionNote(formdata=None), edition),
        notes=corrections.of_issue(issue.id),
        early=corrections.why_not_yet(issue),
        may_send=editors.may_send(g.editor),
    )


def _places(form: CorrectionNote, edition: Edition | None) -> CorrectionNote:
    """What a note can concern: the issue as a whole, or one of its stories."""
    found = corrections.anchors(editions.thaw(edition.source)) if edition is not None else {}
    form.anchor.choices = [
        SelectChoice("", _("the issue as a whole")),
        *(SelectChoice(anchor, title) for anchor, title in found.items()),
    ]
    return form


def _back(issue: Issue) -> ResponseReturnValue:
    return redirect(url_for("editor.show_on_web", issue_id=issue.id), 303)
