"""What `hebdo up` makes once for this installation and keeps in `var/state.json`, mode 0600.

Keys are named like the environment's, which stands above them: whoever sets `REDIS_URL` or
`HEBDO_SMTP_URL` gets no broker or catcher of ours.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.lookups import OFF
from app.settings import STATE_FILE, read_state

HOST = "127.0.0.1"
PORTS = {"HEBDO_PORT": 8000, "HEBDO_INBOX_PORT": 8025}
"""Those that people know, of the pages and of the inbox, and what they are if nobody chose."""

MAIL_FROM = "bureau@hebdo.invalid"


class PortError(Exception):
    """A port we were told to use is taken or is no port; says which and how to choose another."""


@dataclass(frozen=True, slots=True)
class State:
    """The installation as `hebdo up` runs it this time."""

    state_dir: Path
    web_port: int
    inbox_port: int | None
    """None: mail goes to the relay that the environment names, and there is no inbox."""
    smtp_port: int | None
    broker_port: int | None
    """None: the environment names a broker."""
    broker_password: str
    values: Mapping[str, str]
    """What `state.json` holds."""


def prepare(environ: Mapping[str, str], state_dir: Path) -> State:
    """Make what is missing, keep what is there, write it down. Twice gives the same secrets."""
    kept = read_state(state_dir)
    own_broker = not environ.get("REDIS_URL")
    own_catcher = not environ.get("HEBDO_SMTP_URL")
    ports = _demanded(environ, [*PORTS] if own_catcher else ["HEBDO_PORT"])
    web_port, inbox_port = ports["HEBDO_PORT"], ports.get("HEBDO_INBOX_PORT")
    smtp_port = _convenient(kept.get("HEBDO_SMTP_URL", "")) if own_catcher else None
    broker_port = _convenient(kept.get("REDIS_URL", "")) if own_broker else None
    password = urlsplit(kept.get("REDIS_URL", "")).password or secrets.token_urlsafe(24)
    values = {
        "HEBDO_SECRET_KEY": kept.get("HEBDO_SECRET_KEY") or secrets.token_hex(32),
        "HEBDO_INSTANCE": kept.get("HEBDO_INSTANCE") or uuid.uuid4().hex,
        "HEBDO_BASE_URL": f"http://{HOST}:{web_port}",
        "HEBDO_MAIL_FROM": MAIL_FROM,
    }
    if own_broker:
        values["REDIS_URL"] = f"redis://:{password}@{HOST}:{broker_port}/0"
    if own_catcher:
        values["HEBDO_SMTP_URL"] = f"smtp://{HOST}:{smtp_port}"
        values["HEBDO_INBOX_URL"] = f"http://{HOST}:{inbox_port}"
        # No mail leaves this machine: nothing to ask the world about, with or without a network.
        values["HEBDO_DNS"] = OFF
    _write(state_dir / STATE_FILE, values)
    return State(state_dir, web_port, inbox_port, smtp_port, broker_port, password, values)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _demanded(environ: Mapping[str, str], names: Sequence[str]) -> dict[str, int]:
    """The ports that people know; where one is taken they must choose, not we.

    The line we propose works when it is pasted: it keeps what they chose and names no port in use.
    """
    ports = {name: _port(environ, name) for name in names}
    taken = [port for port in ports.values() if not is_free(port)]
    if not taken:
        return ports
    free: dict[str, int] = {}
    for name, port in ports.items():
        above = (each for each in range(port, 65_536) if each not in free.values())
        free[name] = next(filter(is_free, above), free_port())
    chosen = " ".join(f"{name}={port}" for name, port in free.items() if port != PORTS[name])
    which = "Port {} is" if len(taken) == 1 else "Ports {} and {} are"
    raise PortError(
        f"{which.format(*taken)} in use by another program. "
        f"End that program, or choose other ports: {chosen} make run"
    )


def _port(environ: Mapping[str, str], name: str) -> int:
    given = environ.get(name) or str(PORTS[name])
    if not given.isdecimal() or not 0 < int(given) < 65_536:
        raise PortError(f"{name} is {given!r}, but must be a port from 1 to 65535.")
    return int(given)


def _convenient(url: str) -> int:
    """A port that only we know: the one of last time, or a free one."""
    last = urlsplit(url).port if url else None
    if last and is_free(last):
        return last
    return free_port()


def free_port() -> int:
    """One on loopback that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        port: int = trial.getsockname()[1]
        return port


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Whole or not at all, and never readable by others, not for a moment. On the disk when it returns:
    it is the only home of the secret, without which no link that was mailed opens."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        json.dump(values, written, indent=2)
        written.write("\n")
        written.flush()
        os.fsync(written.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
