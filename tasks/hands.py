"""A hand: one claimed batch while a worker has it, from the claim to its settled results."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections import deque
from collections.abc import Callable

from app.core.audiences import Reader
from app.core.batches import Claim
from app.core.ledger import Result
from emails.copies import Copy
from emails.dkim import Signer
from emails.skeletons import Skeleton
from emails.values import Envelope
from tasks.addressees import Letterbox


class Hand:
    """Written by the sender (`results`), emptied by the clerk, once `is_done` or early."""

    __slots__ = (
        "_taking", "claim", "letterbox", "open", "results", "settled_at", "skeleton", "unwanted"
    )  # fmt: skip

    def __init__(self, claim: Claim, skeleton: Skeleton, letterbox: Letterbox, open_: int) -> None:
        self.claim = claim
        self.skeleton = skeleton
        self.letterbox = letterbox
        self.open = open_
        """Readers of it that have no result yet."""
        self.results: list[Result] = []
        """Not in the ledger yet."""
        self._taking = threading.Lock()
        """Held while results are taken out, at either end; adding one needs no lock."""
        self.settled_at = time.monotonic()
        self.unwanted: dict[int, str] = {}
        """Readers who left since it was claimed, and why it is so; the clerk looks every half second."""

    @property
    def is_done(self) -> bool:
        return self.open == 0

    @property
    def unsettled(self) -> int:
        return self.open + len(self.results)

    def take_results(self, is_suspect: Callable[[Result], bool]) -> list[Result]:
        """What can be settled now, and is the caller's from here on; suspects wait for the next time."""
        with self._taking:
            seen = self.results[:]
            kept = [each for each in seen if is_suspect(each)]
            self.results[: len(seen)] = kept
        self.settled_at = time.monotonic()
        return [each for each in seen if each not in kept] if kept else seen

    def take_back(self, result: Result) -> bool:
        """Make a reader open again; False when it is too late for that. The sender's alone."""
        with self._taking:
            if self.is_done or result not in self.results:
                return False
            self.results.remove(result)
        self.open += 1
        return True

    def envelope(self, reader: Reader, signer: Signer | None) -> Envelope | None:
        """Her copy; None when she has hidden all that is in it."""
        skeleton = self.letterbox.skeleton(self.skeleton, reader)
        if skeleton is None:
            return None
        made = skeleton.fill(self.letterbox.addressee(reader))
        return dataclasses.replace(made, data=signer.sign(made.data)) if signer else made


class Turn:
    """One reader of a hand, whose copy is to be posted: the key by which a wire knows it."""

    __slots__ = ("hand", "reader")

    def __init__(self, hand: Hand, reader: Reader) -> None:
        self.hand = hand
        self.reader = reader


def mixed(turns: list[Turn]) -> list[Turn]:
    """In any order, after trouble: the same ten would end every slice, were they but dead addresses side
    by side; among the others they are told from a relay that takes nobody."""
    return random.sample(turns, len(turns))


Queue = deque[Turn | Copy]
"""Turns to be composed, and copies that came back because their session broke."""
