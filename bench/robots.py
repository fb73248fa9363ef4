"""Robots that post sign-ups, in a process of their own: what they cost themselves is told apart.

They load the form once and then post as fast as they are answered, or at a rate that is set. The same
robots can ask for something that costs the server next to nothing; what a reader's page suffers from
those is what the machine's cores, shared with the robots, cost her, and no work of ours.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

import psutil

from bench.visitors import Visitor

SPAWN = multiprocessing.get_context("spawn")
NOTHING = "/static/nothing.css"
"""A file that is not there: no session, no row, no cap, and a short page."""

REFUSED = 429


@dataclass(frozen=True, slots=True)
class Kind:
    """What robots do."""

    name: str
    networks: int = 1
    """How many /24 they come from, in turn."""
    robots: int = 2
    rate: float = 0.0
    """Posts a second of all of them; 0: as fast as they are answered."""
    posts: bool = True
    """False: they ask for `NOTHING`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What robots did while they were let loose."""

    rate: float
    """Posts a second."""
    refused: float
    """Of those, the share that a cap refused."""
    cores: float
    """That the robots took themselves."""


@dataclass(frozen=True)
class Leash:
    """What both processes hold."""

    kind: Kind
    port: int
    go: Event
    pause: Synchronized[float]
    """Seconds that each robot rests after an answer."""
    posts: Synchronized[int]
    refused: Synchronized[int]


class Flood:
    """A process of robots that waits until it is let loose. Made by `waiting`."""

    def __init__(self, kind: Kind, port: int) -> None:
        counts = SPAWN.Value("q", 0), SPAWN.Value("q", 0)
        pause = SPAWN.Value("d", kind.robots / kind.rate if kind.rate else 0.0)
        self.leash = Leash(kind, port, SPAWN.Event(), pause, *counts)
        self.process = SPAWN.Process(target=run, args=(self.leash,), daemon=True)

    def keep_pace(self, own: float, wanted: float) -> None:
        """From now on at the rate that is wanted, as far as they can; posts a second."""
        robots = self.leash.kind.robots
        pause = self.leash.pause.value + robots / wanted - robots / own
        self.leash.pause.value = max(pause, 0.0)

    def _counted(self) -> tuple[int, int, float]:
        spent = sum(psutil.Process(self.process.pid).cpu_times()[:2])
        return self.leash.posts.value, self.leash.refused.value, spent

    @contextlib.contextmanager
    def loose(self) -> Iterator[list[Told]]:
        """What they did stands in the list afterwards."""
        found: list[Told] = []
        before, began = self._counted(), time.monotonic()
        self.leash.go.set()
        try:
            yield found
        finally:
            self.leash.go.clear()
        seconds = time.monotonic() - began
        posts, refused, spent = (
            now - then for now, then in zip(self._counted(), before, strict=True)
        )
        found.append(Told(posts / seconds, refused / max(posts, 1), spent / seconds))


@contextlib.contextmanager
def waiting(kind: Kind, port: int) -> Iterator[Flood]:
    flood = Flood(kind, port)
    flood.process.start()
    try:
        yield flood
    finally:
        flood.process.terminate()
        flood.process.join(30)


def run(leash: Leash) -> None:
    """The process: its robots, each in a thread."""
    lock = threading.Lock()
    robots = [
        threading.Thread(target=robot, args=(leash, number, lock))
        for number in range(leash.kind.robots)
    ]
    for each in robots:
        each.start()
    for each in robots:
        each.join()


def robot(leash: Leash, number: int, lock: threading.Lock) -> None:
    visitor, kind, turn = Visitor(leash.port), leash.kind, number
    while leash.go.wait():
        # All addresses in turn, and the networks in another rhythm.
        place = f"198.{18 + (turn + turn // 200) % kind.networks}.100.{turn % 250}"
        if kind.posts:
            _took, status = visitor.sign_up(f"robot-{turn % 200}@readers.invalid", place)
        else:
            # On a connection of its own each time, as the others.
            visitor.line.close()
            status, _page, _headers = visitor.ask("GET", NOTHING, "", place)
        with lock:
            leash.posts.value += 1
            leash.refused.value += status == REFUSED
        turn += kind.robots
        if leash.pause.value:
            time.sleep(leash.pause.value)
