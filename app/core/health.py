"""What the rows tell about the service's health: signs of life, notices that nobody took."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from app.core import clock
from app.extensions import db
from app.models import Notice, NoticeState

LATE = dt.timedelta(minutes=5)
"""A confirmation that takes longer has lost its reader."""


def late_notices() -> int:
    """How many notices have been due for more than LATE and are still waiting."""
    since = clock.now() - LATE
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Notice)
            .where(Notice.state == NoticeState.WAITING, Notice.not_before < since)
        )
        or 0
    )
