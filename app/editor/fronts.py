"""What a newsletter shows and does when somebody signs up: its logo, its reminder."""

from __future__ import annotations

from contextlib import closing

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, FileField

from app.core import editors, looks, newsletters
from app.editor import door, guard
from app.extensions import _, db, settings
from app.forms import Form, own_token
from app.models import Newsletter


class Front(Form):
    logo = FileField(
        _("Logo"),
        description=_("JPEG, PNG, WebP or GIF, 2 MB at the most. It stands above the name."),
    )
    without_logo = BooleanField(_("No logo any more"))
    reminds = BooleanField(
        _("Remind, once, after two days, those who did not confirm"),
        description=_("Whoever has not confirmed after two weeks is forgotten, reminded or not."),
    )


@door.get("/newsletters/<slug>/front")
def show_newsletter_front(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    return _page(newsletter, Front(reminds=newsletter.reminds))


@door.post("/newsletters/<slug>/front")
@own_token
def change_newsletter_front(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = Front()
    if form.validate_on_submit():
        with form.blaming():
            _keep(newsletter, form)
    if form.errors:
        return _page(newsletter, form), 422
    db.session.commit()
    flash(_("Kept."))
    return redirect(url_for("editor.show_newsletter_front", slug=slug), 303)


def _keep(newsletter: Newsletter, form: Front) -> None:
    newsletter.reminds = form.reminds.data
    if form.without_logo.data:
        looks.drop_logo(newsletter)
    upload = request.files.get("logo")
    if upload is not None and upload.filename:
        with closing(upload):
            content = upload.read(looks.MOST_BYTES + 1)
        looks.keep_logo(newsletter, content, settings().media_dir)


def _page(newsletter: Newsletter, form: Front) -> str:
    return render_template("editor/front.html", newsletter=newsletter, form=form)
