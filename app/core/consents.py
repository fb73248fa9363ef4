"""Consents: the proof of what somebody asked for, and of her leaving. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from app.core import clock
from app.extensions import db
from app.models import Consent, ConsentAct, Subscriber, Subscription

ASKING = (ConsentAct.ASKED, ConsentAct.IMPORTED)

MINE, COMING_BACK = "/mine", "/resubscribe"
"""Pages behind the link that stands in every issue, as a proof's source. An issue may have been handed
on: what is pressed there says what is wished, and not who reads the inbox."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody said it (GDPR art. 7(1)): the sentence she saw, where, from which network."""

    wording: str = ""
    source: str = ""
    network: str = ""


def record(
    subscription: Subscription, act: ConsentAct, proof: Proof, at: dt.datetime | None = None
) -> Consent:
    made = Consent(
        subscription=subscription,
        act=act,
        at=at or clock.now(),
        wording=proof.wording,
        source=proof.source,
        network=proof.network,
    )
    db.session.add(made)
    return made


def asked(subscription: Subscription) -> Consent | None:
    """The newest proof that she asked: what the page that lets her leave tells her."""
    return db.session.scalar(
        select(Consent)
        .where(Consent.subscription_id == subscription.id, Consent.act.in_(ASKING))
        .order_by(Consent.id.desc())
        .limit(1)
    )


def last_confirmed_at(subscriber: Subscriber) -> dt.datetime | None:
    """When she last showed, by a link mailed to her alone, that she reads what comes to this address."""
    return db.session.scalar(
        select(func.max(Consent.at))
        .join(Subscription)
        .where(Subscription.subscriber_id == subscriber.id, Consent.act == ConsentAct.CONFIRMED)
        .where(Consent.source.not_in((MINE, COMING_BACK)))
    )
