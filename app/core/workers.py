"""Workers' signs of life, for `/readyz` and the doctor."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from app.core import clock
from app.extensions import db
from app.models import Worker

FRESH = dt.timedelta(seconds=60)
"""A worker that said nothing for so long is taken for dead; it speaks every 15 s."""


def seen(name: str) -> None:
    """This worker is alive. `name` is the queue it serves and its host: `deliveries@host`."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    now = clock.now()
    statement = dialect.insert(Worker).values(name=name, seen_at=now)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=[Worker.name], set_={"seen_at": now})
    )


def alive(now: dt.datetime | None = None) -> dict[str, dt.datetime]:
    """Who spoke within `FRESH`, and when."""
    since = (now or clock.now()) - FRESH
    rows = db.session.execute(select(Worker.name, Worker.seen_at).where(Worker.seen_at > since))
    return {row.name: row.seen_at for row in rows}
