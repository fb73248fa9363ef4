"""A message prepared as bytes: pieces with holes between them, and which copies have which piece.

The whole is joined once and filled for every reader. Who wants only some rubrics, or text alone,
gets the same prepared bytes with the other pieces left out: nothing is printed or encoded again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from emails import headers
from emails.values import Addressee, Envelope

Encoder = Callable[[Addressee], bytes]


class Form(StrEnum):
    """Which copies a part stands in."""

    EVERY = "every"
    RICH = "rich"
    """Those of HTML and text."""
    PLAIN = "plain"
    """Those of text alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes, or a hole: the index of the encoder that fills it."""

    content: bytes | int
    form: Form = Form.EVERY
    anchor: str = ""
    """The rubric it belongs to; empty for the frame, which always stands."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A message ready to be filled: pieces, and between each two of them one hole.

    `order[i]` is the index in `encoders` of the value that stands after `pieces[i]`.
    """

    pieces: tuple[bytes, ...]
    encoders: tuple[Encoder, ...]
    order: tuple[int, ...]
    parts: tuple[Part, ...] = field(repr=False)
    """What it and its variants are joined from."""

    def fill(self, addressee: Addressee) -> Envelope:
        """One copy. Raises UnfitValue when this addressee's values cannot stand in a mail."""
        values = [encode(addressee) for encode in self.encoders]
        parts: list[bytes] = [b""] * (2 * len(self.pieces) - 1)
        parts[0::2] = self.pieces
        parts[1::2] = [values[index] for index in self.order]
        return Envelope(
            mail_from=headers.address("return_path", addressee.return_path, accents=False),
            rcpt_to=headers.address("address", addressee.address),
            data=b"".join(parts),
        )

    def variant(self, hidden: frozenset[str], *, text_only: bool = False) -> Skeleton:
        """The same without the rubrics of these anchors, as text alone if wanted."""
        without = Form.RICH if text_only else Form.PLAIN
        kept = (
            part for part in self.parts if part.form is not without and part.anchor not in hidden
        )
        return _join(tuple(kept), self.encoders, self.parts)


class Builder:
    """Collects parts; equal holes share one value. `form` and `anchor` hold for what is added next."""

    def __init__(self) -> None:
        self.form = Form.EVERY
        self.anchor = ""
        self._parts: list[Part] = []
        self._holes: list[tuple[object, ...]] = []
        self._encoders: list[Encoder] = []

    def add(self, piece: bytes, form: Form | None = None) -> None:
        self._parts.append(Part(piece, form or self.form, self.anchor))

    def hole(self, encode: Callable[..., bytes], *said: str) -> None:
        key = (encode, *said)
        if key not in self._holes:
            self._holes.append(key)
            self._encoders.append(partial(encode, *said) if said else encode)
        self._parts.append(Part(self._holes.index(key), self.form, self.anchor))

    def skeleton(self) -> Skeleton:
        every = tuple(self._parts)
        whole = tuple(part for part in every if part.form is not Form.PLAIN)
        return _join(whole, tuple(self._encoders), every)


def _join(
    kept: tuple[Part, ...], encoders: tuple[Encoder, ...], every: tuple[Part, ...]
) -> Skeleton:
    pieces: list[list[bytes]] = [[]]
    order: list[int] = []
    for part in kept:
        if isinstance(part.content, int):
            order.append(part.content)
            pieces.append([])
        else:
            pieces[-1].append(part.content)
    return Skeleton(tuple(map(b"".join, pieces)), encoders, tuple(order), every)
