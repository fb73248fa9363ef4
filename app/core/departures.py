"""Departures: why readers leave, in a word and a line of their own, for those who make the newsletter.

Asked once she has left, never before; kept with her subscription, so that it goes when she is erased
or comes back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, update

from app.core import races
from app.core.subscriptions import OWN_ACTS
from app.extensions import _, db
from app.models import EndWord, Newsletter, Subscription, SubscriptionState

LONGEST_NOTE = 500
"""Characters."""

NOTES = 100
"""The newest that the desk shows."""


WORDS = {
    EndWord.TOO_OFTEN: _("It comes too often"),
    EndWord.NOT_FOR_ME: _("It is not for me any more"),
    EndWord.NEVER_ASKED: _("I never asked for it"),
    EndWord.ELSEWHERE: _("I read it elsewhere"),
}
"""How each word is said, by her and to the desk."""


@dataclass(frozen=True, slots=True)
class Note:
    """What one of them wrote; nobody is named."""

    at: dt.datetime
    word: EndWord | None
    text: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why readers left a newsletter."""

    ended: int
    """All who left by themselves, whether they said why or not."""
    counts: dict[EndWord, int]
    notes: tuple[Note, ...]

    @property
    def silent(self) -> int:
        return self.ended - sum(self.counts.values())


def tell(subscription_id: int, word: EndWord | None, note: str) -> bool:
    """Keep why she left; the last word counts. False when she has not left."""
    return races.won(
        update(Subscription)
        .where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.ENDED)
        .values(end_word=word, end_note=note)
    )


def reasons(newsletter: Newsletter) -> Reasons:
    """Counted over all who left by an act of their own."""
    left = (
        (Subscription.newsletter_id == newsletter.id)
        & (Subscription.state == SubscriptionState.ENDED)
        & Subscription.end_reason.in_(OWN_ACTS)
    )
    counted = db.session.execute(
        select(Subscription.end_word, func.count()).where(left).group_by(Subscription.end_word)
    ).all()
    notes = db.session.execute(
        select(Subscription.ended_at, Subscription.end_word, Subscription.end_note)
        .where(left, Subscription.end_note != "")
        .order_by(Subscription.ended_at.desc(), Subscription.id.desc())
        .limit(NOTES)
    ).all()
    counts = dict(counted)
    return Reasons(
        ended=sum(counts.values()),
        counts={word: counts.get(word, 0) for word in EndWord},
        notes=tuple(Note(at, word, text) for at, word, text in notes if at),
    )
