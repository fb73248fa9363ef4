"""Printing: a worker renders the ordered edition for good, then plans it, once each."""

from __future__ import annotations

import structlog

from app.core import deliveries, editions, plans, searches
from app.extensions import db
from app.models import Edition, EditionState
from emails import render
from emails.errors import MailError
from tasks import installations, nudges
from tasks.celery import celery

log = structlog.get_logger()

RINGS = 4
"""Bells rung for a new edition: enough to wake the slots of one machine; the rest look for themselves."""


@celery.task(name="tasks.issues.print_edition")
def print_edition(edition_id: int) -> None:
    """A nudge to print and plan. Twice is the same as once; after a crash it goes on where it was."""
    if press(edition_id):
        for _ring in range(RINGS):
            nudges.deliveries()


def press(edition_id: int) -> bool:
    """Print, then plan; True when there is now something to send."""
    edition = db.session.get(Edition, edition_id)
    if edition is None or not installations.may_send():
        db.session.rollback()
        return False
    if edition.state is EditionState.ORDERED:
        _print(edition)
    planned = plans.make(edition_id)
    db.session.commit()
    if planned is None:
        return False
    log.info("edition.planned", edition=edition_id, planned=planned)
    # An edition without readers is over before it began.
    deliveries.close(edition_id)
    db.session.commit()
    return planned > 0


def _print(edition: Edition) -> None:
    edition_id = edition.id
    try:
        printed = render.print_issue(editions.thaw(edition.source))
    except MailError as odd:
        editions.halt(edition_id, f"it could not be printed: {odd}", EditionState.ORDERED)
        log.exception("edition.halted", edition=edition_id)
    else:
        if editions.keep_print(edition_id, printed):
            # In the same transaction: what is out can be found.
            searches.fill(edition_id)
        else:
            log.error("edition.halted", edition=edition_id, why="the digests differ")
    db.session.commit()
