"""What this machine remembers of the database it sends from: in the state folder, outside of it.

Every worker asks `may_send` before it posts anything; the lookout keeps the memory fresh.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

from app.core import installations
from app.core.installations import Beat
from app.extensions import db, settings

log = structlog.get_logger()


def may_send() -> bool:
    """Whether this machine may send from this database: no copy, and not set back since it last looked."""
    # Read first: the lookout writes what the database already has, so that a memory read later than
    # the row could be ahead of it.
    return installations.may_send(_recall())


def look() -> bool:
    """The lookout's turn: take the pulse and remember it, or hold everybody; whether it may be sent from."""
    seen = installations.beat() if may_send() else None
    if seen is None and installations.hold():
        log.warning("installation.set_back", do="hebdo db adopt")
    db.session.commit()
    if seen is not None:
        _remember(seen)
    return seen is not None


def _memory() -> Path:
    return settings().state_dir / "installation.json"


def _recall() -> Beat | None:
    """None when nothing is known: on a new machine, or with a file that a power cut left empty."""
    try:
        given = json.loads(_memory().read_text(encoding="ascii"))
        return Beat(str(given["mark"]), int(given["pulse"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _remember(seen: Beat) -> None:
    """A memory that cannot be written is an old one, which only notices less."""
    file = _memory()
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps({"mark": seen.mark, "pulse": seen.pulse}), encoding="ascii")
        fresh.replace(file)
    except OSError as error:
        log.warning("installation.forgotten", why=str(error))
