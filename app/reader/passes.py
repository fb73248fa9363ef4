"""A reader's pass: who came by the signed link of her mail is known to her newsletter's pages.

The link carries the subscription's token; this browser then keeps a signed cookie for 30 days, one
per newsletter, and the address bar shows the clean address, which may be passed on without it. No
row is written: what the cookie names is looked up each time, so that a pass ends with the
subscription, and what it opens is reading. It proves that its bearer had the mail in hand, not who
she is: a mail handed on hands on its pass. Nothing personal may be shown, and nothing of the
subscription be changed, on the strength of it.
"""

from __future__ import annotations

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.core import newsletters, subscriptions
from app.extensions import links, settings
from app.links import Purpose
from app.models import Newsletter, Subscription, SubscriptionState
from app.reader import door

HOURS = 30 * 24
"""From one issue to the next, and over a summer break; each link followed begins them anew."""


@door.get("/archive/<slug>/<int:number>/for/<token>")
def from_mail(slug: str, number: int, token: str) -> ResponseReturnValue:
    """To the issue's clean address, with a pass where the token is one of this newsletter's readers.

    A token that is none, or was cut, leads there just the same: the page itself says what is missing.
    """
    newsletter = newsletters.get(slug)
    answer = redirect(url_for("reader.issue", slug=slug, number=number), 303)
    holder = _reader(newsletter, links().read_subscription_token(token))
    if holder is not None:
        give(answer, holder)
    return answer


def give(answer: Response, holder: Subscription) -> None:
    """To her who came by a link from her mail: the answer leaves the pass with her browser."""
    newsletter = holder.newsletter
    answer.set_cookie(
        cookie(newsletter.slug),
        links().timed_token(Purpose.PASS, f"{newsletter.id}.{holder.id}"),
        max_age=HOURS * 3600,
        secure=settings().is_https,
        httponly=True,
        samesite="Lax",
    )


def holder(newsletter: Newsletter) -> Subscription | None:
    """Who shows a pass for this newsletter, if her subscription still stands.

    Looked up once per request.
    """
    known: dict[int, Subscription | None] = g.setdefault("passes", {})
    if newsletter.id not in known:
        known[newsletter.id] = _reader(newsletter, _shown(newsletter))
    return known[newsletter.id]


def cookie(slug: str) -> str:
    """The cookie's name; `__Host-` where https lets a browser hold it to this host alone."""
    return f"__Host-pass-{slug}" if settings().is_https else f"pass-{slug}"


def _shown(newsletter: Newsletter) -> int | None:
    """The subscription that the visitor's cookie names, if it is ours, in time and for this one."""
    value = links().read_timed_token(
        Purpose.PASS, request.cookies.get(cookie(newsletter.slug), ""), HOURS
    )
    of, _dot, subscription_id = (value or "").partition(".")
    return int(subscription_id) if value and of == str(newsletter.id) else None


def _reader(newsletter: Newsletter, subscription_id: int | None) -> Subscription | None:
    if subscription_id is None:
        return None
    found = subscriptions.find(subscription_id)
    if found is None or found.newsletter_id != newsletter.id:
        return None
    return found if found.state is SubscriptionState.CONFIRMED else None
