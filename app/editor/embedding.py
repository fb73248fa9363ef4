"""The newsletter's sign-up form for other sites: a frame, a plain form, and who may use them."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from app.core import editors, newsletters, origins
from app.editor import door, guard, sights
from app.editor.newsletter_forms import Embedding, Sites
from app.extensions import _, db, links
from app.forms import own_token
from app.models import Newsletter
from app.question_fields import name_of
from app.sign_ups import wording

HEIGHT, HEIGHT_OF_QUESTION = 620, 100
"""CSS pixels that the frame takes on a telephone; it scrolls where it needs more."""


@door.get("/newsletters/<slug>/embedding")
def show_newsletter_embedding(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    return _page(newsletter, sights.opened(Embedding, Sites(newsletter.origins)))


@door.post("/newsletters/<slug>/embedding")
@own_token
def change_newsletter_embedding(slug: str) -> ResponseReturnValue:
    guard.require(editors.is_admin)
    newsletter = newsletters.get(slug)
    form = Embedding()
    stands = Sites(newsletter.origins)
    if form.validate_on_submit() and not form.is_overtaken(stands, form.sites()):
        with form.blaming():
            origins.keep(newsletter, form.origins.data or "")
    if form.errors:
        return _page(newsletter, form), 422
    db.session.commit()
    flash(_("The list of sites is kept; it holds from now on."))
    return redirect(url_for("editor.show_newsletter_embedding", slug=slug), 303)


def _page(newsletter: Newsletter, form: Embedding) -> str:
    frame, plain = _snippets(newsletter)
    return render_template(
        "editor/embedding.html", newsletter=newsletter, form=form, frame=frame, plain=plain
    )


def _snippets(newsletter: Newsletter) -> tuple[str, str]:
    """The frame and the plain form, in the newsletter's language.

    Printed as pages are, every value escaped; the desk's page then shows them as text.
    """
    with force_locale(newsletter.language):
        frame = render_template(
            "editor/snippet_frame.html",
            newsletter=newsletter,
            url=links().url(f"/embed/{newsletter.slug}"),
            height=HEIGHT + HEIGHT_OF_QUESTION * len(newsletter.questions),
        )
        plain = render_template(
            "editor/snippet_form.html",
            newsletter=newsletter,
            url=links().url(f"/subscribe/{newsletter.slug}"),
            wording=wording(newsletter),
            name_of=name_of,
        )
    return frame, plain
