"""Answers that take their time, so that a stopwatch does not tell what a page keeps to itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def even(seconds: float) -> Iterator[None]:
    """The block is left no sooner than so many seconds after it was entered, unless it raises.

    To be chosen well above what the dearest way through takes. End transactions inside: a wait must
    hold no connection and no lock.
    """
    started = time.monotonic()
    yield
    time.sleep(max(0.0, started + seconds - time.monotonic()))
