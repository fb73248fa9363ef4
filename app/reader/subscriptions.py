"""Signing up and confirming. The page is the same for every address; the inbox tells the rest.

The buttons behind a mailed link carry no CSRF token: the link's own token cannot be guessed, and a
mail program's browser may keep no cookies.
"""

from __future__ import annotations

from typing import NoReturn

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import bells, language, pace, visitors
from app.core import archive, newsletters, subscriptions
from app.core.consents import Proof
from app.core.errors import NotFound
from app.core.subscriptions import CONFIRM_WITHIN
from app.extensions import _, csrf, db, limiter, links, settings
from app.links import Purpose
from app.models import Newsletter, Subscription, SubscriptionState
from app.reader import door
from app.reader.newsletters import page, wording
from app.sign_ups import SignUpForm

CONFIRM_HOURS = CONFIRM_WITHIN.total_seconds() / 3600
FOR_EVER = 24 * 365 * 100.0
"""Hours: to read the number out of a link that has grown too old."""

BY_VISITOR = "30 per hour"
BY_NETWORK = "150 per hour"
"""A family, an office or a school behind one address stays far below; a robot does not."""


EVEN_SECONDS = 0.025
"""A sign-up is answered no sooner. A new address costs 8 ms of work, a confirmed one 5, a suppressed
one 3 (measured, PostgreSQL on loopback): what is left of that, no stopwatch tells apart."""


@door.get("/subscribe")
def to_the_form() -> ResponseReturnValue:
    """Somebody asked for the address that forms are sent to."""
    return redirect(url_for("reader.front"))


@door.post("/subscribe")
@limiter.limit(BY_NETWORK, key_func=visitors.network)
@limiter.limit(BY_VISITOR)
def subscribe() -> ResponseReturnValue:
    form = SignUpForm()
    newsletter = newsletters.get(form.newsletter.data or "")
    language.suggest(newsletter.language)
    if not form.validate_on_submit():
        return page(newsletter, form), 422
    slug = newsletter.slug
    with pace.even(EVEN_SECONDS):
        if not form.is_trapped:
            _sign_up(newsletter, form)
        db.session.commit()
    return redirect(url_for("reader.subscribed", newsletter=slug), code=303)


def _sign_up(newsletter: Newsletter, form: SignUpForm) -> None:
    found = subscriptions.sign_up(
        newsletter,
        form.address.data,
        form.first_name.data or "",
        language.spoken(),
        wording=wording(newsletter),
        source=url_for("reader.newsletter", slug=newsletter.slug),
        network=visitors.network(),
    )
    bells.ring([found.notice])


@door.get("/subscribed")
def subscribed() -> ResponseReturnValue:
    """Look into your inbox: the same words for an address known, unknown or suppressed."""
    newsletter = newsletters.find(request.args.get("newsletter", ""))
    if newsletter is not None:
        language.suggest(newsletter.language)
    return render_template(
        "reader/subscribed.html", newsletter=newsletter, inbox_url=settings().inbox_url
    )


@door.get("/confirm/<token>")
def confirmation(token: str) -> ResponseReturnValue:
    """One button, or where the subscription stands by now. Programs that follow links change nothing."""
    subscription_id = _read(token, CONFIRM_HOURS)
    if subscription_id is None:
        return _too_old(token)
    return _standing(subscriptions.find(subscription_id), token)


@door.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """She pressed the button. Twice is the same as once."""
    subscription_id = _read(token, CONFIRM_HOURS)
    if subscription_id is None:
        return _too_old(token)
    found = subscriptions.confirm(
        subscription_id,
        Proof(
            wording=str(_("Confirm my subscription")),
            source="/confirm",
            network=visitors.network(),
        ),
    )
    if found is not None:
        bells.ring(found.notices)
    db.session.commit()
    return redirect(url_for("reader.confirmation", token=token), code=303)


@door.post("/confirm/<token>/again")
@limiter.limit(BY_VISITOR)
def ask_again(token: str) -> ResponseReturnValue:
    """A new confirmation for the holder of an old link; at most one a day, as ever."""
    subscription_id = _read(token, FOR_EVER)
    if subscription_id is None:
        _refuse_forged()
    bells.ring([subscriptions.ask_again(subscription_id)])
    subscription = subscriptions.find(subscription_id)
    slug = subscription.newsletter.slug if subscription else None
    db.session.commit()
    return redirect(url_for("reader.subscribed", newsletter=slug), code=303)


def _read(token: str, hours: float) -> int | None:
    value = links().read_timed_token(Purpose.CONFIRM, token, hours)
    return int(value) if value else None


def _too_old(token: str) -> ResponseReturnValue:
    subscription_id = _read(token, FOR_EVER)
    if subscription_id is None:
        _refuse_forged()
    subscription = subscriptions.find(subscription_id)
    if subscription is None or subscription.state is not SubscriptionState.PENDING:
        return _standing(subscription, token)
    language.suggest(subscription.newsletter.language)
    words = render_template(
        "reader/too_old.html",
        newsletter=subscription.newsletter,
        token=token,
        days=CONFIRM_WITHIN.days,
    )
    return words, 410


def _standing(subscription: Subscription | None, token: str) -> str:
    """The page for where a subscription stands: to be confirmed, confirmed, left, or gone."""
    if subscription is None:
        return render_template("reader/gone.html")
    newsletter = subscription.newsletter
    language.suggest(newsletter.language)
    return render_template(
        "reader/confirmation.html",
        newsletter=newsletter,
        state=subscription.state,
        latest=archive.latest(newsletter.id),
        token=token,
    )


def _refuse_forged() -> NoReturn:
    raise NotFound(
        _(
            "This link is not whole: mail programs sometimes cut long ones in two. Please open it"
            " from the mail again, or sign up once more."
        )
    )


for view in (confirm, ask_again):
    csrf.exempt(view)
