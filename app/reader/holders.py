"""Holders: whom a link to *My subscription* belongs to, and how much it opens.

The token in the path is all there is: no session, no cookie, no CSRF token. Whoever could forge a
form for somebody else would have to know her token, and with it could open the page itself; no other
site learns it by referer (`app/guards.py`), and pages behind it are kept by no cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from app import language
from app.core import own_pages, subscriptions
from app.core.errors import NotAllowed, NotFound
from app.extensions import _, db, links
from app.links import FOR_EVER, Purpose
from app.models import Newsletter, Subscriber


class TooOld(Exception):
    """A fresh link after its day: the page says why it opens nothing, and leads to a new one."""

    why: object = _("This link was good for a day, and the day is over. Please ask for a new one.")


class Moved(TooOld):
    """A fresh link to an address that she has left since; all that is held is held all the same."""

    why = _("The address that this link was mailed to has changed since. Please ask for a new one.")


@dataclass(frozen=True, slots=True)
class Holder:
    token: str
    subscriber: Subscriber
    is_fresh: bool
    """Mailed within the day to the address itself, not taken from an issue that may have been forwarded."""
    newsletter: Newsletter | None
    """In whose frame her page stands."""

    @property
    def is_proved(self) -> bool:
        return self.is_fresh or own_pages.is_proved(self.subscriber)

    def must_be_fresh(self) -> None:
        if not self.is_fresh:
            raise NotAllowed(
                _("For this, ask for a link to your own address on the page of your subscription.")
            )


def find(token: str) -> Holder | None:
    """None when her rows are gone. Raises NotFound for a forged token, TooOld for a fresh one of old."""
    subscription_id = links().read_subscription_token(token)
    if subscription_id is None:
        return _fresh(token)
    subscription = subscriptions.find(subscription_id)
    if subscription is None:
        return None
    return _welcome(
        Holder(token, subscription.subscriber, is_fresh=False, newsletter=subscription.newsletter)
    )


def _fresh(token: str) -> Holder | None:
    hours = own_pages.FRESH.total_seconds() / 3600
    value = links().read_timed_token(Purpose.MINE, token, hours)
    if value is None:
        if links().read_timed_token(Purpose.MINE, token, FOR_EVER) is not None:
            raise TooOld
        refuse_forged()
    number, _dot, seal = value.partition(".")
    subscriber = db.session.get(Subscriber, int(number))
    if subscriber is None:
        return None
    if not own_pages.is_sealed(subscriber, seal):
        raise Moved
    nearest = own_pages.nearest(subscriber)
    newsletter = nearest.newsletter if nearest else None
    return _welcome(Holder(token, subscriber, is_fresh=True, newsletter=newsletter))


def refuse_forged() -> NoReturn:
    raise NotFound(
        _(
            "This link is not whole: mail programs sometimes cut long ones in two. Please use the"
            " link at the foot of any issue, or ask for a new one on the page “My subscription”."
        )
    )


def _welcome(holder: Holder) -> Holder:
    language.suggest(holder.subscriber.language)
    return holder
