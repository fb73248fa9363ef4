"""Sending: claim a batch, recover what its last owner left, then window by window mark, send, settle.

Time-sliced, so that a worker looks up every few seconds: for the next nudge, for a stop, for others.
Everything a slice knows stands in rows and in its journal; it may be killed between any two lines.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import structlog

from app.core import audiences, batches, clock, deliveries, editions
from app.core.audiences import Reader
from app.core.batches import Claim
from app.core.deliveries import Result
from app.database import reading_only
from app.extensions import db, settings
from app.models import DeliveryState, Edition
from emails import compose
from emails.compose import Skeleton
from emails.errors import MailError
from emails.smtp import Line
from emails.values import Answer, Blame, Outcome, Print
from tasks import addressees, journal, leases, nudges
from tasks.celery import celery
from tasks.journal import Journal
from tasks.leases import Lease

log = structlog.get_logger()

SLICE = 5.0
"""Seconds a worker stays with a batch before it looks up."""

WINDOW = 100
"""Deliveries marked and settled together: 2 ms of ledger for 100 messages, lost with the disk at most."""

FRESH = 0.5
"""Seconds for which a reader's wish is taken as read: leaving acts within the second."""

RELAY_PAUSE = dt.timedelta(seconds=30)
"""How long a batch rests when the relay spoke about us: not one reader is tried meanwhile."""

IN_A_ROW = 10
"""So many refusals in a row that concern the message are about us: better to stop and say so."""


@celery.task(name="tasks.deliveries.send_batch")
def send_batch() -> None:
    """A nudge to send. Twice is harmless: the second finds nothing to claim, or another batch."""
    if pump():
        nudges.deliveries()


