"""One `hebdo up` per state directory.

The lock is a file lock that the children inherit: it is free only when the last of them has gone,
so a start right after a `kill -9` waits for what the dead one left, and never runs beside it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from app.children import Stop

LEAVING_SECONDS = 40.0
"""How long the children of a killed `hebdo up` may take to leave; a worker takes up to 30."""


class AlreadyRunning(Exception):
    """Another `hebdo up` holds this state directory."""


def take(state_dir: Path, stop: Stop) -> int:
    """Hold the lock and give its descriptor, which children are to inherit."""
    path = state_dir / "up.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _held(descriptor):
        owner = _owner(descriptor)
        if _runs(owner) or not stop.until(lambda: _held(descriptor), LEAVING_SECONDS):
            os.close(descriptor)
            raise AlreadyRunning(
                f"Hebdo is already running here (process {owner}, state in {state_dir}). "
                "Press Ctrl-C in its terminal first, or set HEBDO_STATE_DIR to another directory."
            )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode("ascii"), 0)
    return descriptor


def _held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(descriptor: int) -> int:
    written = os.pread(descriptor, 20, 0)
    return int(written) if written.isdigit() else 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
