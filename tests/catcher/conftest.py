"""A catcher with an inbox of its own, and something that stands where our service would."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.catcher import pages
from app.catcher.inbox import Inbox
from app.settings import Settings
from tests.conftest import make_settings

HTML = '<html><head lang="fr"><title>x</title></head><body><a href="https://e.invalid/">y</a></body></html>'


def message(subject: str = "Bonjour", *, html: str = HTML, headers: str = "") -> bytes:
    return (
        f"From: La lettre <lettre@hebdo.invalid>\r\nTo: Anna <anna@lecteurs.invalid>\r\n"
        f"Subject: {subject}\r\n{headers}MIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nEn texte.\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    kept = Inbox(tmp_path / "inbox")
    yield kept
    kept.close()


@dataclass
class Service:
    """Stands where our service would, and says what it was sent."""

    base_url: str
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.posts.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    heard = Service(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def given(service: Service, tmp_path: Path) -> Settings:
    return replace(make_settings("sqlite://", tmp_path), base_url=service.base_url)


@pytest.fixture
def page(inbox: Inbox, given: Settings) -> FlaskClient:
    client = pages.create(inbox, given).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8025"
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client
