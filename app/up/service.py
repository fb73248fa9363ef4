"""The whole service on one machine: who is started after whom, what shows that each is ready.

Started: broker, catcher, then the tables and the sample, then worker, beat, web.
Ended: beat, web and worker at the same time, then what they lean on, broker and catcher.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.children import WORKER_GRACE, Child, ChildError, Stop, Watch, kill_descendants
from app.up import broker
from app.up.state import HOST, State

READY_SECONDS = 60.0
"""A machine with two busy cores takes 8."""

WORKING, SERVING = ("beat", "web", "worker"), ("broker", "catcher")

WORKING_SECONDS, SERVING_SECONDS = WORKER_GRACE + 1, 3.0
"""Seconds that those of each may take to end: less than the half minute that we promise, together. A worker
that ends its own parts after its grace needs a moment more."""


class Stopped(Exception):
    """We were asked to end while starting."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the preparation tells for the greeting."""

    newsletter: str
    """The slug of the first newsletter; empty when there is none."""
    editor: str
    password: str
    """Empty once the first editor has signed in."""
    is_held: bool
    """The database is a copy, or was set back: nothing is sent from it."""


class Service:
    """The children of `hebdo up`."""

    def __init__(self, state: State, lock: int, stop: Stop, say: Callable[[str], None]) -> None:
        self.state = state
        self.lock = lock
        self.stop_asked = stop
        self.watch = Watch(say)
        self.say = say
        self.welcome: Welcome | None = None
        self.environ = {
            "HEBDO_LOG_FORMAT": "lines",
            **os.environ,
            "HEBDO_STATE_DIR": str(state.state_dir),
            "PYTHONUNBUFFERED": "1",
        }

    def start(self) -> Welcome:
        """Start all; raises ChildError with the reason, or Stopped when asked to end meanwhile."""
        self._start_servers()
        self.welcome = welcome = self._prepare()
        self._start("worker", [*hebdo(), "worker"])
        self._start("beat", [*hebdo(), "beat"])
        web = self._start("web", [*hebdo(), "web", "--bind", f"{HOST}:{self.state.web_port}"])
        self._wait("web", web, lambda: _answers(self._url("/healthz")))
        if not welcome.is_held:
            self._wait_for_workers()
        return welcome

    def keep(self) -> None:
        """Until asked to end: start again whoever dies; raises ChildError when one keeps dying."""
        while not self.stop_asked.wait(0.5):
            self.watch.look()

    def end(self) -> None:
        """End all: first who works, while what they lean on still answers."""
        self._end(WORKING, WORKING_SECONDS)
        self._end(SERVING, SERVING_SECONDS)
        kill_descendants()

    def _end(self, names: Sequence[str], seconds: float) -> None:
        """All at once. In a hurry (a second Ctrl-C) nobody is waited for."""
        ending = [child for child in self.watch.children if child.name in names]
        for child in ending:
            child.ask_to_stop()
        end = time.monotonic() + seconds
        while any(child.exit_code() is None for child in ending):
            if time.monotonic() > end or self.stop_asked.hurried:
                break
            time.sleep(0.05)
        for child in ending:
            if not child.stop(0.5 if self.stop_asked.hurried else 0.0):
                self.say(f"{child.name} did not end in time and was killed")

    def _start_servers(self) -> None:
        if self.state.broker_port is not None:
            child = self._start("broker", broker.command(self.state))
            url = self.state.values["REDIS_URL"]
            self._wait("broker", child, lambda: broker.answers(url))
        if self.state.smtp_port is not None:
            ports = [str(self.state.smtp_port), str(self.state.inbox_port)]
            child = self._start("catcher", [sys.executable, "-m", "app.catcher", *ports])
            inbox = self.state.values["HEBDO_INBOX_URL"]
            self._wait("catcher", child, lambda: _answers(f"{inbox}/healthz"))

    def _start(self, name: str, command: list[str]) -> Child:
        child = Child(
            name,
            command,
            log=self.state.state_dir / "log" / f"{name}.log",
            environ=self.environ,
            pass_fds=[self.lock],
        )
        self.watch.start(child)
        return child

    def _prepare(self) -> Welcome:
        """Migrations, the sample, the first editor: in a process of its own, which then goes."""
        log = self.state.state_dir / "log" / "preparation.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as written:
            done = subprocess.run(
                [sys.executable, "-m", "app.up.preparation"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=written,
                env=self.environ,
                pass_fds=[self.lock],
                start_new_session=True,
                check=False,
            )
        if self.stop_asked.asked():
            raise Stopped
        if done.returncode:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
            raise ChildError("The database could not be prepared:\n    " + "\n    ".join(tail))
        return Welcome(**json.loads(done.stdout))

    def _wait(self, name: str, child: Child, fact: Callable[[], bool]) -> None:
        def ready_or_dead() -> bool:
            return child.exit_code() is not None or fact()

        if self.stop_asked.until(ready_or_dead, READY_SECONDS) and child.exit_code() is None:
            return
        if self.stop_asked.asked():
            raise Stopped
        raise ChildError(self.watch.obituary(child, "did not start"))

    def _wait_for_workers(self) -> None:
        """The service answers without them, so their absence is said and not fatal."""

        def ready() -> bool:
            self.watch.look()
            return _answers(self._url("/readyz"))

        if self.stop_asked.until(ready, READY_SECONDS):
            return
        if self.stop_asked.asked():
            raise Stopped
        self.say(f"Not everything is ready yet; see {self._url('/readyz')} and the logs.")

    def _url(self, path: str) -> str:
        return f"http://{HOST}:{self.state.web_port}{path}"


def hebdo() -> list[str]:
    """The command line of another `hebdo` of this very installation."""
    return [sys.executable, "-m", "app.cli"]


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or HOST, parts.port, timeout=5)
    try:
        line.request("GET", parts.path)
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
