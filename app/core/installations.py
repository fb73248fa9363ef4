"""Whose database this is. A copy of it, or one that was set back in time, is not sent from by itself.

A restored database orders again what its original has sent since. So the first worker writes down
where the database stands, which no dump carries over: a copy finds another place than its own. One
that was set back where it stood (a file overwritten, a snapshot, a standby that missed the last
commits) is told by its pulse: workers remember, outside of it, how far it had got.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from app.core import races
from app.extensions import db
from app.models import Installation

THE_ONE = 1

NOWHERE = ""
"""The place of a database that somebody has seen go back: nobody stands there."""

POSTGRESQL = text(
    "SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()),"
    " 'installation'::regclass::oid)"
)
"""The cluster, the database in it, the table in that: a restore makes at least one of them anew, also
`pg_restore --clean` into the database that was there. Any role may ask."""


@dataclass(frozen=True, slots=True)
class Beat:
    """How far a database had got when a worker last looked."""

    mark: str
    pulse: int


def is_held() -> bool:
    """Whether nothing is sent from this database until a person says so. One nobody has begun with is not."""
    place = db.session.scalar(select(Installation.place))
    return place is not None and place != _place()


def may_send(seen: Beat | None) -> bool:
    """Whether a worker that had `seen` so much may send from it. The first that asks begins with it."""
    row = db.session.execute(
        select(Installation.mark, Installation.place, Installation.pulse)
    ).one_or_none()
    if row is None:
        return _begin()
    is_behind = seen is not None and seen.mark == row.mark and row.pulse < seen.pulse
    return row.place == _place() and not is_behind


def beat() -> Beat:
    """One more look at a database that may be sent from."""
    grown = (
        update(Installation)
        .values(pulse=Installation.pulse + 1)
        .returning(Installation.mark, Installation.pulse)
    )
    return Beat(*db.session.execute(grown).one())


def hold() -> bool:
    """Let nobody send from it, on whatever machine, until it is adopted; False when that is so already."""
    return races.won(
        update(Installation).where(Installation.place == _place()).values(place=NOWHERE)
    )


def adopt() -> None:
    """A person says that this database is the one to send from, as it stands: the next worker begins."""
    db.session.execute(delete(Installation))


def _begin() -> bool:
    """Two that begin at once are one; the loser finds the row."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    first = dialect.insert(Installation).values(
        id=THE_ONE, mark=secrets.token_hex(16), place=_place(), pulse=0
    )
    db.session.execute(first.on_conflict_do_nothing())
    return not is_held()


def _place() -> str:
    """Where this very database stands: no copy of it stands there, too."""
    if db.engine.dialect.name == "postgresql":
        return str(db.session.scalar(POSTGRESQL))
    file = db.engine.url.database
    assert file is not None
    return str(Path(file).stat().st_ino)
