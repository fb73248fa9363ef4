"""Who met a cap, remembered until its hour is over: a robot that goes on is refused before any work.

The caps themselves are counted in the broker (`sign_ups.capped`): a count that was passed stays passed
until its hour ends, so that to be refused from memory is to be refused as one would have been anyway,
without a round trip, a form that is read, or a row that is asked for. Each process has its own.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, TypeVar, cast

from flask import Flask, current_app, request
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import TooManyRequests

from app import visitors
from app.extensions import limiter, visitor

View = TypeVar("View", bound=Callable[..., Any])

MOST = 10_000
"""Visitors, networks and addresses remembered; 2 MB."""


class Memory:
    """Until when (seconds since 1970) whom; safe for several threads."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def note(self, who: str, until: float) -> None:
        with self._lock:
            self._until[who] = until
            self._until.move_to_end(who)
            while len(self._until) > MOST:
                self._until.popitem(last=False)

    def wait(self, *names: str) -> float:
        """Seconds until all of them may come again; 0 when they may now."""
        # An hour is looked up more often than it ends; forgetting is left to `note`.
        return max(0.0, max(self._until.get(name, 0.0) for name in names) - time.time())


def register(flask_app: Flask) -> None:
    """Before all that reads a form: the first thing a request is asked."""
    flask_app.extensions["hebdo.caps"] = Memory()
    flask_app.before_request(refuse_early)


def refuse_early() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method == "POST" and getattr(view, "is_remembered", False):
        wait = _memory().wait(visitor(), visitors.network())
        if wait:
            current_app.extensions["hebdo.lane"].rest()
            raise TooManyRequests(retry_after=math.ceil(wait))


def remembered(view: View) -> View:
    """Remember who meets a cap of this view, and tell her when to come again."""

    @wraps(view)
    def ask(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except RateLimitExceeded as refusal:
            wait = _noted()
            raise TooManyRequests(retry_after=math.ceil(wait) or None) from refusal

    ask.is_remembered = True  # type: ignore[attr-defined]
    return cast("View", ask)


def _noted() -> float:
    """Keep the caps that were met in this request; the seconds until the last of them ends."""
    met = [each for each in limiter.current_limits if each.breached]
    # The window's own end: the library's `reset_at` is up to a second behind it.
    for each in met:
        _memory().note(each.request_args[0], each.window.reset_time)
    return max((each.window.reset_time - time.time() for each in met), default=0.0)


def _memory() -> Memory:
    found: Memory = current_app.extensions["hebdo.caps"]
    return found
