"""Notices as orders: a row says that a mail is owed to one person; tasks pay it.

The broker is only a bell. A notice is sent because its row waits, not because a message arrived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from app.core import clock
from app.extensions import db
from app.models import Editor, Newsletter, Notice, NoticeKind, Subscription


def order(
    kind: NoticeKind,
    address: str,
    *,
    newsletter: Newsletter | None = None,
    subscription: Subscription | None = None,
    editor: Editor | None = None,
    source: str = "",
) -> Notice:
    """Record that this mail is owed; twice is two mails, so the caller asks `ordered_since` first."""
    now = clock.now()
    notice = Notice(
        kind=kind,
        address=address,
        newsletter=newsletter,
        subscription=subscription,
        editor=editor,
        source=source,
        created_at=now,
        not_before=now,
    )
    db.session.add(notice)
    db.session.flush()
    return notice


def ordered_since(address: str, kinds: Collection[NoticeKind], since: dt.datetime) -> bool:
    """Whether a mail of one of these kinds was owed to this address since then."""
    found = select(Notice.id).where(
        Notice.address == address, Notice.kind.in_(kinds), Notice.created_at >= since
    )
    return db.session.scalar(found.limit(1)) is not None
