"""Leaving, and coming back at once.

A mail program may POST here (RFC 8058) with no cookie, no session and no CSRF token, in either
encoding, as often as it likes and years later: it always gets 200 and never a redirect. A browser's
button posts to the same address. Somebody whose rows are gone is answered as kindly.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app import language, visitors
from app.core import addresses, archive, consents, departures, preferences, subscriptions
from app.core.consents import Proof
from app.core.errors import NotFound
from app.extensions import _, csrf, db, links
from app.models import EndReason, Subscription, SubscriptionState
from app.reader import door, mine
from app.reader.mine_forms import WhyForm


@door.get("/unsubscribe/<token>")
def departure(token: str) -> ResponseReturnValue:
    """Why she receives this, and one button. Programs that follow links change nothing."""
    return _page(subscriptions.find(_read(token)), token)


@door.post("/unsubscribe/<token>")
def leave(token: str) -> ResponseReturnValue:
    subscription_id = _read(token)
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    reason = EndReason.ONE_CLICK if one_click else EndReason.UNSUBSCRIBED
    source = "one-click" if one_click else "/unsubscribe"
    subscription = subscriptions.end(
        subscription_id, reason, Proof(source=source, network=visitors.network())
    )
    db.session.commit()
    return _page(subscription, token)


@door.post("/unsubscribe/<token>/why")
def say_why(token: str) -> ResponseReturnValue:
    """A word and a line, if she likes, once she has left."""
    subscription_id = _read(token)
    subscription = subscriptions.find(subscription_id)
    form = WhyForm()
    if subscription is not None and not form.validate():
        return _page(subscription, token, why=form), 422
    is_told = departures.tell(subscription_id, form.chosen, form.note.data or "")
    db.session.commit()
    return _page(subscription, token, is_told=is_told)


@door.post("/resubscribe/<token>")
@mine.capped
def come_back(token: str) -> ResponseReturnValue:
    """Undo. After a week, or after a complaint, the page leads to the form instead."""
    subscription_id = _read(token)
    _speak_to(subscriptions.find(subscription_id))
    subscription = subscriptions.resume(
        subscription_id,
        Proof(
            wording=str(_("Keep my subscription")),
            source=consents.COMING_BACK,
            network=visitors.network(),
        ),
    )
    db.session.commit()
    back = subscription is not None and subscription.state is SubscriptionState.CONFIRMED
    return _page(subscription, token, is_back=back)


def _read(token: str) -> int:
    """The subscription's number; NotFound, in kind words, for a token that none of ours is."""
    subscription_id = links().read_subscription_token(token)
    if subscription_id is None:
        raise NotFound(
            _(
                "This link is not whole: mail programs sometimes cut long ones in two. Please use the"
                " link at the foot of any issue, or answer one: a person reads what comes back."
            )
        )
    return subscription_id


def _page(
    subscription: Subscription | None,
    token: str,
    *,
    is_back: bool = False,
    is_told: bool = False,
    why: WhyForm | None = None,
) -> str:
    if subscription is None:
        return render_template("reader/gone.html")
    newsletter = subscription.newsletter
    _speak_to(subscription)
    has_left = subscription.state is SubscriptionState.ENDED
    return render_template(
        "reader/departure.html",
        newsletter=newsletter,
        subscription=subscription,
        address=addresses.veil(subscription.subscriber.address),
        consent=consents.asked(subscription),
        can_resume=subscriptions.can_resume(subscription),
        barred=preferences.BARRED if has_left and subscriptions.is_barred(subscription) else None,
        is_back=is_back,
        is_told=is_told,
        why=why or WhyForm(formdata=None),
        latest=archive.latest(newsletter.id),
        token=token,
    )


def _speak_to(subscription: Subscription | None) -> None:
    """The page is about herself and speaks her language; the words she presses are kept in it, too."""
    if subscription is not None:
        language.suggest(subscription.subscriber.language)


for view in (leave, say_why, come_back):
    csrf.exempt(view)
