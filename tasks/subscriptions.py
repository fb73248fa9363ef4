"""Subscriptions that wait for their confirmation: one reminder, then nothing is left of them."""

from __future__ import annotations

import structlog

from app.core import unconfirmed
from app.extensions import db
from tasks import nudges

log = structlog.get_logger()


def tend() -> None:
    """Remind and forget whoever is due. As often as one likes, and from several workers at once."""
    reminded = unconfirmed.remind()
    ids = [notice.id for notice in reminded]
    db.session.commit()
    for notice_id in ids:
        nudges.notice(notice_id)
    forgotten = unconfirmed.forget()
    db.session.commit()
    if forgotten:
        log.info("subscriptions.forgotten", count=forgotten)
