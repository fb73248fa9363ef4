"""Processes that another process of ours starts, watches and ends.

A child has its own session, so that Ctrl-C in a terminal reaches only its parent, which ends the
children in order. On Linux the kernel itself sends SIGTERM to a child whose parent was killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

RESTARTS = 5
RESTART_WINDOW = 600.0
"""Seconds: a child that dies more often than RESTARTS times in this window is given up."""

WORKER_GRACE = 25.0
"""Seconds for workers to finish what the relay answers; whoever stops us waits 30."""

LOG_LIMIT = 5_000_000
"""Bytes: a log longer than this is set aside as `.1` when its child starts."""

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildError(Exception):
    """A child did not become ready or died too often; says which, with its last lines."""


class Child:
    """One process of ours, perhaps started again several times."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None = None,
        environ: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.environ = environ
        self.pass_fds = tuple(pass_fds)
        self.process: subprocess.Popen[bytes] | None = None
        self._starts: deque[float] = deque(maxlen=RESTARTS + 1)

    def start(self) -> None:
        """Start it; from the main thread, whose end the kernel takes for the parent's."""
        self._starts.append(time.monotonic())
        if self.log is None:
            self.process = self._spawn(None)
            return
        _set_aside(self.log)
        with self.log.open("ab") as written:
            self.process = self._spawn(written.fileno())

    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return self.process.poll() if self.process else None

    def worth_restarting(self) -> bool:
        oldest = self._starts[0]
        return len(self._starts) <= RESTARTS or time.monotonic() - oldest > RESTART_WINDOW

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float) -> bool:
        """Ask it to end; after so many seconds end it. False when it had to be killed."""
        self.ask_to_stop()
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """End it and its whole session now."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()

    def last_lines(self, count: int = 12) -> str:
        if self.log is None or not self.log.exists():
            return ""
        tail = self.log.read_bytes()[-8_000:].decode("utf-8", "replace").splitlines()
        return "\n".join(f"    {line}" for line in tail[-count:])

    def _spawn(self, output: int | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - command lines of our own, never typed ones
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(self.environ) if self.environ is not None else None,
            pass_fds=self.pass_fds,
            start_new_session=True,
            preexec_fn=_follow_parent,
        )


class Watch:
    """Keeps children alive: says who died, starts it again, gives up on one that keeps dying."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: list[Child] = []

    def start(self, child: Child) -> None:
        child.start()
        self.children.append(child)

    def look(self) -> None:
        """Start the dead again; raise when that has been done too often."""
        for child in self.children:
            code = child.exit_code()
            if code is None:
                continue
            if not child.worth_restarting():
                raise ChildError(self.obituary(child, f"died {RESTARTS + 1} times; giving up"))
            self.say(f"{child.name} died ({reason(code)}) and is started again")
            child.start()

    def obituary(self, child: Child, what: str) -> str:
        lines = child.last_lines()
        where = f" Its last lines in {child.log}:\n{lines}" if lines else ""
        return f"{child.name} {what}.{where}"


class Stop:
    """Whether we were asked to end: SIGTERM, SIGINT or SIGHUP, once politely, twice in a hurry."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.hurried = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked to end; whether we were."""
        return self.event.wait(seconds)

    def asked(self) -> bool:
        return self.event.is_set()

    def until(self, fact: Callable[[], bool], seconds: float) -> bool:
        """Wait for a fact; False when it did not come in time, or when we were asked to end."""
        end = time.monotonic() + seconds
        while not fact():
            if time.monotonic() > end or self.wait(0.1):
                return False
        return True

    def _hear(self, number: int, frame: object) -> None:
        self.hurried = self.asked()
        self.event.set()


def reason(code: int) -> str:
    """An exit code in words."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def adopt_orphans() -> None:
    """Become the parent of whatever our descendants leave behind (Linux), to end it at the end."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_descendants() -> int:
    """End whatever is left below us (Linux); how many there were."""
    left = _descendants(os.getpid())
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for pid in left:
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            continue
    return len(left)


def _descendants(root: int) -> list[int]:
    """Running processes below `root`, nearest first."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            below.setdefault(int(parent), []).append(int(stat.parent.name))
    found = list(below.get(root, ()))
    for pid in found:
        found.extend(below.get(pid, ()))
    return found


def _follow_parent() -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _set_aside(log: Path) -> None:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(log.suffix + ".1"))
