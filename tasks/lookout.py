"""The lookout: finds by itself what no nudge announced, and does it.

The broker may be emptied, stopped or away for the whole of a send. Each worker machine runs this
loop beside its Celery nodes: every two seconds it frees what dead workers hold, makes retry batches
of what is due, and takes up what has waited for longer than a bell needs to be heard.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from app.core import (
    batches,
    clock,
    deliveries,
    editions,
    notices,
    plans,
    schedules,
    shares,
    workers,
)
from app.extensions import db, settings
from app.models import EditionState
from tasks import comments, installations, issues, journal, nudges, subscriptions
from tasks import deliveries as sending
from tasks import notices as posting
from tasks.celery import celery, flask_app

log = structlog.get_logger()

EVERY = 2.0
"""Seconds between two looks."""

UNHEARD = dt.timedelta(seconds=3)
"""A bell that nobody heard for so long is not waited for."""


def run(stop: threading.Event) -> None:
    """Look until told to stop. A database that is away is waited for, not died of."""
    while not stop.wait(EVERY):
        with flask_app().app_context():
            _errand(look, stop.is_set)


def look(stopping: Callable[[], bool] = lambda: False) -> None:
    """One look around: put in order what lies about, then do what nobody else is doing."""
    workers.seen(f"lookout@{socket.gethostname()}")
    db.session.commit()
    if not installations.look():
        return
    _errand(tidy)
    _errand(comments.order_digests, clock.now())
    for notice_id in notices.due(clock.now() - UNHEARD):
        if stopping():
            return
        _errand(posting.post, notice_id)
    for edition_id in editions.ordered_before(clock.now() - UNHEARD):
        _errand(issues.press, edition_id)
    idle = batches.is_idle()
    db.session.commit()
    if idle:
        sending.pump(stopping=stopping)


def _errand(step: Callable[..., object], *what: object) -> None:
    """Do one thing; what goes wrong with it is said, with its trace, and stops no other.

    Whatever breaks in a step leaves its rows as a killed worker would: a claim that runs out.
    """
    try:
        step(*what)
    except DBAPIError as error:
        log.warning("lookout.database", why=str(error.orig))
        db.session.rollback()
    except Exception:
        log.exception("lookout.broken", step=step.__name__, rows=what)
        db.session.rollback()


@celery.task(name="tasks.lookout.sweep")
def sweep() -> None:
    """Beat's round: the same tidying, and a bell where there is something to do."""
    if not installations.may_send():
        db.session.rollback()
        return
    tidy()
    ring = batches.is_idle()
    waiting = notices.due(clock.now())
    db.session.commit()
    if ring:
        nudges.deliveries()
    for notice_id in waiting:
        nudges.notice(notice_id)


@celery.task(name="tasks.lookout.alive")
def alive(queue: str) -> None:
    """Sent through the queue itself: proves beat, broker and node in one."""
    workers.seen(f"{queue}@{socket.gethostname()}")
    db.session.commit()


def tidy() -> int:
    """Free what dead workers hold, bring back what is due, order what was scheduled for now, close what is
    over, sweep up journals that nobody needs, tend sign-ups that wait. Twice is harmless.

    How many batches were freed.
    """
    freed = free_orphans()
    plans.make_retries()
    schedules.release()
    db.session.commit()
    for edition_id in editions.in_state(EditionState.PLANNED):
        deliveries.close(edition_id)
    db.session.commit()
    sweep_journals()
    subscriptions.tend()
    return freed


def sweep_journals() -> int:
    """Remove the journals of dead owners that no open batch waits for; how many there were.

    Held while it is asked after, so that nobody who recovers from it finds it gone. Young ones are
    left: an owner that has just made hers may not have claimed, or locked, yet.
    """
    swept = 0
    state_dir = settings().state_dir
    for owner in journal.left_alone(state_dir):
        with contextlib.suppress(BlockingIOError), journal.left_by(state_dir, owner) as path:
            if path and not batches.is_owned(owner):
                path.unlink()
                swept += 1
    db.session.commit()
    return swept


def free_orphans() -> int:
    """End the leases of owners on this disk whose journal lock is free: they are dead."""
    freed = 0
    state_dir = settings().state_dir
    for batch_id, fence, owner in batches.held_by(journal.place(state_dir)):
        try:
            with journal.left_by(state_dir, owner) as path:
                if path and batches.orphan(batch_id, fence):
                    freed += 1
                    log.warning("batch.orphaned", batch=batch_id)
        except BlockingIOError:
            continue
    for owner in shares.owners(journal.place(state_dir)):
        with contextlib.suppress(BlockingIOError), journal.left_by(state_dir, owner):
            shares.give_back(owner)
    db.session.commit()
    return freed
