"""A real browser over a real server, for tests of what a person sees.

`browser` is one Chromium for the whole run; the tests that ask for it are marked `browser`. Where
there is none they are skipped, and the reason says how to add one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app import create_app
from app.settings import Settings
from tests.ports import free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = os.environ.get("HEBDO_CHROMIUM") or shutil.which("chromium") or ""

WHY_NOT = "no Chromium here: `make setup-browser` adds one, or HEBDO_CHROMIUM names one"

LOOKS = [
    pytest.param(width, scheme, id=f"{width}-{scheme}")
    for width in (390, 1280)
    for scheme in ("light", "dark")
]
"""The widths (CSS pixels) and lights in which every page is looked at."""


@dataclass(frozen=True)
class LiveServer:
    """The app as a browser reaches it; `flask_app` is the same app, for rows and links."""

    url: str
    flask_app: Flask


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Says nothing: a test that fails has its own words."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium; ask it for `new_page(...)` or `new_context(...)`."""
    sync_api = pytest.importorskip("playwright.sync_api", reason=WHY_NOT)
    with sync_api.sync_playwright() as playwright:
        path = CHROMIUM or playwright.chromium.executable_path
        if not os.access(path, os.X_OK):
            pytest.skip(WHY_NOT)
        # Chromium's own sandbox asks for rights that a container does not give.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def live_server(settings: Settings) -> Iterator[LiveServer]:
    """The web app over a socket of its own, with the base URL that readers would see."""
    from app.extensions import db, limiter

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    flask_app = create_app(dataclasses.replace(settings, base_url=url))
    limiter.enabled = False
    server = make_server("127.0.0.1", port, whole(flask_app), threaded=True, request_handler=Quiet)
    with flask_app.app_context(), serving(server):
        yield LiveServer(url, flask_app)
        db.session.remove()
        db.engine.dispose()


def whole(app: WSGIApplication) -> WSGIApplication:
    """The app with each answer read to its end and closed before any of it goes out.

    Werkzeug's server forgets to close a file when a browser hangs up over it.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with contextlib.ExitStack() as stack:
            body = app(environ, start_response)
            if hasattr(body, "close"):
                stack.callback(body.close)
            return [b"".join(body)]

    return serve


@contextlib.contextmanager
def serving(server: BaseWSGIServer) -> Iterator[None]:
    """A server in a thread; closed, its requests answered, when the block ends."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
