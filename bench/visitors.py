"""A visitor with a stopwatch: loads the form of a newsletter's page once, signs addresses up, reads."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

PAGE = "/newsletters/essentiel-ia"
HIDDEN = re.compile(r'<input[^>]*name="(csrf_token|newsletter|opened)"[^>]*value="([^"]*)"')


@dataclass
class Visitor:
    """A browser with the cookie and the hidden fields of the form it loaded."""

    port: int
    cookie: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        _status, page, headers = self.ask("GET", PAGE)
        self.cookie = (headers["Set-Cookie"] or "").partition(";")[0]
        self.fields = dict(HIDDEN.findall(page))

    def ask(
        self, method: str, path: str, body: str = "", come_from: str = "203.0.113.1"
    ) -> tuple[int, str, http.client.HTTPMessage]:
        headers = {"Cookie": self.cookie, "X-Forwarded-For": come_from}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request(method, path, body or None, headers)
        answer = self.line.getresponse()
        return answer.status, answer.read().decode(), answer.headers

    def sign_up(self, address: str, come_from: str) -> tuple[float, int]:
        """Milliseconds on a connection of its own, and the status.

        On a kept one it would wait for what follows the answer before: the bell that is rung.
        """
        self.line.close()
        body = urlencode({**self.fields, "address": address, "consent": "y"})
        began = time.perf_counter()
        status, _page, _headers = self.ask("POST", "/subscribe", body, come_from)
        return (time.perf_counter() - began) * 1000, status

    def read(self) -> float:
        began = time.perf_counter()
        self.ask("GET", PAGE)
        return (time.perf_counter() - began) * 1000
