"""What a newsletter says of itself, and the rubrics it has."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import audiences, editors, newsletters
from app.editor import door, guard, sights
from app.editor.newsletter_forms import NewsletterSettings
from app.extensions import _, db
from app.forms import own_token


@door.get("/newsletters")
def list_newsletters() -> ResponseReturnValue:
    rows = [(each, audiences.count(each.id)) for each in newsletters.listing()]
    return render_template("editor/newsletters.html", rows=rows)


@door.get("/newsletters/<slug>")
def edit_newsletter(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = sights.opened(NewsletterSettings, newsletters.settings_of(newsletter))
    return render_template("editor/newsletter.html", newsletter=newsletter, form=form)


@door.post("/newsletters/<slug>")
@own_token
def change_newsletter(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = NewsletterSettings()
    stands = newsletters.settings_of(newsletter)
    if form.validate_on_submit() and not form.is_overtaken(stands, form.settings()):
        with form.blaming():
            newsletters.change(newsletter, form.settings())
    if form.errors:
        return render_template("editor/newsletter.html", newsletter=newsletter, form=form), 422
    db.session.commit()
    flash(_("The settings are kept; the next issue goes out with them."))
    return redirect(url_for("editor.edit_newsletter", slug=slug), 303)
