"""Who may sign in at this desk: an admin's page."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import editors
from app.core.errors import Conflict, Invalid
from app.editor import door, guard
from app.editor.forms import Invitation
from app.extensions import _, db
from app.forms import own_token
from app.models import Role
from tasks import nudges


@door.get("/editors")
def list_editors() -> ResponseReturnValue:
    guard.require(editors.is_admin)
    return _page(Invitation())


@door.post("/editors")
@own_token
def invite_editor() -> ResponseReturnValue:
    """Add an editor and order the mail with which she chooses a password."""
    guard.require(editors.is_admin)
    form = Invitation()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        notice = editors.invite(form.address.data, form.name.data, Role(form.role.data))
    except Invalid as refused:
        form.blame(refused.faults)
        return _page(form), 422
    except Conflict as refused:
        form.blame({"address": refused.message})
        return _page(form), 409
    db.session.commit()
    nudges.notice(notice.id)
    flash(_("An invitation is on its way to %(address)s.", address=notice.address))
    return redirect(url_for("editor.list_editors"), 303)


@door.post("/editors/<int:editor_id>/remove")
def remove_editor(editor_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    editor = editors.get(editor_id)
    if editor.id == g.editor.id:
        raise Conflict(_("You cannot remove yourself; another admin can."))
    editors.remove(editor)
    db.session.commit()
    flash(_("%(name)s may not sign in any more.", name=editor.name))
    return redirect(url_for("editor.list_editors"), 303)


def _page(form: Invitation) -> str:
    return render_template("editor/editors.html", editors=editors.listing(), form=form)
