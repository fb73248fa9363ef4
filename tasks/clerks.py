"""The clerk: all of a slice's dealings with the database, in a thread of its own.

While the sender posts one batch, the clerk settles the last and claims the next, in one transaction
where both are at hand. It renews the leases every quarter and reads every half second whether the
readers still want their copies. The deadline is told by a clock that runs on while a process is stopped
and the machine asleep: who was away past the lease finds it over before another copy is begun.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import queue
import threading
import time
from collections.abc import Iterator

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

from app.core import audiences, batches, clock, deliveries, editions, ledger, shares
from app.core.batches import LEASE, Claim
from app.core.plans import SIZE
from app.database import reading_only
from app.extensions import db
from app.models import Edition
from emails.errors import MailError
from emails.skeletons import Skeleton
from tasks import addressees, recovery, rehearsals
from tasks.addressees import Letterbox
from tasks.hands import Hand, Turn, mixed
from tasks.senders import Sender

log = structlog.get_logger()

AHEAD = SIZE + 20
"""Copies unsettled at which another batch is still claimed: one is being posted, one ready, and a few
stragglers of earlier ones wait for their answers. Losing a worker with its disk puts 500 in doubt."""

EARLY = 1.0
"""Seconds after which what is answered of a batch is settled, although the rest of it is not."""

MARGIN = 5.0
"""Seconds before the deadline in the database at which the sender already stops."""

FRESH = 0.5
"""Seconds for which a reader's wish is taken as read."""

RELAY_PAUSE = dt.timedelta(seconds=30)
"""How long all batches rest when the relay spoke about us: not one reader is tried meanwhile, and no
password is refused a thousand times."""


class Uncertain(Exception):
    """Nobody knows whether results are in the ledger: only recovery can tell."""


