"""Postfix's own smtp-sink with its fault switches, and what it says that it took."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emails.values import Relay
from tests.service import wait_for

ADDRESS = re.compile(rb"^X-Rcpt-Args: <([^>]+)>", re.M)


@dataclass
class Sink:
    """One smtp-sink; its dumps are a count that no code of ours makes."""

    folder: Path
    port: int
    kept: list[str] | None = None
    """What it was given in all, once it has ended."""

    @property
    def relay(self) -> Relay:
        return Relay("127.0.0.1", self.port, timeout=10.0)

    @property
    def recipients(self) -> list[str]:
        """Who was named in each transaction that came as far as DATA, refused ones included."""
        if self.kept is not None:
            return self.kept
        dumps = [path.read_bytes() for path in self.folder.iterdir()]
        return [found[1].decode("ascii") for dump in dumps for found in ADDRESS.finditer(dump)]


@contextlib.contextmanager
def sink(port: int, *switches: str) -> Iterator[Sink]:
    """A sink with these switches, until the block ends."""
    program = shutil.which("smtp-sink") or shutil.which(
        "smtp-sink", path="/usr/sbin:/usr/local/sbin"
    )
    if program is None:
        pytest.skip("smtp-sink, an outside judge, is not here")
    # As root it writes its dumps as somebody else, who may not enter a test's own folder.
    folder = Path(tempfile.mkdtemp(prefix="hebdo-sink-"))
    folder.chmod(0o777)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, *user, *switches, "-d", f"{folder}/%H%M%S.", f"127.0.0.1:{port}", "100"]
    made = Sink(folder, port)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), 10, "the sink listens")
        yield made
    finally:
        process.terminate()
        process.wait(10)
        made.kept = made.recipients
        shutil.rmtree(folder)


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
