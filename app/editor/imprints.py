"""The legal notice of this installation: an admin's page."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, TextAreaField
from wtforms.validators import Length

from app.core import editors, imprints
from app.core.imprints import LONGEST, Particulars
from app.editor import door, guard, sights
from app.editor.forms import line
from app.editor.sights import Sighted
from app.extensions import _, db
from app.forms import Needed, own_token, stripped, unwrapped

NEEDED = _("Please fill this in.")
_WHOLE = [Needed(NEEDED), Length(max=LONGEST)]


class LegalNotice(Sighted):
    publisher = line(
        _("Publisher"),
        LONGEST,
        needed=True,
        description=_("A person’s name, or a company with its legal form."),
    )
    postal_address = TextAreaField(_("Postal address"), _WHOLE, filters=[unwrapped])
    phone = line(_("Telephone"), LONGEST, needed=True)
    contact = EmailField(
        _("Address for questions"),
        [Needed(NEEDED)],
        filters=[stripped],
        description=_("Also for those about what is kept of a reader."),
    )
    registration = line(
        _("Registration"),
        LONGEST,
        description=_("Of a company: its capital and number in the register. May stay empty."),
    )
    director = line(_("Director of publication"), LONGEST, needed=True)
    host = line(_("Host"), LONGEST, needed=True, description=_("The company that runs the server."))
    host_address = TextAreaField(_("The host’s postal address"), _WHOLE, filters=[unwrapped])
    host_phone = line(_("The host’s telephone"), LONGEST, needed=True)

    def particulars(self) -> Particulars:
        return Particulars(**self.words())


@door.get("/imprint")
def show_imprint() -> ResponseReturnValue:
    guard.require(editors.is_admin)
    return _page(sights.opened(LegalNotice, imprints.read()))


@door.post("/imprint")
@own_token
def change_imprint() -> ResponseReturnValue:
    """All at once: half a legal notice is none."""
    guard.require(editors.is_admin)
    form = LegalNotice()
    if form.validate_on_submit() and not form.is_overtaken(imprints.read(), form.particulars()):
        with form.blaming():
            imprints.keep(form.particulars())
    if form.errors:
        return _page(form), 422
    db.session.commit()
    flash(_("The legal notice is kept and stands on the public pages."))
    return redirect(url_for("editor.show_imprint"), 303)


def _page(form: LegalNotice) -> str:
    return render_template("editor/imprint.html", form=form, missing=imprints.missing())
