"""Signing up and confirming. The page is the same for every address; the inbox tells the rest.

The buttons behind a mailed link carry no CSRF token: the link's own token cannot be guessed, and a
mail program's browser may keep no cookies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import bells, language, sign_ups, visitors
from app.core import archive, newsletters, preferences, subscriptions
from app.core.confirmations import CONFIRM_WITHIN
from app.core.consents import Proof
from app.core.errors import NotFound
from app.extensions import _, csrf, db, limiter, links, settings
from app.forms import own_token
from app.links import FOR_EVER, Purpose
from app.models import Newsletter, Subscription, SubscriptionState
from app.reader import door, passes
from app.reader.newsletters import choice, page

CONFIRM_HOURS = CONFIRM_WITHIN.total_seconds() / 3600


@door.get("/subscribe")
def to_the_form() -> ResponseReturnValue:
    """Somebody asked for the address that forms are sent to."""
    return redirect(url_for("reader.front"))


@door.post("/subscribe")
@sign_ups.capped
@own_token
def subscribe() -> ResponseReturnValue:
    """To one newsletter, from its page."""
    newsletter = newsletters.get(request.form.get("newsletter", ""))
    form = sign_ups.form_for(newsletter)
    language.suggest(newsletter.language)
    if not form.validate_on_submit():
        return page(newsletter, form), 422
    slug = newsletter.slug
    sign_ups.take([newsletter], form, url_for("reader.newsletter", slug=slug))
    return redirect(url_for("reader.subscribed", newsletter=slug), code=303)


@door.post("/")
@sign_ups.capped
@own_token
def subscribe_to_several() -> ResponseReturnValue:
    """To all that were ticked on the front page; one mail confirms them."""
    offered = newsletters.listing()
    form = sign_ups.form_of_several(offered)
    if not form.validate_on_submit():
        return choice(offered, form), 422
    chosen = [each for each in offered if each.slug in (form.newsletters.data or [])]
    sign_ups.take(chosen, form, url_for("reader.front"))
    return redirect(url_for("reader.subscribed"), code=303)


@door.get("/subscribed")
def subscribed() -> ResponseReturnValue:
    """Look into your inbox: the same words for an address known, unknown or suppressed."""
    newsletter = newsletters.find(request.args.get("newsletter", ""))
    if newsletter is not None:
        language.suggest(newsletter.language)
    return render_template(
        "reader/subscribed.html",
        newsletter=newsletter,
        has_issues=newsletter is not None and _has_issues(newsletter),
        inbox_url=settings().inbox_url,
    )


@door.get("/confirm/<token>")
def confirmation(token: str) -> ResponseReturnValue:
    """One button, or where the subscription stands by now. Programs that follow links change nothing."""
    ids = _read(token, CONFIRM_HOURS)
    return _standing(subscriptions.find_all(ids), token) if ids else _too_old(token)


@door.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """She pressed the button. Twice is the same as once."""
    ids = _read(token, CONFIRM_HOURS)
    if not ids:
        return _too_old(token)
    _speak_to(subscriptions.find_all(ids))
    pressed = _("Confirm my subscription") if len(ids) == 1 else _("Confirm my subscriptions")
    proof = Proof(str(pressed), "/confirm", visitors.network())
    found = subscriptions.confirm(*ids, proof=proof)
    if found is not None:
        bells.ring(found.notices)
    db.session.commit()
    answer = redirect(url_for("reader.confirmation", token=token), code=303)
    for each in found.subscriptions if found is not None else ():
        if each.state is SubscriptionState.CONFIRMED:
            # The page leads on to the latest issue, which may be for subscribers: she is one now.
            passes.give(answer, each)
    return answer


@door.post("/confirm/<token>/again")
@limiter.limit(sign_ups.BY_VISITOR)
def ask_again(token: str) -> ResponseReturnValue:
    """A new confirmation for the holder of an old link; at most one a day, as ever."""
    ids = _read(token, FOR_EVER)
    if not ids:
        _refuse_forged()
    bells.ring([subscriptions.ask_again(*ids)])
    found = subscriptions.find_all(ids)
    slug = found[0].newsletter.slug if len(found) == 1 else None
    db.session.commit()
    return redirect(url_for("reader.subscribed", newsletter=slug), code=303)


def _read(token: str, hours: float) -> list[int]:
    """The subscriptions that a confirmation's link is about; none when it is not ours, or too old."""
    value = links().read_timed_token(Purpose.CONFIRM, token, hours)
    return [int(number) for number in value.split(".")] if value else []


def _too_old(token: str) -> ResponseReturnValue:
    ids = _read(token, FOR_EVER)
    if not ids:
        _refuse_forged()
    found = subscriptions.find_all(ids)
    pending = [each for each in found if each.state is SubscriptionState.PENDING]
    if not pending:
        return _standing(found, token)
    _speak_to(pending)
    words = render_template(
        "reader/too_old.html",
        newsletter=pending[0].newsletter,
        token=token,
        days=CONFIRM_WITHIN.days,
    )
    return words, 410


def _standing(found: Sequence[Subscription], token: str) -> str:
    """The page for where subscriptions stand: to be confirmed, confirmed, left, or gone."""
    if not found:
        return render_template("reader/gone.html")
    standing = {each.state: each for each in reversed(found)}
    # What there is to do comes first, then what is good to know.
    state = next(state for state in SubscriptionState if state in standing)
    concerned = [each.newsletter for each in found if each.state is state]
    is_in = state is SubscriptionState.CONFIRMED
    _speak_to(found)
    return render_template(
        "reader/confirmation.html",
        newsletter=concerned[0],
        several=concerned if len(concerned) > 1 else [],
        state=state,
        barred=preferences.BARRED if is_in and subscriptions.is_barred(found[0]) else None,
        latest=archive.latest(concerned[0].id),
        token=token,
    )


def _has_issues(newsletter: Newsletter) -> bool:
    """Whether there is something to read while the mail is on its way."""
    return archive.has_any(newsletter, subscribed=passes.holder(newsletter) is not None)


def _speak_to(found: Sequence[Subscription]) -> None:
    """These pages are about herself, and speak her language as the mail did that led here.

    Called before the button's words are kept as proof: they are kept as she read them.
    """
    if found:
        language.suggest(found[0].subscriber.language)


def _refuse_forged() -> NoReturn:
    raise NotFound(
        _(
            "This link is not whole: mail programs sometimes cut long ones in two. Please open it"
            " from the mail again, or sign up once more."
        )
    )


for view in (confirm, ask_again):
    csrf.exempt(view)
