"""The mails around a confirmation: the one that answers a sign-up, and the welcome after the press.

One mail answers all newsletters asked for at once, and an address gets one such mail a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from app.core import clock, consents, notices
from app.extensions import db
from app.models import Notice, NoticeKind, Subscription, SubscriptionState

QUIET = dt.timedelta(hours=24)
"""At most one answer to sign-ups per address in this time: no inbox can be bombed by our form.

It ends early when she confirms: who reads and answers is not being bombed, and her next sign-up
deserves its answer.
"""

CONFIRM_WITHIN = dt.timedelta(days=7)
"""How long the link of a confirmation works."""

ANSWERS = (NoticeKind.CONFIRMATION, NoticeKind.ALREADY_SUBSCRIBED, NoticeKind.REMINDER)
ASKING = (NoticeKind.CONFIRMATION, NoticeKind.REMINDER)
"""Those whose link confirms."""


def answer(wanted: Sequence[Subscription]) -> Notice | None:
    """The one mail that answers a sign-up; None while the address has its quiet."""
    subscriber = wanted[0].subscriber
    since = clock.now() - QUIET
    confirmed_at = consents.last_confirmed_at(subscriber)
    if notices.ordered_since(subscriber.address, ANSWERS, max(since, confirmed_at or since)):
        return None
    pending = [each for each in wanted if each.state is SubscriptionState.PENDING]
    if not pending:
        return _order(NoticeKind.ALREADY_SUBSCRIBED, wanted[0])
    return _order(NoticeKind.CONFIRMATION, *pending)


def remind(wanted: Sequence[Subscription]) -> Notice | None:
    """The reminder of what she asked for and did not confirm; None while the address has its quiet."""
    if notices.ordered_since(wanted[0].subscriber.address, ANSWERS, clock.now() - QUIET):
        return None
    return _order(NoticeKind.REMINDER, *wanted)


def answer_the_others(confirmed: Subscription) -> list[Notice]:
    """The confirmation that the quiet time held back for other newsletters she asked for.

    She has just shown that she reads this inbox, so one more mail bombs nobody.
    """
    since = clock.now() - CONFIRM_WITHIN
    answered = select(Notice.id).where(
        Notice.subscription_id == Subscription.id,
        Notice.kind == NoticeKind.CONFIRMATION,
        Notice.created_at >= since,
    )
    others = db.session.scalars(
        select(Subscription)
        .where(Subscription.subscriber_id == confirmed.subscriber_id, ~answered.exists())
        .where(Subscription.state == SubscriptionState.PENDING, Subscription.asked_at >= since)
        .order_by(Subscription.id)
    )
    owed = others.all()
    return [_order(NoticeKind.CONFIRMATION, *owed)] if owed else []


def welcome(confirmed: Subscription) -> Notice:
    return _order(NoticeKind.WELCOME, confirmed)


def _order(kind: NoticeKind, subscription: Subscription, *more: Subscription) -> Notice:
    return notices.order(
        kind,
        subscription.subscriber.address,
        newsletter=subscription.newsletter,
        subscription=subscription,
        together=(subscription, *more) if kind in ASKING else (),
    )
