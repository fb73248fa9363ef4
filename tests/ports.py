"""Ports for servers that tests start."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that nobody listens on now, on loopback."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
