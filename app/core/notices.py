"""Notices as orders: a row says that a mail is owed to one person; tasks pay it.

The broker is only a bell. A notice is sent because its row waits, not because a message arrived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock, races
from app.extensions import db
from app.models import Comment, Editor, Newsletter, Notice, NoticeKind, NoticeState, Subscription
from emails.values import Answer, Blame, Outcome

LEASE = dt.timedelta(minutes=12)
"""How long one notice may take before another worker takes it up: longer than a relay may take to
answer the final dot (ten minutes, RFC 5321 §4.5.3.2.6), or a slow one would get each notice thrice."""

STRIKES = 3
"""A notice that ended its worker so many times is set aside; the others go on."""

BACKOFF = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))

MOST = ((dt.timedelta(hours=1), 5), (dt.timedelta(days=1), 10))
"""Of one kind that others can cause, one inbox gets so many mails in so long a time, and no more."""

PATIENCE = dt.timedelta(days=2)
"""A confirmation that comes later than this helps nobody."""


def order(
    kind: NoticeKind,
    address: str,
    *,
    newsletter: Newsletter | None = None,
    subscription: Subscription | None = None,
    together: Sequence[Subscription] = (),
    editor: Editor | None = None,
    comment: Comment | None = None,
    once: str | None = None,
    source: str = "",
) -> Notice:
    """Record that this mail is owed; twice is two mails, so the caller asks `ordered_since`
    first, or orders it by `order_once`.

    `together` are the subscriptions that one confirmation is about.
    """
    now = clock.now()
    notice = Notice(
        kind=kind,
        address=address,
        newsletter=newsletter,
        subscription=subscription,
        subscription_ids=[each.id for each in together],
        editor=editor,
        comment=comment,
        once=once,
        source=source,
        created_at=now,
        not_before=now,
    )
    db.session.add(notice)
    db.session.flush()
    return notice


def order_once(kind: NoticeKind, address: str, once: str, **whose: Any) -> Notice | None:
    """The same, for what may be owed only once however many order it at a time; None to the others."""
    if db.session.scalar(select(Notice.id).where(Notice.once == once)) is not None:
        return None
    try:
        with db.session.begin_nested():
            return order(kind, address, once=once, **whose)
    except IntegrityError:
        # Somebody else ordered it a moment ago, and we waited for their commit.
        return None


def ordered_since(
    address: str,
    kinds: Collection[NoticeKind],
    since: dt.datetime,
    *,
    about: Subscription | None = None,
) -> bool:
    """Whether a mail of one of these kinds was owed to this address since then, `about` this one alone."""
    found = select(Notice.id).where(
        Notice.address == address, Notice.kind.in_(kinds), Notice.created_at >= since
    )
    if about is not None:
        found = found.where(Notice.subscription_id == about.id)
    return db.session.scalar(found.limit(1)) is not None


def is_enough(address: str, kind: NoticeKind) -> bool:
    """Whether this address was owed as many mails of this kind lately as one inbox gets (`MOST`)."""
    now = clock.now()
    longest, most = MOST[-1]
    lately = db.session.scalars(
        select(Notice.created_at)
        .where(Notice.address == address, Notice.kind == kind, Notice.created_at > now - longest)
        .order_by(Notice.created_at.desc())
        .limit(most)
    ).all()
    return any(sum(at > now - within for at in lately) >= few for within, few in MOST)


def due(now: dt.datetime, limit: int = 100) -> list[int]:
    """The ids of notices whose time has come and that nobody holds, oldest first."""
    found = (
        select(Notice.id)
        .where(Notice.state == NoticeState.WAITING, Notice.not_before <= now)
        .where(or_(Notice.lease_until.is_(None), Notice.lease_until <= now))
        .order_by(Notice.not_before, Notice.id)
        .limit(limit)
    )
    return list(db.session.scalars(found))


def claim(notice_id: int) -> Notice | None:
    """Take one notice; None when another has it, or it is settled, or its time has not come."""
    now = clock.now()
    taken = (
        update(Notice)
        .where(Notice.id == notice_id, Notice.state == NoticeState.WAITING)
        .where(Notice.not_before <= now, Notice.strikes < STRIKES)
        .where(or_(Notice.lease_until.is_(None), Notice.lease_until <= now))
        .values(lease_until=now + LEASE, fence=Notice.fence + 1, strikes=Notice.strikes + 1)
    )
    if races.won(taken):
        return db.session.get_one(Notice, notice_id, populate_existing=True)
    set_aside = update(Notice).where(Notice.id == notice_id, Notice.state == NoticeState.WAITING)
    races.won(
        set_aside.where(Notice.strikes >= STRIKES, Notice.lease_until <= now).values(
            state=NoticeState.DROPPED,
            answer=f"set aside: it ended its worker {STRIKES} times",
            settled_at=now,
        )
    )
    return None


def drop(notice: Notice, why: str) -> bool:
    """No longer wanted: it will not be sent."""
    return _settle(notice, NoticeState.DROPPED, Answer(Outcome.REFUSED, text=why))


def settle(notice: Notice, answer: Answer) -> bool:
    """Keep the relay's answer; False when another worker took the notice meanwhile, or whom it is
    about was erased: then it stays dropped.

    In doubt is sent again: a second confirmation is a smaller evil than none.
    """
    if answer.outcome is Outcome.ACCEPTED:
        return _settle(notice, NoticeState.ACCEPTED, answer)
    # A refusal that is about us (a wrong password at the relay) is no reader's fault: later.
    if answer.outcome is Outcome.REFUSED and answer.blame is not Blame.US:
        return _settle(notice, NoticeState.REFUSED, answer)
    wait = BACKOFF[min(notice.attempts, len(BACKOFF) - 1)]
    if clock.now() + wait > notice.created_at + PATIENCE:
        return _settle(notice, NoticeState.EXPIRED, answer)
    return _settle(notice, NoticeState.WAITING, answer, wait)


def _settle(
    notice: Notice, state: NoticeState, answer: Answer, wait: dt.timedelta | None = None
) -> bool:
    now = clock.now()
    return races.won(
        update(Notice)
        .where(Notice.id == notice.id, Notice.fence == notice.fence)
        .where(Notice.state == NoticeState.WAITING)
        .values(
            state=state,
            code=answer.code,
            answer=answer.text,
            attempts=Notice.attempts + 1,
            strikes=0,
            lease_until=None,
            not_before=now + wait if wait else Notice.not_before,
            settled_at=None if wait else now,
        )
    )
