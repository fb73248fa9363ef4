"""The web server under load, idle and during a send, beside a bare Flask page under the same server.

    python -m bench.web [--database postgresql|sqlite] [--rounds 5] [--seconds 3]

wrk (Debian: apt install wrk) asks on loopback with 16 connections, by turns: the bare page, the page
of an issue, the bare page …, before a send and during one, so that both compete for the same cores in
the same minute; what a request costs the server in CPU is told beside the rates, for a busy machine
spoils those. Then the form that signs up, each time another address from another
network, so that no cap refuses (the server trusts one proxy, and wrk plays it). Whatever is not
answered with 2xx or 3xx ends the run. Each sign-up must have left its row; the worker mails them meanwhile.
A sign-up is held back to 100 ms on purpose (`app.pace`): sixteen connections sign up 160 times a second
at the most. Two minutes each database.
"""

from __future__ import annotations

import argparse
import contextlib
import http.cookiejar
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import func, select

from app.extensions import db
from app.models import Subscription
from bench import hello, parts, rounds, sinks
from bench.installation import Installation, Setup, installed
from bench.parts import cpu_seconds

CONNECTIONS = 16
READERS = 40_000
SETTINGS = (
    ("HEBDO_TRUSTED_PROXIES", "1"),
    ("HEBDO_FORM_SECONDS", "0"),
    ("HEBDO_DNS", "off"),
    ("HEBDO_LOG_LEVEL", "ERROR"),
)
WRK = "Debian: apt install wrk (only this measure needs it)"

SIGN_UPS = """
local number = 0
request = function()
  number = number + 1
  local body = "csrf_token=%(token)s&newsletter=bench&consent=y&first_name=Zoe&address="
    .. "visitor-" .. %(start)d + number .. "%%40orange.fr"
  local place = string.format("%%d.%%d.%%d.%%d",
    1 + number %% 223, math.floor(number / 223) %% 256, %(start)d %% 251, 1 + number %% 200)
  return wrk.format("POST", "/subscribe", {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Cookie"] = "%(cookie)s", ["X-Forwarded-For"] = place, ["Referer"] = "%(base)s/",
  }, body)
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk found."""

    rate: float
    """Requests a second."""
    p50_ms: float
    p99_ms: float
    requests: int
    cpu_us: float
    """Of the server, each request."""


@dataclass(frozen=True, slots=True)
class Place:
    """A server and what is asked of it."""

    url: str
    server: psutil.Process


def main() -> None:
    parser = argparse.ArgumentParser(description="The web server under load.")
    parser.add_argument("--database", choices=[parts.POSTGRESQL, parts.SQLITE])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    asked = parser.parse_args()
    figures = []
    for kind in [asked.database] if asked.database else [parts.POSTGRESQL, parts.SQLITE]:
        figures += measure(kind, asked.rounds, asked.seconds)
    rounds.show(figures)


def measure(database: str, count: int, seconds: int) -> list[dict[str, object]]:
    parts.program("wrk", WRK)
    print(f"\nweb, {database}: {count} rounds of {seconds} s")
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(sinks.running(sinks.FAST))
        setup = Setup(READERS, database, more=SETTINGS, is_alone=False)
        ours = stack.enter_context(installed(setup, sink))
        ours.send()
        base = stack.enter_context(serving(ours))
        bare = stack.enter_context(serving_hello())
        one = Measure(ours, base, bare, database, count, seconds)
        one.warm_up()
        idle, found = one.while_it("idle")
        with sending(ours):
            during, more = one.while_it("sending")
        return [*found, *more, over_the_idle(idle, during, database)]


@dataclass
class Measure:
    ours: Installation
    base: Place
    bare: Place
    database: str
    count: int
    seconds: int
    signed_up: int = 0

    @property
    def issue(self) -> Place:
        return Place(f"{self.base.url}/archive/bench/1", self.base.server)

    def warm_up(self) -> None:
        """A server's port is open before its processes are: what they load is not measured."""
        for place in (self.issue, self.bare):
            with urllib.request.urlopen(place.url, timeout=60):
                ask(place, 1)

    def while_it(self, doing: str) -> tuple[rounds.Rounds, list[dict[str, object]]]:
        """The issue's page beside the bare one, then the sign-up."""
        pages: list[Load] = []
        bare: list[Load] = []
        found = rounds.by_turns(
            self.count,
            lambda: kept(ask(self.bare, self.seconds), bare),
            lambda: kept(ask(self.issue, self.seconds), pages),
        )
        print(rounds.told(f"the issue's page over a bare one, {doing}", found))
        sign_ups = [self.sign_up() for _ in range(self.count)]
        told = {"database": self.database, "doing": doing}
        return found, [
            rounds.ratio("issue_page_over_hello", found, **told),
            *shown("hello", bare, told),
            *shown("issue_page", pages, told),
            *shown("sign_up", sign_ups, told),
        ]

    def sign_up(self) -> Load:
        """Each must leave its row: a server that only thanks would be quick."""
        before = self.standing()
        self.signed_up += 1
        cookie, token = visited(self.base.url)
        script = SIGN_UPS % {
            "token": token,
            "cookie": cookie,
            "base": self.base.url,
            "start": self.signed_up * 1_000_000,
        }
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(script)
            file.flush()
            load = ask(self.base, self.seconds, Path(file.name))
        made = self.standing() - before
        if made < load.requests:
            raise SystemExit(f"{load.requests} sign-ups were thanked for, {made} are in the rows")
        return load

    def standing(self) -> int:
        with self.ours.flask_app.app_context():
            found = db.session.scalar(select(func.count()).select_from(Subscription)) or 0
            db.session.rollback()
        return int(found)


