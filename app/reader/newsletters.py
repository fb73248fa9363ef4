"""What one can subscribe to: the front page, each newsletter's page, its colours, who is responsible."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app import language
from app.core import archive, newsletters
from app.models import Newsletter
from app.reader import accents, door, sheets
from app.sign_ups import ChoiceForm, SignUpForm, form_for, form_of_several, wording

ACCENT_SECONDS = 24 * 3600


@door.get("/")
def front() -> ResponseReturnValue:
    """One newsletter: its own page. Several: a choice, by one form."""
    found = newsletters.listing()
    if len(found) == 1:
        return page(found[0])
    return choice(found)


@door.get("/newsletters/<slug>")
def newsletter(slug: str) -> ResponseReturnValue:
    return page(newsletters.get(slug))


@door.get("/newsletters/<slug>/accent.css")
def accent(slug: str) -> ResponseReturnValue:
    """The newsletter's accent as a style sheet, for a policy that allows no inline style.

    The link carries the colour, so that a change is a new address.
    """
    response = Response(accents.sheet(newsletters.get(slug).accent), mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = ACCENT_SECONDS
    response.add_etag()
    return response.make_conditional(request)


def choice(among: Sequence[Newsletter], form: ChoiceForm | None = None) -> str:
    """The page of all newsletters with their one form, empty or as it came back."""
    form = form or form_of_several(among, formdata=None)
    latest = {each.id: archive.latest(each.id) for each in among}
    return render_template(
        "reader/front.html",
        newsletters=among,
        wordings={each.slug: wording(each) for each in among},
        latest=latest,
        form=form,
    )


def page(of: Newsletter, form: SignUpForm | None = None) -> str:
    """A newsletter's page with its sign-up form, empty or as it came back."""
    language.suggest(of.language)
    latest = archive.latest(of.id)
    form = form or form_for(of, formdata=None)
    return render_template(
        "reader/newsletter.html",
        newsletter=of,
        form=form,
        wording=wording(of),
        latest=latest,
        sheet=sheets.of_entry(latest) if latest else None,
    )
