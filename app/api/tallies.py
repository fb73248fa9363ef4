"""Tallies: counts of many rows, kept for as long as they were dear, so that asking often costs little.

A million rows of the ledger are counted in a third of a second. Whoever asks every fifteen seconds gets
figures that are at most `TIMES` as old as counting takes: half a minute there, and an instant for the
few thousand readers of most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

Figure = TypeVar("Figure")

TIMES = 100
"""A count is kept for so many times as long as it took: all asking takes a hundredth of the time."""

MOST_SECONDS = 1.0
"""After so much counting in one answer, what can wait is left for the next one."""

MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    figure: Any
    until: float


class Tallies:
    """Of one process; for one who asks at a time (`lock`)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._kept: dict[Hashable, _Kept] = {}
        self._spent = 0.0

    def begin(self) -> None:
        """An answer begins: nothing has been counted for it yet."""
        self._spent = 0.0
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()

    def get(self, what: Hashable, count: Callable[[], Figure], times: int = TIMES) -> Figure:
        """The figure, counted now or not long ago."""
        kept = self._kept.get(what)
        began = time.monotonic()
        if kept is not None and kept.until > began:
            figure: Figure = kept.figure
            return figure
        figure = count()
        ended = time.monotonic()
        self._spent += ended - began
        self._kept[what] = _Kept(figure, ended + times * (ended - began))
        return figure

    def get_in_time(self, what: Hashable, count: Callable[[], Figure], times: int) -> Figure | None:
        """The same for what can wait: an old figure, or none, when enough was counted already."""
        if self._spent < MOST_SECONDS:
            return self.get(what, count, times)
        kept = self._kept.get(what)
        return kept.figure if kept is not None else None
