"""A whole Hebdo as a newcomer starts it: `hebdo up` with real processes, in a place of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
PATIENCE = 90.0
"""Seconds for what takes ten on a quiet machine."""


@dataclass
class Up:
    """One `hebdo up`, or an attempt at one."""

    process: subprocess.Popen[str]
    output: Path
    web: str
    inbox: str

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def runs(self) -> bool:
        return "Ctrl-C ends everything" in self.said()

    def family(self) -> list[psutil.Process]:
        """It and all below it, as they are now."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def child(self, marker: str) -> psutil.Process:
        """Its direct child whose command line holds this."""
        for each in psutil.Process(self.process.pid).children():
            if marker in " ".join(each.cmdline()):
                return each
        raise AssertionError(f"no child with {marker}")


@dataclass
class Place:
    """A state directory with ports of its own, and the ups that were started there."""

    state_dir: Path
    environ: dict[str, str]
    started: list[Up]

    def up(self, **changes: str) -> Up:
        environ = {**self.environ, **changes}
        output = self.state_dir.parent / f"up-{len(self.started)}.txt"
        with output.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                cwd=ROOT, env=environ, stdin=subprocess.DEVNULL,
                stdout=written, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        web, inbox = environ["HEBDO_PORT"], environ["HEBDO_INBOX_PORT"]
        made = Up(process, output, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{inbox}")
        self.started.append(made)
        return made

    def running(self, **changes: str) -> Up:
        made = self.up(**changes)
        until(lambda: made.runs() or made.process.poll() is not None, made.said)
        assert made.runs(), made.said()
        return made

    def hebdo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A second terminal: it is told the state directory and nothing else."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HEBDO_") and name != "REDIS_URL"
    }
    environ["HEBDO_STATE_DIR"] = str(tmp_path / "var")
    environ["HEBDO_PORT"], environ["HEBDO_INBOX_PORT"] = str(free_port()), str(free_port())
    # A browser that is driven fills in a form sooner than any person, and would be asked once more.
    environ["HEBDO_FORM_SECONDS"] = "0"
    made = Place(tmp_path / "var", environ, [])
    yield made
    for each in made.started:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.wait(40)


def until(fact: Callable[[], Any], otherwise: Callable[[], str] = str) -> Any:
    """Wait for a fact."""
    end = time.monotonic() + PATIENCE
    while not (found := fact()):
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)
    return found


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
