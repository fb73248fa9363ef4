"""A finished text becomes a draft; what the import has to say stands on a page of its own."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from app.core import editors, imports, issues, newsletters
from app.editor import door
from app.editor.forms import Import
from app.editor.issues import offer_newsletters
from app.extensions import _, db
from app.forms import own_token

MOST_BYTES = 1024 * 1024
"""A weekly issue is some 10 kB of text; a file of a megabyte is something else."""


@door.get("/issues/import")
def import_issue() -> ResponseReturnValue:
    return render_template("editor/import.html", form=offer_newsletters(Import()))


@door.post("/issues/import")
@own_token
def read_issue() -> ResponseReturnValue:
    """Pressed twice, or its answer loaded anew, it is one draft."""
    form = offer_newsletters(Import())
    if not form.validate_on_submit():
        return render_template("editor/import.html", form=form), 422
    text, fault = _given(form)
    if fault is not None:
        form.blame({"file": fault})
        return render_template("editor/import.html", form=form), 422
    newsletter = newsletters.get(form.newsletter.data)
    imported = imports.read(text, newsletter.rubrics)
    issue, remarks = issues.find_made_from(newsletter, imported), list(imported.remarks)
    if issue is None:
        issue, remarks = issues.create_from(
            newsletter, imported, takes_tagline=editors.is_admin(g.editor)
        )
    db.session.commit()
    return render_template("editor/imported.html", issue=issue, remarks=remarks)


def _given(form: Import) -> tuple[str, object | None]:
    """The text of the file, else the pasted one; or what is wrong with them."""
    upload = request.files.get("file")
    content = upload.read(MOST_BYTES + 1) if upload is not None and upload.filename else b""
    if len(content) > MOST_BYTES:
        return "", _("This file is too large for an issue: 1 MB at the most.")
    text = imports.decode(content) if content else form.text.data or ""
    if not text.strip():
        return "", _("Please choose a file or paste a text.")
    return text, None
