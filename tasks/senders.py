"""The sender: hands copies to the wires and takes their answers, without ever waiting for the database.

It runs in the thread of `Lines.run`. The clerk, in its own thread, feeds `turns` and empties `done`;
both are queues that need no lock. What it costs per copy is counted in microseconds (see bench/).
"""

from __future__ import annotations

import dataclasses
import queue
import time
from collections.abc import Callable
from typing import NamedTuple, cast

import structlog

from app.core import clock, ledger
from app.core.ledger import Result
from emails import answers
from emails.copies import Copy
from emails.dkim import Signer
from emails.errors import MailError
from emails.values import Answer, Blame, Outcome
from tasks.hands import Hand, Queue, Turn
from tasks.journal import Journal

log = structlog.get_logger()

IN_A_ROW = 10
"""So many refusals in a row that concern the message are about us: better to stop and say so."""

TRIES = 3
"""Sessions that may break over one copy before its reader is deferred and the others go on."""

NOTHING_LEFT = "she has hidden all rubrics of this issue"

LATE = 1.0
"""Seconds after which an answer is not waited for with the rest of the sessions idle."""

CATCH_UP = 0.05
"""Seconds for which copies may be made up when the rate is limited."""

FRUITLESS = 3
"""Attempts in a row without an answer, to open the first session or to a copy, after which we rest."""


class Suspect(NamedTuple):
    """A result that may be about us and not about its reader."""

    turn: Turn
    result: Result
    words: str = ""
    """What was said at RCPT without an enhanced code, but for her domain: only those alike count."""