def over_the_idle(idle: rounds.Rounds, during: rounds.Rounds, database: str) -> dict[str, object]:
    """The page during a send over the bare one before it, when nothing competed."""
    value = statistics.median(during.ours) / statistics.median(idle.others)
    print(f"the issue's page during the send over a bare one before it: {value:.2f}")
    return rounds.plain("issue_page_sending_over_hello_idle", [value], database=database)


def kept(load: Load, among: list[Load]) -> float:
    among.append(load)
    return load.rate


def ask(place: Place, seconds: int, script: Path | None = None) -> Load:
    """One thread of wrk: the script counts by itself, and two of it would take the same addresses."""
    command = [parts.program("wrk", WRK), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    # A slow answer is a figure, not an error: wrk gives up after two seconds by itself.
    command += ["--latency", "--timeout", "30s"]
    if script:
        command += ["-s", str(script)]
    spent = cpu_seconds(place.server)
    done = subprocess.run([*command, place.url], check=True, capture_output=True, text=True)
    spent, said = cpu_seconds(place.server) - spent, done.stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"not every request to {place.url} was answered well:\n{said}")
    requests = int(number(r"(\d+) requests in", said))
    return Load(
        rate=float(number(r"Requests/sec:\s+([\d.]+)", said)),
        p50_ms=milliseconds(number(r"\n\s+50%\s+(\S+)", said)),
        p99_ms=milliseconds(number(r"\n\s+99%\s+(\S+)", said)),
        requests=requests,
        cpu_us=spent / max(requests, 1) * 1e6,
    )


def number(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise SystemExit(f"wrk said something new:\n{said}")
    return found[1]


def milliseconds(text: str) -> float:
    """`850.00us`, `12.34ms`, `1.20s`."""
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def shown(what: str, loads: list[Load], told: dict[str, str]) -> list[dict[str, object]]:
    figures = [
        rounds.plain(f"{what}_per_s", [one.rate for one in loads], **told),
        rounds.plain(f"{what}_p50_ms", [one.p50_ms for one in loads], **told),
        rounds.plain(f"{what}_p99_ms", [one.p99_ms for one in loads], **told),
        rounds.plain(f"{what}_cpu_us", [round(one.cpu_us) for one in loads], **told),
    ]
    rate, middle, slow, cpu = (one["value"] for one in figures)
    print(
        f"{what}, {told['doing']}: {rate:,.0f}/s, half within {middle} ms, 99 % within {slow} ms,"
        f" {cpu:,.0f} µs of the server's CPU each"
    )
    return figures


def visited(base: str) -> tuple[str, str]:
    """The cookie and the token of somebody who opened the form."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{base}/newsletters/bench") as answer:
        page = answer.read().decode()
    token = number(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return "; ".join(f"{one.name}={one.value}" for one in jar), token


@contextlib.contextmanager
def serving(ours: Installation) -> Iterator[Place]:
    """`hebdo web`, as an operator starts it."""
    port = parts.free_port()
    command = parts.hebdo("web", "--bind", f"127.0.0.1:{port}")
    log = ours.message.with_name("web.log")
    with parts.process(command, ours.environ, log) as process:
        parts.wait_for_port(port)
        yield Place(f"http://127.0.0.1:{port}", psutil.Process(process.pid))


@contextlib.contextmanager
def serving_hello() -> Iterator[Place]:
    port = parts.free_port()
    command = [sys.executable, "-m", hello.__name__, f"127.0.0.1:{port}"]
    with parts.process(command) as process:
        parts.wait_for_port(port)
        yield Place(f"http://127.0.0.1:{port}", psutil.Process(process.pid))


@contextlib.contextmanager
def sending(ours: Installation) -> Iterator[None]:
    """Issue after issue goes out while the block runs; the last one to its end."""
    over = threading.Event()
    thread = threading.Thread(target=send_on, args=[ours.send, over])
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def send_on(send: Callable[[], object], over: threading.Event) -> None:
    while not over.is_set():
        send()


if __name__ == "__main__":
    main()
