"""Subscriptions: pending → confirmed → ended, and the proof of each step.

Every verb may come twice, at once or years later: the conditional UPDATE decides, and what follows
from it (a consent row, a mail) happens only when it bit. Nothing here tells whether an address was
known; what differs, its owner reads in her inbox.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from app.core import (
    addresses,
    answers,
    clock,
    confirmations,
    consents,
    races,
    subscribers,
    suppressions,
)
from app.core.consents import Proof
from app.extensions import db
from app.models import (
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    Subscriber,
    Subscription,
    SubscriptionState,
)

NOT_ENDED: dict[str, Any] = {"ended_at": None, "end_reason": None, "end_word": None, "end_note": ""}
"""What is on record of an end, for one that there is no more."""

UNDO = dt.timedelta(days=7)
"""How long a subscription that was ended can be taken up again without a new confirmation."""

OWN_ACTS = (EndReason.UNSUBSCRIBED, EndReason.ONE_CLICK)


@dataclass(frozen=True, slots=True)
class Wish:
    """A newsletter that somebody asks for."""

    newsletter: Newsletter
    wording: str = ""
    """The sentence beside the box she ticked, as it was shown."""
    answers: Mapping[int, str] = field(default_factory=dict)
    """To the newsletter's own questions, by their id, as `core.answers.read_all` gives them."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a sign-up left behind. Doors ring for the notice and show the same page for all."""

    subscription: Subscription | None = None
    """The first of those asked for; None for a suppressed address, of which nothing is kept."""
    notice: Notice | None = None
    """None when the address had its answer within 24 hours, or must not be mailed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Where subscriptions stand after somebody pressed *confirm*."""

    subscriptions: tuple[Subscription, ...]
    notices: tuple[Notice, ...] = ()
    """The welcomes, the first time; and what other newsletters she asked for still owe her."""

    @property
    def subscription(self) -> Subscription:
        return self.subscriptions[0]


def sign_up(
    newsletter: Newsletter,
    address: str,
    first_name: str = "",
    language: str = "fr",
    *,
    wording: str = "",
    source: str = "",
    network: str = "",
) -> SignUp:
    """Record that this address asked for one newsletter; see `sign_up_for`."""
    wishes = (Wish(newsletter, wording),)
    return sign_up_for(wishes, address, first_name, language, source=source, network=network)


def sign_up_for(
    wishes: Sequence[Wish],
    address: str,
    first_name: str = "",
    language: str = "fr",
    *,
    source: str = "",
    network: str = "",
) -> SignUp:
    """Record that this address asked for these newsletters, and order the one mail that answers.

    The person is not known yet, so nothing of a confirmed reader changes by it. Sign-ups of one
    address wait for each other at its subscriber's row: twenty at once order one mail. Raises
    Invalid when this is no address.
    """
    read = addresses.read(address)
    if suppressions.find(read.key) is not None:
        return SignUp()
    subscriber = subscribers.take(read)
    if suppressions.find(read.key) is not None:
        # She had herself erased while we waited for her row, and `take` has just made another.
        if not subscriber.subscriptions:
            db.session.delete(subscriber)
        return SignUp()
    if not _is_confirmed_anywhere(subscriber):
        subscriber.first_name, subscriber.language = first_name, language
    wanted = [standing(subscriber, wish.newsletter) for wish in wishes]
    for wish, subscription in zip(wishes, wanted, strict=True):
        if subscription.state is not SubscriptionState.CONFIRMED:
            ask(subscription, Proof(wish.wording, source, network))
            answers.keep(subscription, wish.answers)
    return SignUp(wanted[0], confirmations.answer(wanted))


def ask_again(*subscription_ids: int) -> Notice | None:
    """The confirmation once more, for whoever holds a link that has grown too old."""
    pending = [
        each for each in find_all(subscription_ids) if each.state is SubscriptionState.PENDING
    ]
    if not pending or suppressions.find(pending[0].subscriber.address_key) is not None:
        return None
    subscribers.lock(pending[0].subscriber)
    for each in pending:
        # Asked for anew: it is kept for as long as the new link works.
        each.asked_at = clock.now()
    return confirmations.answer(pending)


def confirm(*subscription_ids: int, proof: Proof | None = None) -> Confirmation | None:
    """She pressed the button of the confirmation: from now on she gets what it named.

    Twice is the same as once; one welcome each is ordered. A subscription ended in the meantime
    stays ended. None when all are gone.
    """
    bitten = [each for each in subscription_ids if _confirm(each)]
    found = tuple(filter(None, map(_read, subscription_ids)))
    if not found:
        return None
    confirmed = [each for each in found if each.id in bitten]
    for each in confirmed:
        consents.record(each, ConsentAct.CONFIRMED, proof or Proof())
    if not confirmed or suppressions.find(found[0].subscriber.address_key) is not None:
        return Confirmation(found)
    welcomes = [confirmations.welcome(each) for each in confirmed]
    return Confirmation(found, (*welcomes, *confirmations.answer_the_others(confirmed[0])))


