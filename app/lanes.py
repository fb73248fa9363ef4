"""The lane of those who sign up: how many at once, so that who reads a page need not stand behind them.

A sign-up is held back on purpose (`app.pace`) and keeps its thread meanwhile. Of the threads of a process
a quarter is never given to sign-ups; and of those that are let in only `PLACES` are worked on at a time,
for they share the interpreter with the pages. The others wait, which is part of the time that all take.
Who finds no room is asked to come again in a second: at 24 in each process it takes hundreds a second to
be one of them. Robots that are refused rest a moment, in an eighth of the threads at the most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from werkzeug.exceptions import ServiceUnavailable

View = TypeVar("View", bound=Callable[..., Any])

THREADS = 32
"""Of each process of `hebdo web`, by default. One that waits costs some memory and no work."""

PLACES = 2
"""Sign-ups worked on at once by a process: with one alone, a single row that is locked would stop all."""

AGAIN_SECONDS = 1

REST_SECONDS = 0.1
"""A robot that asks again as soon as it is answered asks ten times a second, and not three hundred."""


class Lane:
    """Of one process."""

    def __init__(self, threads: int = THREADS) -> None:
        self._room = threading.BoundedSemaphore(max(threads - max(threads // 4, 1), 1))
        self._places = threading.BoundedSemaphore(PLACES)
        self._seats = threading.BoundedSemaphore(threads // 8)

    @contextmanager
    def room(self) -> Iterator[None]:
        """Inside while one is served and held back; raises 503 where there is no room."""
        if not self._room.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=AGAIN_SECONDS)
        try:
            yield
        finally:
            self._room.release()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Inside while one is worked on; waits for its turn."""
        with self._places:
            yield

    def rest(self) -> None:
        """Who is refused waits a moment, where one of an eighth of the threads is free; else not."""
        if self._seats.acquire(blocking=False):
            try:
                time.sleep(REST_SECONDS)
            finally:
                self._seats.release()


def register(flask_app: Flask, threads: int = THREADS) -> None:
    """Fit the lane to the server's threads; before the first request."""
    flask_app.extensions["hebdo.lane"] = Lane(threads)


def with_room(view: View) -> View:
    return _inside(view, Lane.room)


def in_turn(view: View) -> View:
    return _inside(view, Lane.place)


def _inside(view: View, of: Callable[[Lane], Any]) -> View:
    @wraps(view)
    def enter(*args: Any, **kwargs: Any) -> Any:
        with of(current_app.extensions["hebdo.lane"]):
            return view(*args, **kwargs)

    return cast("View", enter)
