"""Answers that take their time, so that a stopwatch does not tell what a page keeps to itself.

An answer leaves at a moment that was fixed when the request came, later than nearly all work takes. What
takes longer leaves at the next multiple, and so tells no more than how often it passes one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g

View = TypeVar("View", bound=Callable[..., Any])


@contextmanager
def even(seconds: float) -> Iterator[None]:
    """The block is left so many seconds after the request came, or at a multiple, unless it raises.

    To be chosen well above what the dearest way through takes. End transactions inside: a wait must
    hold no connection and no lock. What follows the block must be the same for all.
    """
    yield
    wait(seconds)


def wait(seconds: float) -> None:
    if seconds > 0:
        passed = time.monotonic() - _arrival()
        time.sleep(math.ceil(passed / seconds) * seconds - passed)


def promise(seconds: float) -> None:
    """The view that is at work shall be `kept`: it says how long it takes, and does not wait itself."""
    g.even_seconds = seconds


def kept(view: View) -> View:
    """Let the view's answer go when it promised to; at once where it promised nothing."""

    @wraps(view)
    def hold(*args: Any, **kwargs: Any) -> Any:
        answer = view(*args, **kwargs)
        wait(g.pop("even_seconds", 0.0))
        return answer

    return cast("View", hold)


def _arrival() -> float:
    moment: float = g.arrived_at
    return moment