def end(subscription_id: int, reason: EndReason, proof: Proof | None = None) -> Subscription | None:
    """She is no longer written to. As often as anybody likes; None when the rows are gone."""
    bit = races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state != SubscriptionState.ENDED)
        .values(state=SubscriptionState.ENDED, ended_at=clock.now(), end_reason=reason)
    )
    subscription = _read(subscription_id)
    if subscription is not None and bit:
        consents.record(subscription, ConsentAct.ENDED, proof or Proof())
    return subscription


def resume(subscription_id: int, proof: Proof | None = None) -> Subscription | None:
    """Undo an end of her own within `UNDO`; the state of what comes back tells whether it worked.

    Not for what a bounce or a complaint ended, not for one that was never confirmed (those take a
    new sign-up), and not for an address that must not be mailed: a reader whose mail program leaves
    and complains with one press has left, and the complaint comes after.
    """
    known = find(subscription_id)
    if known is not None and is_barred(known):
        return known
    now = clock.now()
    bit = races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.ENDED)
        .where(Subscription.confirmed_at.is_not(None), Subscription.ended_at >= now - UNDO)
        .where(Subscription.end_reason.in_(OWN_ACTS))
        .values(state=SubscriptionState.CONFIRMED, **NOT_ENDED)
    )
    subscription = _read(subscription_id)
    if subscription is not None and bit:
        consents.record(subscription, ConsentAct.CONFIRMED, proof or Proof())
    return subscription


def find(subscription_id: int) -> Subscription | None:
    return db.session.get(Subscription, subscription_id)


def find_all(subscription_ids: Sequence[int]) -> list[Subscription]:
    """Those of them that are still there, in this order."""
    return list(filter(None, map(find, subscription_ids)))


def can_resume(subscription: Subscription) -> bool:
    """Whether `resume` would work now."""
    return (
        subscription.state is SubscriptionState.ENDED
        and subscription.end_reason in OWN_ACTS
        and subscription.confirmed_at is not None
        and subscription.ended_at is not None
        and subscription.ended_at >= clock.now() - UNDO
        and not is_barred(subscription)
    )


def is_barred(subscription: Subscription) -> bool:
    """Whether nothing may be sent to her address, so that coming back would be a word without mail."""
    return suppressions.find(subscription.subscriber.address_key) is not None


def standing(subscriber: Subscriber, newsletter: Newsletter) -> Subscription:
    """The subscription of a locked subscriber, new and pending when there was none."""
    found = db.session.scalar(
        select(Subscription)
        .where(
            Subscription.subscriber_id == subscriber.id,
            Subscription.newsletter_id == newsletter.id,
        )
        .execution_options(populate_existing=True)
    )
    if found is not None:
        return found
    made = Subscription(
        subscriber=subscriber,
        newsletter=newsletter,
        state=SubscriptionState.PENDING,
        asked_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def ask(subscription: Subscription, proof: Proof) -> None:
    """She asks, or asks again: pending, with the proof of it.

    That she had left before stays on record until she confirms: anybody can type her address.
    """
    subscription.state = SubscriptionState.PENDING
    subscription.asked_at = clock.now()
    subscription.confirmed_at = None
    # Who asks anew wants the next issue, not the one after an old pause.
    subscription.paused_until = None
    consents.record(subscription, ConsentAct.ASKED, proof)


def begin(subscription: Subscription, at: dt.datetime) -> None:
    """She has it from that moment on; needs the subscriber locked, or the subscription new."""
    subscription.state, subscription.confirmed_at = SubscriptionState.CONFIRMED, at
    for name, value in NOT_ENDED.items():
        setattr(subscription, name, value)


def _confirm(subscription_id: int) -> bool:
    return races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.PENDING)
        .values(state=SubscriptionState.CONFIRMED, confirmed_at=clock.now(), **NOT_ENDED)
    )


def _is_confirmed_anywhere(subscriber: Subscriber) -> bool:
    found = select(Subscription.id).where(
        Subscription.subscriber_id == subscriber.id,
        Subscription.state == SubscriptionState.CONFIRMED,
    )
    return db.session.scalar(found.limit(1)) is not None


def _read(subscription_id: int) -> Subscription | None:
    return db.session.get(Subscription, subscription_id, populate_existing=True)