class Sender:
    """The postbox of one slice."""

    def __init__(
        self,
        own: Journal,
        seconds: float,
        stopping: Callable[[], bool],
        signer: Signer | None = None,
        rate: int = 0,
    ) -> None:
        self.own = own
        self.turns: Queue = Queue()
        self.done: queue.SimpleQueue[Hand | None] = queue.SimpleQueue()
        """Hands of which every reader has a result; None wakes the clerk."""
        self.may_claim = True
        """The clerk may still bring more: cleared by it when there is nothing to claim."""
        self.deadline = 0.0
        """Until when the claims are ours, by `clock.ticks`; moved by the clerk."""
        self._is_called_off = False
        self.trouble = ""
        """What the relay said about us; then the slice ends and no reader is charged for it."""
        self._stopping = stopping
        self.signer = signer
        self._pause = 1.0 / rate if rate else 0.0
        """Seconds between two copies; 0.0: none."""
        self._next_at = 0.0
        self._seconds = seconds
        self._until = clock.ticks() + seconds
        self._begun: dict[Turn, float] = {}
        """Since when each of those under way waits for its answer."""
        self._last: dict[Turn, float] | None = None
        """Those of them that were under way when the slice's time was up."""
        self._suspects: list[Suspect] = []
        """Those in a row, at most one less than it takes."""
        self._fruitless = 0
        self._broke_at = 0.0
        """When a copy was left in doubt last."""

    def take(self) -> Copy | None:
        if self._pause and time.monotonic() < self._next_at:
            return None
        copy = self._take()
        if copy is not None and self._pause:
            # Who comes a little late for a turn does not lose it: wires that are idle look up rarely.
            self._next_at = max(self._next_at, time.monotonic() - CATCH_UP) + self._pause
        return copy

    def _take(self) -> Copy | None:
        while self.turns and not self.trouble:
            found = self.turns.popleft()
            turn = cast("Turn", found.key) if isinstance(found, Copy) else found
            why = turn.hand.unwanted.get(turn.reader.subscriber_id)
            if why is not None:
                self.skip(turn, why)
                continue
            copy = found if isinstance(found, Copy) else self._compose(turn)
            if copy is not None:
                return copy
        return None

    def begin(self, copy: Copy) -> bool:
        turn = cast("Turn", copy.key)
        if self.is_stopping() or turn.reader.subscriber_id in turn.hand.unwanted:
            return False
        self.own.begin(turn.hand.claim.batch_id, turn.reader.subscriber_id)
        self._begun[turn] = clock.ticks()
        return True

    def end(self, copy: Copy, answer: Answer) -> None:
        turn = cast("Turn", copy.key)
        answer = answers.unnamed(answer, turn.reader.address)
        begun_at = self._begun.pop(turn, None)
        if begun_at is not None:
            answer = _to_the_message(answer)
        self.own.end(turn.hand.claim.batch_id, turn.reader.subscriber_id, answer)
        if answer.outcome is not Outcome.IN_DOUBT:
            self._fruitless = 0
        elif begun_at is not None and begun_at > self._broke_at:
            # Sessions that were open together may break together, as when a relay goes down: once.
            self._broke_at = clock.ticks()
            self._count_fruitless(answer)
        if is_about_us(answer):
            self._still_to_do(turn)
            self._say(_said(answer))
            return
        result = ledger.result(turn.reader.subscriber_id, answer)
        if answer.outcome is Outcome.REFUSED and answer.blame is not Blame.READER:
            self._suspect(Suspect(turn, result, _words(turn, answer)), _said(answer))
        else:
            self._suspects.clear()
            self._result(turn, result)

    def give_back(self, copy: Copy, why: Answer) -> None:
        turn = cast("Turn", copy.key)
        self._begun.pop(turn, None)
        self.own.give_back(turn.hand.claim.batch_id, turn.reader.subscriber_id)
        if copy.tries >= TRIES:
            why = answers.unnamed(why, turn.reader.address)
            self._result(turn, ledger.result(turn.reader.subscriber_id, why))
        elif copy.tries and self.turns and _is_fresh(self.turns[0]):
            # Who has not been tried goes before: a relay that breaks over everybody is then known by
            # that, before any one reader has broken it three times and is charged for it.
            self.turns.append(copy)
        else:
            self.turns.appendleft(copy)

    def waiting(self) -> int:
        return len(self.turns)

    def has_more(self) -> bool:
        return bool(self.turns) or self.may_claim

    def is_stopping(self) -> bool:
        """The slice is over, or must be: nothing more is begun."""
        now = clock.ticks()
        return (
            self._is_called_off
            or bool(self.trouble)
            or now > self.deadline
            or self._stopping()
            or (now > self._until and not self._goes_on(now))
        )

    def _goes_on(self, now: float) -> bool:
        """Its time is up, but a relay may take ten minutes for one answer: meanwhile the slice is
        lengthened, and the other sessions are used on. Only for those that were waited for when the
        time was up: where every answer is late, the slice would never end.
        """
        if self._last is None:
            self._last = dict(self._begun)
        return any(
            now - since > LATE and self._begun.get(turn) == since
            for turn, since in self._last.items()
        )

    def call_off(self) -> None:
        """The clerk's word: begin nothing more in this slice. A lease renewed later changes nothing."""
        self._is_called_off = True

    def trouble_opening(self, answer: Answer) -> None:
        if answer.outcome is Outcome.REFUSED:
            self._say(_said(answer))
        else:
            self._count_fruitless(answer)

    def _count_fruitless(self, answer: Answer) -> None:
        self._fruitless += 1
        if self._fruitless >= FRUITLESS:
            self._say(_said(answer))

    def skip(self, turn: Turn, why: str) -> None:
        self._result(turn, ledger.skipped(turn.reader.subscriber_id, why))

    def _compose(self, turn: Turn) -> Copy | None:
        try:
            envelope = turn.hand.envelope(turn.reader, self.signer)
        except Exception as odd:
            # A reader over whom our own code stumbles must not take the slice down again and again
            # and hold up all behind her: she is set aside, with the trace in the log.
            if not isinstance(odd, MailError):
                log.exception("copy.broken", subscriber=turn.reader.subscriber_id)
            why = f"no mail can be made for this reader: {odd}"
            self._suspect(Suspect(turn, ledger.skipped(turn.reader.subscriber_id, why)), why)
            return None
        if envelope is None:
            self.skip(turn, NOTHING_LEFT)
            return None
        # Our own mails hold no line that begins with a dot (they encode it): nothing to stuff.
        return Copy(turn, envelope.mail_from, envelope.rcpt_to, envelope.data)

    def _result(self, turn: Turn, result: Result) -> None:
        hand = turn.hand
        hand.results.append(result)
        hand.open -= 1
        if hand.is_done:
            self.done.put(hand)

    def _suspect(self, last: Suspect, said: str) -> None:
        """One such result is a reader's affair. So many in a row are ours: they are taken back, as
        far as their batch is still open here, and nobody is charged; nor are those who were on the way."""
        if self.trouble:
            self._still_to_do(last.turn)
            return
        row = [*(each for each in self._suspects if each.words == last.words), last]
        if len(row) < IN_A_ROW or not _concerns_us(row):
            self._suspects = row[1 - IN_A_ROW :]
            self._result(last.turn, last.result)
            return
        self._still_to_do(last.turn)
        for earlier in reversed(self._suspects):
            if earlier.turn.hand.take_back(earlier.result):
                self._still_to_do(earlier.turn)
        self._suspects.clear()
        self._say(said)

    def is_suspect(self, result: Result) -> bool:
        """Whether it may yet be taken back; asked by the clerk, for results that are in a hand."""
        return any(each.result is result for each in self._suspects)

    def _still_to_do(self, turn: Turn) -> None:
        self._begun.pop(turn, None)
        self.own.give_back(turn.hand.claim.batch_id, turn.reader.subscriber_id)
        self.turns.appendleft(turn)

    def _say(self, said: str) -> None:
        self.trouble = said
        log.warning("relay.trouble", said=said)


def _is_fresh(waiting: Turn | Copy) -> bool:
    """No session has broken over it yet."""
    return not isinstance(waiting, Copy) or not waiting.tries


def _concerns_us(row: list[Suspect]) -> bool:
    """Without an enhanced code, ten in a row may be dead addresses of one domain: a second is wanted."""
    return not row[0].words or len({_domain(each.turn) for each in row}) > 1


def _words(turn: Turn, answer: Answer) -> str:
    if answer.blame is not Blame.UNCLEAR or answer.enhanced:
        return ""
    return answer.text.lower().replace(_domain(turn), answers.STRUCK)


def _domain(turn: Turn) -> str:
    return turn.reader.address.rpartition("@")[2].lower()


def _said(answer: Answer) -> str:
    return f"{answer.code or ''} {answer.text}".strip() or "the relay does not answer"


def _to_the_message(answer: Answer) -> Answer:
    """After its dot, one refusal by policy (5.7.x) is that copy's: what a relay never takes from one
    reader must not hold up the others for ever. Ten in a row are about us all the same."""
    if is_about_us(answer) and answer.enhanced.startswith("5.7."):
        return dataclasses.replace(answer, blame=Blame.MESSAGE)
    return answer


def is_about_us(answer: Answer) -> bool:
    """Such an answer costs no reader: her copy is still to do."""
    return answer.blame is Blame.US and answer.outcome is not Outcome.IN_DOUBT
