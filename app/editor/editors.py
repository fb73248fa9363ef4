"""Who may sign in at this desk, and for what: an admin's page."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import editors
from app.core.errors import Conflict, NotFound
from app.editor import door, guard
from app.editor.forms import Invitation
from app.extensions import _, db
from app.forms import own_token
from app.models import Editor, Role
from tasks import nudges

GONE = _("Nothing changed: this editor had been removed already.")


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
    if form.validate_on_submit():
        with form.blaming(conflict="address"):
            notice = editors.invite(form.address.data, form.name.data, Role(form.role.data))
    if form.errors:
        return _page(form), 422
    db.session.commit()
    nudges.notice(notice.id)
    flash(_("An invitation is on its way to %(address)s.", address=notice.address))
    return redirect(url_for("editor.list_editors"), 303)


@door.post("/editors/<int:editor_id>/role")
def change_role(editor_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    given = request.form.get("role", "")
    if given not in set(Role):
        raise NotFound(_("There is no such role. Load the page again, please."))
    editor = _meant(editor_id)
    if editor is None:
        return _back(GONE)
    if editor.id == g.editor.id:
        raise Conflict(_("You cannot change your own role; another admin can."))
    name = editor.name
    before = editors.change_role(editor, Role(given))
    db.session.commit()
    return _back(GONE if before is None else _told(name, before, Role(given)))


@door.post("/editors/<int:editor_id>/remove")
def remove_editor(editor_id: int) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    editor = _meant(editor_id)
    if editor is None:
        return _back(GONE)
    if editor.id == g.editor.id:
        raise Conflict(_("You cannot remove yourself; another admin can."))
    name = editor.name
    was_there = editors.remove(editor)
    db.session.commit()
    return _back(_("%(name)s may not sign in any more.", name=name) if was_there else GONE)


def _meant(editor_id: int) -> Editor | None:
    """Whom the button was about; None when she is gone, in another tab or by another admin."""
    try:
        editor = editors.get(editor_id)
    except NotFound:
        return None
    # SQLite gives a removed editor's number to the next one, who was not meant.
    return editor if editor.address == request.form.get("address") else None


def _told(name: str, before: Role, role: Role) -> object:
    if before is role:
        return _("Nothing changed: %(name)s had this role already.", name=name)
    if role is Role.ADMIN:
        return _("From the next click on, %(name)s writes, sends and keeps the desk.", name=name)
    if role is Role.EDITOR:
        return _("From the next click on, %(name)s writes and sends.", name=name)
    return _("From the next click on, %(name)s writes, but does not send.", name=name)


def _back(told: object) -> ResponseReturnValue:
    flash(str(told))
    return redirect(url_for("editor.list_editors"), 303)


def _page(form: Invitation) -> str:
    return render_template("editor/editors.html", editors=editors.listing(), form=form)
