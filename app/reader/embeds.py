"""The sign-up form on other people's sites: in a frame of theirs, or written by hand into their page.

Neither can rest on a cookie: a browser keeps none of ours in a frame of another site (SameSite), and
sends none with a form from there. So these two endpoints take no cookie for anything. What is left to
forge is what anybody may do at any time: ask for a mail to an address, which answers to the same caps,
leaves a sign-up that only the mail's reader can confirm, and comes at most once a day.

The frame's form carries a ticket, signed by us, for this newsletter and this site, good for a day; so
it was loaded from us, and the proof of consent can say on which site.
"""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, ValidationError

from app import guards, language, sign_ups, sites
from app.core import newsletters, origins
from app.extensions import _, csrf, links, settings
from app.links import Purpose
from app.models import Newsletter
from app.reader import door
from app.reader.newsletters import page
from app.sign_ups import SignUpForm, wording

TICKET_HOURS = 24.0

FRAMED = frozenset({"reader.embed", "reader.subscribe_embedded", "reader.embed_thanks"})


class TicketField(HiddenField):  # type: ignore[misc]
    """Where the frame stands, signed. A new one is made with each page."""

    site = ""

    def __init__(self, of: Newsletter, **more: Any) -> None:
        super().__init__(**more)
        self._of = of

    def pre_validate(self, form: Any) -> None:
        said = links().read_timed_token(Purpose.EMBED, self.data or "", TICKET_HOURS) or ""
        slug, _space, self.site = said.partition(" ")
        if slug != self._of.slug:
            raise ValidationError(
                _("This form has been open for long. Please press the button once more.")
            )

    def _value(self) -> str:
        site = self.site or _framing(self._of)
        return links().timed_token(Purpose.EMBED, f"{self._of.slug} {site}")


@door.get("/embed/<slug>")
def embed(slug: str) -> ResponseReturnValue:
    """The form alone, for a frame."""
    newsletter = _framed(slug)
    return _frame(newsletter, _framed_form(newsletter, formdata=None))


@door.post("/embed/<slug>")
@sign_ups.capped
def subscribe_embedded(slug: str) -> ResponseReturnValue:
    """From the frame; the answer stands in the frame, too."""
    newsletter = _framed(slug)
    form = _framed_form(newsletter)
    if not form.validate():
        return _frame(newsletter, form), 422
    site = form["ticket"].site
    sign_ups.take([newsletter], form, f"/embed/{slug}" + (f" ({site})" if site else ""))
    return redirect(url_for("reader.embed_thanks", slug=slug), 303)


@door.get("/embed/<slug>/thanks")
def embed_thanks(slug: str) -> ResponseReturnValue:
    newsletter = _framed(slug)
    return render_template(
        "reader/embed_thanks.html", newsletter=newsletter, inbox_url=settings().inbox_url
    )


@door.get("/subscribe/<slug>")
def to_the_page(slug: str) -> ResponseReturnValue:
    """Somebody asked for the address that forms on other sites are sent to."""
    return redirect(url_for("reader.newsletter", slug=newsletters.get(slug).slug))


@door.post("/subscribe/<slug>")
@sign_ups.capped
def subscribe_from_elsewhere(slug: str) -> ResponseReturnValue:
    """From a form that somebody wrote into a page of theirs; the answer is a page of ours.

    Faults are told on the newsletter's own page, with all that was typed; from there on its form is
    like any other.
    """
    newsletter = newsletters.get(slug)
    language.suggest(newsletter.language)
    form = sign_ups.form_for(newsletter, is_ours=False)
    if not form.validate():
        return page(newsletter, _ours(newsletter, form)), 422
    site = origins.read(request.headers.get("Origin", ""))[: origins.LONGEST]
    sign_ups.take([newsletter], form, f"/subscribe/{slug}" + (f" ({site})" if site else ""))
    return redirect(url_for("reader.subscribed", newsletter=slug), 303)


@door.after_request
def let_sites_frame(response: Response) -> Response:
    """The sites that the newsletter lists may show these pages, faults and refusals among them."""
    if request.endpoint in FRAMED and response.status_code < 500:
        allowed = sites.remembered().get(str((request.view_args or {}).get("slug", "")), ())
        response.headers["Content-Security-Policy"] = guards.policy_framed_by(allowed)
    return response


def _framed(slug: str) -> Newsletter:
    """The newsletter of this frame, and from now on the sites that it lists at this moment."""
    newsletter = newsletters.get(slug)
    sites.remember([newsletter])
    language.suggest(newsletter.language)
    return newsletter


def _framed_form(of: Newsletter, **more: Any) -> SignUpForm:
    extra = {"ticket": TicketField(of)}
    return sign_ups.form_for(of, extra=extra, meta=sign_ups.WITHOUT_COOKIES, **more)


def _frame(newsletter: Newsletter, form: SignUpForm) -> str:
    return render_template(
        "reader/embed.html", newsletter=newsletter, form=form, wording=wording(newsletter)
    )


def _ours(newsletter: Newsletter, foreign: SignUpForm) -> SignUpForm:
    """The page's own form, with what was typed elsewhere and what is wrong with it."""
    form = sign_ups.form_for(newsletter)
    form.offered = foreign.offered
    form.take_over(foreign)
    return form


def _framing(newsletter: Newsletter) -> str:
    """The listed site whose page shows this frame, as far as its browser says (Referer)."""
    site = origins.read(request.headers.get("Referer", ""))
    return site if site in origins.of(newsletter) else ""


for view in (subscribe_embedded, subscribe_from_elsewhere):
    csrf.exempt(view)
