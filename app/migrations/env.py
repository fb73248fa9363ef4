"""How Alembic reaches our tables. Online only: `hebdo db upgrade` runs inside the app."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app

from app.models.base import UTCDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """A migration names no class of ours: it must still run when the class has gone."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    kept = current_app.extensions["migrate"]
    with kept.db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=kept.db.metadata,
            render_item=render_item,
            **kept.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
