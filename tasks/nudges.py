"""The bell. A door rings after its commit; if nobody hears it, the workers find the row anyway.

Ringing never fails a request and never makes it wait for longer than a second.
"""

from __future__ import annotations

import structlog
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.extensions import settings

log = structlog.get_logger()

QUICK = {"socket_connect_timeout": 1, "socket_timeout": 1, "max_retries": 0}


def notice(notice_id: int) -> None:
    """A notice was ordered and committed."""
    _ring("tasks.notices.send", notice_id)


def edition(edition_id: int) -> None:
    """An edition was ordered and committed."""
    _ring("tasks.issues.print_edition", edition_id)


def deliveries() -> None:
    """There are batches to claim."""
    _ring("tasks.deliveries.send_batch")


def sweep() -> None:
    """Something may be due, or free."""
    _ring("tasks.lookout.sweep")


def _ring(task: str, *args: int) -> None:
    from tasks.celery import celery

    try:
        # A connection of its own, opened for one ring: no pool that a fork or an outage can spoil.
        with Connection(settings().redis_url, transport_options=QUICK) as line:
            celery.send_task(task, args=args, connection=line, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("nudge.unheard", task=task, rows=args, why=str(error))
