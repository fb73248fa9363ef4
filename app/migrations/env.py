"""How Alembic reaches our tables. Online only: `hebdo db upgrade` runs inside the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

from app.models.base import UTCDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """A migration names no class of ours: it must still run when the class has gone."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes some tables by making them anew, and dropping the old one would take along the
    rows that point to it. The pragma does nothing inside a transaction; what points nowhere
    afterwards is an error."""
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite = connection.connection.dbapi_connection
    assert sqlite is not None
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        lost = sqlite.execute("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise RuntimeError(f"the migration left rows that point nowhere: {lost[:5]}")
    finally:
        sqlite.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    kept = current_app.extensions["migrate"]
    with kept.db.engine.connect() as connection, without_foreign_keys(connection):
        context.configure(
            connection=connection,
            target_metadata=kept.db.metadata,
            render_item=render_item,
            **kept.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