def pump(seconds: float = SLICE, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Send of one batch for up to `seconds`; False when there was none to claim."""
    with journal.opened(settings().state_dir) as (owner, own):
        held = batches.claim(owner)
        db.session.commit()
        if held is None:
            own.discard()
            return False
        structlog.contextvars.bind_contextvars(edition=held.edition_id, batch=held.batch_id)
        try:
            if recover(held):
                _send_slice(held, own, seconds, stopping)
            else:
                own.discard()
        finally:
            structlog.contextvars.unbind_contextvars("edition", "batch")
    return True


def recover(held: Claim) -> bool:
    """Settle what the owner before us had under way; False when that owner still lives.

    Its journal says who was begun and what was answered. Begun without an answer is in doubt, not
    begun is still to do. Without the journal (another disk, another boot) all of it is in doubt.
    """
    if not held.window:
        return True
    try:
        with journal.left_by(settings().state_dir, held.last_owner) as path:
            trace = journal.read(path) if path else None
            under_way = sorted(set(deliveries.to_do(held)) & set(held.window))
            results = [_recovered(one, trace) for one in under_way]
            ours = deliveries.settle(held, [one for one in results if one])
            db.session.commit()
            if ours and path:
                path.unlink()
            log.info("window.recovered", under_way=len(under_way), journal=bool(path))
            return ours
    except BlockingIOError:
        batches.hand_back(held, wait=batches.LEASE / 4)
        db.session.commit()
        return False


def _recovered(subscriber_id: int, trace: journal.Trace | None) -> Result | None:
    if trace is None:
        return deliveries.in_doubt(subscriber_id, "its worker was lost, and its journal with it")
    answer = trace.answers.get(subscriber_id)
    if answer is not None:
        return None if _is_about_us(answer) else deliveries.result(subscriber_id, answer)
    if subscriber_id in trace.begun:
        return deliveries.in_doubt(subscriber_id, "its worker was lost before the relay answered")
    return None


def _send_slice(held: Claim, own: Journal, seconds: float, stopping: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    with leases.kept(held) as lease, Line(settings().relay) as line:
        run = _Slice(held, own, lease, line, lambda: stopping() or time.monotonic() > until)
        run.go()
    if not run.lost:
        batches.release(held, done=run.is_done, wait=run.wait)
        editions.note_trouble(held.edition_id, run.trouble)
        db.session.commit()
        own.discard()
    if run.is_done and deliveries.close(held.edition_id):
        log.info("edition.sent")
    db.session.commit()


@dataclass
class _Slice:
    """One worker's stay with one batch. `lost` means: another has it, write nothing more."""

    held: Claim
    own: Journal
    lease: Lease
    line: Line
    is_time_up: Callable[[], bool]
    lost: bool = False
    is_done: bool = False
    trouble: str = ""
    refusals: int = 0
    skeleton: Skeleton = field(init=False)
    letterbox: addressees.Letterbox = field(init=False)

    @property
    def wait(self) -> dt.timedelta:
        return RELAY_PAUSE if self.trouble else dt.timedelta()

    def go(self) -> None:
        edition = db.session.get_one(Edition, self.held.edition_id)
        self.skeleton = skeleton(edition)
        self.letterbox = addressees.letterbox(edition)
        to_do = deliveries.to_do(self.held)
        db.session.commit()
        while to_do and not (self.lost or self.trouble or self.is_time_up()):
            window = to_do[:WINDOW]
            done = self._send_window(window)
            to_do = [one for one in window if one not in done] + to_do[WINDOW:]
        self.is_done = not (to_do or self.lost)

    def _send_window(self, window: Sequence[int]) -> set[int]:
        """Mark, send, settle; the ids that are settled now. What was not begun stays to do."""
        self.lost = not batches.mark(self.held, window)
        db.session.commit()
        if self.lost:
            return set()
        results = self._post_all(window)
        self.lost = not deliveries.settle(self.held, results)
        if self.lost:
            db.session.rollback()
            log.error("window.lost", why="the batch went to another worker", begun=len(results))
            return set()
        db.session.commit()
        return {one.subscriber_id for one in results}

    def _post_all(self, window: Sequence[int]) -> list[Result]:
        results: list[Result] = []
        wanted: dict[int, Reader] = {}
        skipped: dict[int, str] = {}
        read_at = -FRESH
        for place, subscriber_id in enumerate(window):
            if not self.lease.holds() or self.trouble or self.is_time_up():
                break
            if time.monotonic() - read_at >= FRESH:
                wanted, skipped = _turn(self.held, window[place:])
                read_at = time.monotonic()
            if subscriber_id in skipped:
                results.append(_skip(subscriber_id, skipped[subscriber_id]))
            elif (one := self._post(wanted[subscriber_id])) is not None:
                results.append(one)
        return results

    def _post(self, reader: Reader) -> Result | None:
        """One copy. None when the relay's answer was about us: this reader is still to do."""
        try:
            envelope = self.skeleton.fill(self.letterbox.addressee(reader))
        except MailError as odd:
            return _skip(reader.subscriber_id, f"no mail can be made for this reader: {odd}")
        self.own.begin(reader.subscriber_id)
        answer = self.line.post(envelope)
        self.own.end(reader.subscriber_id, answer)
        self._watch(answer)
        return None if _is_about_us(answer) else deliveries.result(reader.subscriber_id, answer)

    def _watch(self, answer: Answer) -> None:
        """Notice when the relay is speaking about us and not about readers."""
        about_message = answer.outcome is Outcome.REFUSED and (
            answer.blame is Blame.MESSAGE or answer.enhanced.startswith("5.7.")
        )
        self.refusals = self.refusals + 1 if about_message else 0
        if _is_about_us(answer) or self.refusals >= IN_A_ROW:
            said = f"{answer.code or ''} {answer.text}".strip()
            self.trouble = f"the relay does not take our mail: {said}"
            log.warning("relay.trouble", said=said)


def skeleton(edition: Edition) -> Skeleton:
    """An edition's skeleton, compiled once per process (80 ms for 60 KB)."""
    printed = Print(edition.subject, edition.html, edition.text, edition.digest)
    return _compiled(printed, edition.source, edition.ordered_at)


@lru_cache(maxsize=4)
def _compiled(printed: Print, source: str, ordered_at: dt.datetime) -> Skeleton:
    return compose.compile_issue(printed, editions.thaw(source).masthead, ordered_at)


def _turn(held: Claim, ids: Sequence[int]) -> tuple[dict[int, Reader], dict[int, str]]:
    # Reading only: on SQLite a transaction that may write would shut out every other one.
    with reading_only():
        found = audiences.turn(held.newsletter_id, ids)
        db.session.commit()
    return found


def _skip(subscriber_id: int, why: str) -> Result:
    return Result(subscriber_id, DeliveryState.SKIPPED, clock.now(), answer=why)


def _is_about_us(answer: Answer) -> bool:
    return answer.blame is Blame.US and answer.outcome is not Outcome.IN_DOUBT
