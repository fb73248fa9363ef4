"""Recovery: settle what a batch's last owner had under way, from its journal where there is one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import structlog

from app.core import batches, ledger
from app.core.batches import Claim
from app.core.ledger import Result
from app.extensions import db, settings
from tasks import journal
from tasks.senders import is_about_us

log = structlog.get_logger()

SURE = 4
"""Deaths in a row after which it is no chance that the last three had the same reader in hand."""

DEADLY = "her copy ended its worker three times: nobody can make it as things stand"


def claim(owner: str, after: int = 0) -> Claim | None:
    """Claim the next batch and settle what its last owner left, in one transaction; None: no batch.

    In one, because the claim writes our name over the name of the journal that tells what was under
    way: a worker killed between the two would leave a batch whose begun copies nobody knows of. A
    batch of which nothing is to be recovered is committed by the caller, with what goes with it.
    """
    while True:
        held = batches.claim(owner, after)
        known = held and _recover(held)
        if held is None or known is not None:
            return known
        # Its owner lives. It rests for a while, so that this loop comes to an end.
        batches.hand_back(held, wait=batches.LEASE / 4)
        db.session.commit()


def _recover(held: Claim) -> Claim | None:
    """Settle what is known of a claimed batch; None when its last owner still lives.

    Begun without an answer is in doubt, not begun is still to do. Without the journal (another disk,
    another boot, one that cannot be read) all that is unsettled is in doubt. Commits.
    """
    if not held.last_owner:
        return held
    try:
        with journal.left_by(settings().state_dir, held.last_owner) as path:
            trace = _told(path, held.batch_id) if path else None
            found = [_recovered(one, trace) for one in ledger.to_do(held)]
            results = [one for one in found if one] + _set_aside(held, trace)
            ledger.settle(held, results)
            went_on = bool(results) or bool(path and trace and journal.has_answers(path))
            known = _judge(held, trace, went_on=went_on)
            db.session.commit()
            log.info(
                "batch.recovered", batch=held.batch_id, settled=len(results), journal=bool(trace)
            )
            if path and not batches.is_owned(held.last_owner):
                path.unlink()
            return known
    except BlockingIOError:
        return None


def _told(path: Path, batch_id: int) -> journal.Trace | None:
    """What the journal tells; None when it cannot be read, which must not stop all other batches."""
    try:
        return journal.read(path, batch_id)
    except (OSError, ValueError, TypeError):
        log.exception("journal.unreadable", batch=batch_id, path=str(path))
        return None


def _judge(held: Claim, trace: journal.Trace | None, *, went_on: bool) -> Claim:
    """The claim as it stands after what its last owner's death tells.

    Two deaths in a row that name different readers were neither one's doing: somebody kills workers.
    The batch is then sent without rehearsing, so that each of them gets a little further.
    """
    named = trace.rehearsed if trace else None
    if named is None and went_on:
        batches.went_on(held)
    elif named is not None and held.suspect_id not in (None, named):
        batches.acquit(held)
        return dataclasses.replace(held, strikes=0, suspect_id=None)
    return held


def _set_aside(held: Claim, trace: journal.Trace | None) -> list[Result]:
    """Her over whose copy the worker died, once that is sure.

    The first death tells nothing, and the batch is rehearsed; those after it name somebody, who may
    just have been at hand when a worker was killed for another reason: of thirty kills in one send,
    two in a row found the same reader there. Named by three in a row she is skipped.
    """
    named = trace.rehearsed if trace else None
    if named is None or held.suspect_id is None:
        batches.suspect(held, named)
        return []
    if named != held.suspect_id or held.strikes < SURE:
        return []
    batches.suspect(held, None)
    log.error("copy.deadly", batch=held.batch_id, subscriber=named, strikes=held.strikes)
    return [ledger.skipped(named, DEADLY)]


def _recovered(subscriber_id: int, trace: journal.Trace | None) -> Result | None:
    if trace is None:
        return ledger.in_doubt(subscriber_id, "its worker was lost, and its journal with it")
    answer = trace.answers.get(subscriber_id)
    if subscriber_id in trace.begun:
        return ledger.in_doubt(subscriber_id, "its worker was lost before the relay answered")
    if answer is None or is_about_us(answer):
        return None
    return ledger.result(subscriber_id, answer)
