"""Preferences: how a reader wants what she gets, said by herself behind a signed link.

Each verb leaves a consent row when it changed something, and nothing when it did not: a second press
is the same as one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from app.core import answers, clock, consents, notices, subscribers, subscriptions, suppressions
from app.core.consents import Proof
from app.core.errors import Invalid, NotAllowed
from app.extensions import _, db
from app.models import (
    ConsentAct,
    Newsletter,
    Notice,
    NoticeKind,
    Rubric,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from emails.values import RubricKind, RubricText

LONGEST_PAUSE = dt.timedelta(days=365)

QUIET = dt.timedelta(hours=24)
"""At most one welcome to a newsletter in this time, however often she leaves and joins: who holds an
issue that was handed on could fill her inbox with them."""

LANGUAGES = ("fr", "en")

BARRED = _(
    "No newsletter can be sent to this address: mail to it came back, or was reported as"
    " unwanted. Please write to us, and a person will look into it."
)
"""Told only to whom a signed link shows as the address's own reader."""


def choosable(rubrics: Iterable[Rubric | RubricText]) -> frozenset[str]:
    """The anchors of the rubrics that a reader may do without.

    All but the sponsored ones, which pay for the rest; a rubric that an issue must have concerns who
    writes it, not who reads it. Masthead, way out and imprint are no rubrics and always stand.
    """
    return frozenset(each.anchor for each in rubrics if each.kind != RubricKind.SPONSORED)


def wants(subscription: Subscription, rubric: Rubric) -> bool:
    return rubric.anchor not in subscription.hidden_rubrics.split()


def choose(
    subscription: Subscription, wanted: Collection[str], *, text_only: bool, proof: Proof
) -> bool:
    """Only the rubrics of these anchors from now on, as text alone if so wished; whether it is new.

    Raises Invalid when nothing of the newsletter would be left: to leave is another button.
    """
    rubrics = subscription.newsletter.rubrics
    offered = choosable(rubrics)
    if offered and not offered.intersection(wanted):
        sentence = _("Please keep at least one rubric. To receive nothing more, unsubscribe.")
        raise Invalid(sentence, {"rubrics": sentence})
    _hold(subscription)
    left_out = (each.anchor for each in rubrics if each.anchor in offered - set(wanted))
    hidden = " ".join(left_out)
    if (hidden, text_only) == (subscription.hidden_rubrics, subscription.text_only):
        return False
    subscription.hidden_rubrics, subscription.text_only = hidden, text_only
    consents.record(subscription, ConsentAct.CHANGED, proof)
    return True


def today() -> dt.date:
    return clock.now().astimezone(clock.PARIS).date()


def is_paused(subscription: Subscription) -> bool:
    until = subscription.paused_until
    return until is not None and until > clock.now()


def back_on(subscription: Subscription) -> dt.date | None:
    """The day from which a paused reader gets issues again."""
    until = subscription.paused_until
    return (
        until.astimezone(clock.PARIS).date()
        if until is not None and is_paused(subscription)
        else None
    )


def pause(subscription: Subscription, day: dt.date, proof: Proof) -> None:
    """No issue before this day; from its first minute in Paris they come again by themselves."""
    if not today() < day <= today() + LONGEST_PAUSE:
        sentence = _("Please choose a day from tomorrow on, within a year.")
        raise Invalid(sentence, {"until": sentence})
    _hold(subscription)
    until = dt.datetime.combine(day, dt.time(), clock.PARIS).astimezone(dt.UTC)
    if subscription.paused_until != until:
        subscription.paused_until = until
        consents.record(subscription, ConsentAct.CHANGED, proof)


def go_on(subscription: Subscription, proof: Proof) -> None:
    """The pause is over now."""
    _hold(subscription)
    if is_paused(subscription):
        subscription.paused_until = None
        consents.record(subscription, ConsentAct.CHANGED, proof)


def _hold(subscription: Subscription) -> None:
    """Wait for another press of hers, and see what it left."""
    subscribers.lock(subscription.subscriber)
    db.session.refresh(subscription)


def speak(subscriber: Subscriber, language: str, proof: Proof) -> None:
    """Pages and notices speak this language to her from now on."""
    if language not in LANGUAGES:
        sentence = _("Choose fr or en.")
        raise Invalid(sentence, {"language": sentence})
    subscribers.lock(subscriber)
    if subscriber.language == language:
        return
    subscriber.language = language
    for subscription in subscriber.subscriptions:
        if subscription.state is SubscriptionState.CONFIRMED:
            consents.record(subscription, ConsentAct.CHANGED, proof)


def join(
    subscriber: Subscriber,
    newsletter: Newsletter,
    proof: Proof,
    given: Mapping[int, str] | None = None,
) -> Notice | None:
    """One more newsletter for somebody whose address is proved: no second confirmation is asked for.

    `given` are her answers to its questions, as `answers.read_all` keeps them, in place of older ones.
    The welcome is ordered, so that she learns of it in her inbox, whoever held the link. None when she
    has it already, or was welcomed within `QUIET`. Raises NotAllowed for an address that must not be
    mailed.
    """
    # Locked first: of somebody erased a moment ago that is said, and not that mail came back.
    subscribers.lock(subscriber)
    if suppressions.find(subscriber.address_key) is not None:
        raise NotAllowed(BARRED)
    subscription = subscriptions.standing(subscriber, newsletter)
    if subscription.state is SubscriptionState.CONFIRMED:
        return None
    subscriptions.ask(subscription, proof)
    answers.keep(subscription, given or {})
    subscriptions.begin(subscription, clock.now())
    consents.record(subscription, ConsentAct.CONFIRMED, proof)
    if notices.ordered_since(
        subscriber.address, (NoticeKind.WELCOME,), clock.now() - QUIET, about=subscription
    ):
        return None
    return notices.order(
        NoticeKind.WELCOME,
        subscriber.address,
        newsletter=newsletter,
        subscription=subscription,
    )
