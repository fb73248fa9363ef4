"""The bell. A door rings after its commit; if nobody hears it, the workers find the row anyway.

Ringing never fails a request and never makes it wait for longer than a second.
"""

from __future__ import annotations

import structlog
from kombu.exceptions import OperationalError

log = structlog.get_logger()


def notice(notice_id: int) -> None:
    """A notice was ordered and committed."""
    _ring("tasks.notices.send", notice_id)


def edition(edition_id: int) -> None:
    """An edition was ordered and committed, or has work again."""
    _ring("tasks.issues.print_edition", edition_id)


def _ring(task: str, row_id: int) -> None:
    from tasks.celery import celery

    try:
        celery.send_task(task, args=[row_id], retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("nudge.unheard", task=task, row=row_id, why=str(error))
