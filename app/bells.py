"""Ringing for notices once the answer is out, or held back on purpose: no page waits for a broker.

A thread of its own rings, so that the visitor's next request over the same connection does not wait
either: how long an answer takes is the same whether or not a mail was owed, and a stopwatch learns
nothing about an address. Bells that a dying process takes with it, or that are too many for a slow
broker, are no loss: workers look for rows.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable

from flask import Flask, Response, after_this_request, current_app

from app.models import Notice
from tasks import nudges

MOST = 1000
"""Rings that wait for the broker; those beyond are left to the workers' own looking."""


class _Ringer:
    """Rings one after the other; its thread begins with the first, thus after a server's fork."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Flask, list[int]]] = queue.Queue(MOST)
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, flask_app: Flask, ids: list[int]) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait((flask_app, ids))
        with self._begin:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bells", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            flask_app, ids = self._waiting.get()
            with flask_app.app_context():
                for notice_id in ids:
                    nudges.notice(notice_id)


_ringer = _Ringer()


def ring(notices: Iterable[Notice | None]) -> None:
    """Ring for these when the response has been sent; the caller commits in the meantime."""
    ids = owed(notices)
    if not ids:
        return
    flask_app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def ring_at_the_end(response: Response) -> Response:
        response.call_on_close(lambda: _ringer.take(flask_app, ids))
        return response


def owed(notices: Iterable[Notice | None]) -> list[int]:
    """The numbers of those that are: what a bell needs, read before a commit makes rows stale."""
    return [notice.id for notice in notices if notice is not None]


def ring_at_once(ids: list[int]) -> None:
    """Ring for these, which the caller has committed, while the answer is held back.

    What a bell costs is then spent before the answer leaves, and not beside the next one.
    """
    if ids:
        _ringer.take(current_app._get_current_object(), ids)  # type: ignore[attr-defined]