class Clerk:
    """Keeps the books of one slice. `owner` leads to its journal, and to its share of the relay."""

    def __init__(self, owner: str, sender: Sender, *, has_share: bool = False) -> None:
        self.owner = owner
        self._has_share = has_share
        self.sender = sender
        self.hands: list[Hand] = []
        self._claimed_of = 0
        """The edition of the last claim."""
        self._over = False
        self._is_broken = False
        self._editions: dict[int, tuple[Skeleton, Letterbox, bool]] = {}
        self._renewed_at = clock.ticks()
        self._read_at = time.monotonic()
        self._error: BaseException | None = None

    @contextlib.contextmanager
    def at_work(self, first: Claim, asked_at: float) -> Iterator[None]:
        """Works while the block runs; all is settled and given back when it is left.

        `asked_at` is what `clock.ticks` said before the first claim was asked for: who is stopped right
        behind it finds the lease over on waking.

        Not when it is left by an exception: what the sender had begun then stands in the journal alone,
        and the batches go the way of a killed worker's, through recovery.
        """
        self._move_deadline(asked_at)
        flask_app = current_app._get_current_object()  # type: ignore[attr-defined]
        thread = threading.Thread(target=self._work, args=[flask_app, first], daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            self._is_broken = True
            raise
        finally:
            self._over = True
            self.sender.done.put(None)
            thread.join()
        if self._error is not None:
            raise self._error

    def _work(self, flask_app: Flask, first: Claim) -> None:
        with flask_app.app_context():
            try:
                self._take_on(first)
                while not self._over:
                    self._round()
                if not self._is_broken:
                    self._give_all_back()
            except BaseException as error:  # noqa: BLE001 - raised again in the slice's own thread
                self._error = error
                # No more books, no more mail.
                self.sender.call_off()

    def _round(self) -> None:
        """Settle what is done, claim what is wanted, look at the clock. A database that is away is
        waited for: the sender stops by itself when the deadline nears."""
        try:
            self._settle_and_claim(self._finished())
            self._settle_early()
            self._renew()
            self._read_wishes()
        except DBAPIError as error:
            log.warning("clerk.database", why=str(error.orig))
            db.session.rollback()
            time.sleep(FRESH)

    def _finished(self) -> list[Hand]:
        """Hands that are done; waits a little for the first of them when there is nothing else."""
        wait = 0.0 if self._wants_more([]) else 0.1
        with contextlib.suppress(queue.Empty):
            self.sender.done.get(timeout=wait) if wait else self.sender.done.get_nowait()
        return [hand for hand in self.hands if hand.is_done]

    def _wants_more(self, settled: list[Hand]) -> bool:
        """Whether another batch may be claimed, once these are in the ledger."""
        return (
            self.sender.may_claim
            and sum(hand.unsettled for hand in self.hands if hand not in settled) <= AHEAD
            and not self.sender.is_stopping()
        )

    def _settle_and_claim(self, finished: list[Hand]) -> None:
        """What is done into the ledger, and the next batch out of it, in one transaction."""
        for hand in finished:
            self._write(hand, done=True)
        held = None
        if self._wants_more(finished):
            held = recovery.claim(self.owner, self._claimed_of)
            self.sender.may_claim = held is not None
        if held is not None:
            self._take_on(held)
        else:
            db.session.commit()
        self.hands = [hand for hand in self.hands if hand not in finished]

    def _write(self, hand: Hand, *, done: bool, wait: dt.timedelta = dt.timedelta()) -> None:
        """Results and release of one hand; with a past fence nothing is written and that is said."""
        is_ours = ledger.settle(hand.claim, hand.results, is_last=done)
        if not is_ours:
            self._lose(hand, len(hand.results))
        elif not done:
            batches.release(hand.claim, wait)

    def _lose(self, hand: Hand, unwritten: int) -> None:
        """Another has it: the lease ran out behind a clock that stood still. Begin nothing more."""
        log.error("batch.lost", batch=hand.claim.batch_id, begun=unwritten)
        self.sender.call_off()

    def _settle_early(self) -> None:
        """One slow answer does not keep the others of its batch from the ledger and from the desk.

        When the commit's answer is lost nobody knows whether they were counted: the slice is over
        then, and recovery compares journal and ledger.
        """
        now = time.monotonic()
        late = [hand for hand in self.hands if hand.results and now - hand.settled_at > EARLY]
        late = [hand for hand in late if not hand.is_done]
        if not late:
            return
        try:
            for hand in late:
                taken = hand.take_results(self.sender.is_suspect)
                if taken and not ledger.settle(hand.claim, taken):
                    self._lose(hand, len(taken))
            db.session.commit()
        except DBAPIError as lost:
            raise Uncertain("the database left while a part of a batch was settled") from lost

    def _take_on(self, held: Claim) -> None:
        """Read a claimed batch's readers, commit, and give them to the sender."""
        self._claimed_of = held.edition_id
        if held.is_cancelled:
            self._skip_all(held)
            return
        if held.strikes:
            # It may kill us, too: that it is ours must be known before.
            db.session.commit()
        if not self._can_be_made(held):
            return
        to_do = ledger.to_do(held)
        skeleton, letterbox, was_trouble = self._means(held.edition_id)
        hand = Hand(held, skeleton, letterbox, len(to_do))
        if held.strikes:
            rehearsals.rehearse(hand, to_do, self.sender.own, self.sender.signer)
        wanted, skipped = audiences.turn(
            held.newsletter_id, to_do, with_details=letterbox.tells_details
        )
        db.session.commit()
        self.hands.append(hand)
        for subscriber_id, why in skipped.items():
            self.sender.skip(Turn(hand, audiences.Reader(subscriber_id, 0, "", "")), why)
        turns = [Turn(hand, wanted[one]) for one in to_do if one in wanted]
        self.sender.turns.extend(mixed(turns) if was_trouble else turns)
        if not to_do:
            self.sender.done.put(hand)

    def _skip_all(self, held: Claim) -> None:
        """Of a cancelled edition nothing is made: not even what could not be, or kills who makes it."""
        to_do = ledger.to_do(held)
        results = [ledger.skipped(one, "the edition was cancelled") for one in to_do]
        ledger.settle(held, results, is_last=True)
        db.session.commit()

    def _can_be_made(self, held: Claim) -> bool:
        """An edition of which no mail can be made is paused and says why: it must not keep workers
        from the others, and whoever mends it can resume it."""
        if held.strikes >= rehearsals.PATIENCE:
            self._set_down(held, f"{held.strikes} workers in a row died over it")
            return False
        try:
            self._means(held.edition_id)
        except MailError as odd:
            log.exception("edition.unfit", edition=held.edition_id)
            self._set_down(held, f"no mail can be made of it: {odd}")
            return False
        return True

    def _set_down(self, held: Claim, why: str) -> None:
        batches.release(held)
        editions.note_trouble(held.edition_id, why)
        editions.pause(held.edition_id)
        db.session.commit()
        log.error("edition.paused", edition=held.edition_id, why=why)

    def _means(self, edition_id: int) -> tuple[Skeleton, Letterbox, bool]:
        """What copies are made with (60 KB of row), and whether its last slice was trouble; read once."""
        if edition_id not in self._editions:
            edition = db.session.get_one(Edition, edition_id)
            means = addressees.skeleton(edition), addressees.letterbox(edition)
            self._editions[edition_id] = *means, bool(edition.trouble)
        return self._editions[edition_id]

    def _renew(self) -> None:
        asked_at = clock.ticks()
        if asked_at - self._renewed_at < LEASE.total_seconds() / 4:
            return
        ours = [hand for hand in self.hands if batches.renew(hand.claim)]
        keeps = not self._has_share or shares.renew(self.owner)
        db.session.commit()
        self._renewed_at = asked_at
        if len(ours) < len(self.hands) or not keeps:
            # Another has one of them: stop at once, and let the fence decide what may be written.
            self.sender.call_off()
        else:
            self._move_deadline(asked_at)

    def _move_deadline(self, asked_at: float) -> None:
        self.sender.deadline = asked_at + LEASE.total_seconds() - MARGIN

    def _read_wishes(self) -> None:
        if time.monotonic() - self._read_at < FRESH:
            return
        self._read_at = time.monotonic()
        with reading_only():
            for hand in self.hands:
                claim = hand.claim
                _, hand.unwanted = audiences.turn(
                    claim.newsletter_id, claim.subscriber_ids, with_details=False
                )
            if not editions.all_planned({hand.claim.edition_id for hand in self.hands}):
                # Paused or cancelled: the slice ends, and the next claims what may be sent.
                self.sender.call_off()
            db.session.commit()

    def _give_all_back(self) -> None:
        """The slice is over: settle what there is, free the rest for the next, close what is sent."""
        wait = RELAY_PAUSE if self.sender.trouble else dt.timedelta()
        for hand in self.hands:
            self._write(hand, done=hand.is_done, wait=wait)
        if wait:
            batches.rest(wait)
        ours = sorted(self._editions)  # As who takes several does: no two wait in a ring.
        for edition_id in ours:
            editions.note_trouble(edition_id, self.sender.trouble)
        db.session.commit()
        for edition_id in ours:
            if deliveries.close(edition_id):
                log.info("edition.sent", edition=edition_id)
        db.session.commit()
