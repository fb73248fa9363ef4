"""What holds for every request at every door: an id, reading-only GET and HEAD, strict headers, and
what may be kept of the answer.

A page that needs another policy (the mail preview in its sandboxed frame) sets its own
Content-Security-Policy header; it is left alone.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from contextlib import ExitStack

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest

from app.database import reading_only
from app.extensions import settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Tokens stand in paths: no other site, and no page of ours, learns them by referer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def policy_framed_by(origins: Iterable[str]) -> str:
    """The policy of a page that these sites, and ours, may show in a frame."""
    ancestors = " ".join(("'self'", *origins))
    return POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")


def register(flask_app: Flask) -> None:
    flask_app.before_request(open_request)
    flask_app.before_request(refuse_broken_text)
    flask_app.after_request(add_headers)
    flask_app.teardown_request(close_request)


def open_request() -> None:
    """Give the request its moment, an id and, for GET and HEAD, transactions that cannot write."""
    g.arrived_at = time.monotonic()
    g.request_id = secrets.token_hex(8)
    g.stack = ExitStack()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    g.stack.callback(structlog.contextvars.unbind_contextvars, "request_id")
    if request.method in SAFE:
        g.stack.enter_context(reading_only())


def close_request(error: BaseException | None) -> None:
    stack = g.pop("stack", None)
    if stack is not None:
        stack.close()


def refuse_broken_text() -> None:
    """NUL in a path or a query has no honest use, and PostgreSQL cannot keep it.

    In a form it is a fault of one field, answered beside it (`app.forms`).
    """
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest


def add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    keep_private(response)
    response.headers["X-Request-Id"] = re.sub(r"[^0-9a-f]", "", g.get("request_id", ""))
    if settings().is_https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def keep_private(response: Response) -> None:
    """A page is its visitor's own; one behind a mailed link is kept by nobody (RFC 9111 §5.2.2.5).

    Pages carry a form's token and the visitor's language, so that no cache between may share them.
    What says itself how long it may be kept (pictures, style sheets) is left alone.
    """
    if "token" in (request.view_args or {}):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
    else:
        response.headers.setdefault("Cache-Control", "private, no-cache")
