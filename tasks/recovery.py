"""Recovery: settle what a batch's last owner had under way, from its journal where there is one."""

from __future__ import annotations

import structlog

from app.core import batches, ledger
from app.core.batches import Claim
from app.core.ledger import Result
from app.extensions import db, settings
from tasks import journal
from tasks.senders import is_about_us

log = structlog.get_logger()


DEADLY = "her copy ended its worker three times: nobody can make it as things stand"


def claim(owner: str, after: int = 0) -> Claim | None:
    """Claim the next batch and settle what its last owner left, in one transaction; None: no batch.

    In one, because the claim writes our name over the name of the journal that tells what was under
    way: a worker killed between the two would leave a batch whose begun copies nobody knows of. A
    batch of which nothing is to be recovered is committed by the caller, with what goes with it.
    """
    while True:
        held = batches.claim(owner, after)
        if held is None or _recover(held):
            return held
        # Its owner lives. It rests for a while, so that this loop comes to an end.
        batches.hand_back(held, wait=batches.LEASE / 4)
        db.session.commit()


def _recover(held: Claim) -> bool:
    """Settle what is known of a claimed batch; False when its last owner still lives.

    Begun without an answer is in doubt, not begun is still to do. Without the journal (another disk,
    another boot) all that is unsettled is in doubt. Commits.
    """
    if not held.last_owner:
        return True
    try:
        with journal.left_by(settings().state_dir, held.last_owner) as path:
            trace = journal.read(path, held.batch_id) if path else None
            found = [_recovered(one, trace) for one in ledger.to_do(held)]
            results = [one for one in found if one] + _set_aside(held, trace)
            ledger.settle(held, results)
            if results or (path and journal.has_answers(path)):
                batches.went_on(held)
            db.session.commit()
            log.info(
                "batch.recovered", batch=held.batch_id, settled=len(results), journal=bool(path)
            )
            if path and not batches.is_owned(held.last_owner):
                path.unlink()
            return True
    except BlockingIOError:
        return False


def _set_aside(held: Claim, trace: journal.Trace | None) -> list[Result]:
    """Her over whose copy the worker died, once that is sure.

    The first death tells nothing, and the batch is rehearsed; the second names somebody, who may just
    have been at hand when a worker was killed for another reason. At the third she is skipped.
    """
    named = trace.rehearsed if trace else None
    if named is None or named != held.suspect_id:
        batches.suspect(held, named)
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
