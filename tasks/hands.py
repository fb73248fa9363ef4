"""A hand: one claimed batch while a worker has it, from the claim to its settled results."""

from __future__ import annotations

import dataclasses
from collections import deque

from app.core.audiences import Reader
from app.core.batches import Claim
from app.core.ledger import Result
from emails.copies import Copy
from emails.dkim import Signer
from emails.skeletons import Skeleton
from emails.values import Envelope
from tasks.addressees import Letterbox


class Hand:
    """Written by the sender (`results`), read by the clerk once `is_done`."""

    __slots__ = ("claim", "letterbox", "open", "results", "skeleton", "unwanted")

    def __init__(self, claim: Claim, skeleton: Skeleton, letterbox: Letterbox, open_: int) -> None:
        self.claim = claim
        self.skeleton = skeleton
        self.letterbox = letterbox
        self.open = open_
        """Readers of it that have no result yet."""
        self.results: list[Result] = []
        self.unwanted: dict[int, str] = {}
        """Readers who left since it was claimed, and why it is so; the clerk looks every half second."""

    @property
    def is_done(self) -> bool:
        return self.open == 0

    def envelope(self, reader: Reader, signer: Signer | None) -> Envelope | None:
        """Her copy; None when she has hidden all that is in it."""
        skeleton = self.letterbox.skeleton(self.skeleton, reader)
        if skeleton is None:
            return None
        made = skeleton.fill(self.letterbox.addressee(reader))
        return dataclasses.replace(made, data=signer.sign(made.data)) if signer else made


class Turn:
    """One reader of a hand, whose copy is to be posted: the key by which a wire knows it."""

    __slots__ = ("hand", "is_begun", "reader")

    def __init__(self, hand: Hand, reader: Reader) -> None:
        self.hand = hand
        self.reader = reader
        self.is_begun = False
        """The relay waits for her content, or has it."""


Queue = deque[Turn | Copy]
"""Turns to be composed, and copies that came back because their session broke."""
