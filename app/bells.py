"""Ringing for notices once the answer is out: who waits for a page does not wait for a broker.

It also keeps the answer's time the same whether or not a mail was owed, so that a stopwatch learns
nothing about an address.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, after_this_request, current_app

from app.models import Notice
from tasks import nudges


def ring(notices: Iterable[Notice | None]) -> None:
    """Ring for these when the response has been sent; the caller commits in the meantime."""
    ids = [notice.id for notice in notices if notice is not None]
    if not ids:
        return
    flask_app = current_app._get_current_object()  # type: ignore[attr-defined]

    def nudge() -> None:
        with flask_app.app_context():
            for notice_id in ids:
                nudges.notice(notice_id)

    @after_this_request
    def ring_at_the_end(response: Response) -> Response:
        response.call_on_close(nudge)
        return response
