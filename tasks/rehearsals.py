"""Rehearsals: a batch whose worker died is tried reader by reader before it is sent again.

A row can end a process without an exception: a fault in a library, no memory left. Then nobody is
there to say which row it was, and every worker to come would die of it, too. So the readers of such a
batch are read, and their copies made and thrown away, one at a time, each named in the journal first:
when the worker dies once more, recovery knows over whom. It takes 1 ms a reader, and only then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from app.core import audiences
from emails.dkim import Signer
from tasks.hands import Hand
from tasks.journal import Journal

PATIENCE = 10
"""Claims in a row that end by a death, with nothing settled and nobody found who is to blame."""


def rehearse(hand: Hand, to_do: Sequence[int], own: Journal, signer: Signer | None) -> None:
    """Come back alive. What merely raises is let be: it is told when her turn comes."""
    batch_id, newsletter_id = hand.claim.batch_id, hand.claim.newsletter_id
    for subscriber_id in to_do:
        own.rehearse(batch_id, subscriber_id)
        wanted, _ = audiences.turn(newsletter_id, [subscriber_id])
        for reader in wanted.values():
            with contextlib.suppress(Exception):
                hand.envelope(reader, signer)
        own.give_back(batch_id, subscriber_id)
