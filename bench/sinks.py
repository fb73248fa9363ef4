"""The sinks that a measurement sends to: ours in C, ours in Python with TLS, and Postfix's."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import parts
from tests import certificates

FAST = "fast"
LOCK_STEP = "lock-step"
TLS = "tls"
SMTP_SINK = "smtp-sink"
KINDS = (FAST, SMTP_SINK, LOCK_STEP, TLS)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sink of ours accepted since it was last asked."""

    taken: int
    different: int
    """Addresses."""
    most: int
    """Messages to the address that got the most."""
    first_at: float
    """Monotonic time of the first acceptance; 0 before it."""


@dataclass(frozen=True)
class Sink:
    """A sink on loopback that runs."""

    kind: str
    port: int
    process: subprocess.Popen[str]
    certificate: Path | None = None

    @property
    def counts(self) -> bool:
        """Postfix's sink counts also what it refuses, and tells nobody."""
        return self.kind != SMTP_SINK

    def taken(self) -> Taken:
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        return Taken(**json.loads(self.process.stdout.readline()))

    @property
    def family(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def relay(self, port: int = 0) -> str:
        """As a setting names it; at another port when something stands between."""
        tls = "starttls" if self.certificate else "none"
        return f"smtp://127.0.0.1:{port or self.port}?tls={tls}"


@contextlib.contextmanager
def running(kind: str) -> Iterator[Sink]:
    port = parts.free_port()
    with tempfile.TemporaryDirectory(prefix="hebdo-sink-") as name:
        certificate = certificates.self_signed(Path(name)) if kind == TLS else None
        with parts.process(command(kind, port, certificate)) as process:
            if kind == SMTP_SINK:
                parts.wait_for_port(port)
            else:
                assert process.stdout is not None
                process.stdout.readline()
            yield Sink(kind, port, process, certificate)


def command(kind: str, port: int, certificate: Path | None) -> list[str]:
    if kind == SMTP_SINK:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        return [parts.program("smtp-sink", parts.POSTFIX), *user, f"127.0.0.1:{port}", "256"]
    lock_step = ["lock-step"] if kind == LOCK_STEP else []
    if kind != TLS and (compiled := in_c()):
        return [str(compiled), str(port), *lock_step]
    options = ["--certificate", str(certificate)] if certificate else []
    if lock_step:
        options.append("--lock-step")
    return [sys.executable, "-m", "bench.sink", str(port), *options]


@functools.cache
def in_c() -> Path | None:
    """`sink.c`, compiled once a run; None, and said, where the system has no compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        print("no C compiler here (or no epoll): the sink in Python takes its place and is a brake")
        return None
    folder = tempfile.TemporaryDirectory(prefix="hebdo-sink-c-")
    program = Path(folder.name) / "sink"
    # Kept with the answer: the folder goes when the process does.
    in_c.folder = folder  # type: ignore[attr-defined]
    source = Path(__file__).with_name("sink.c")
    subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return program
