"""The database itself keeps GET from writing, and the migrations make the tables that the models name."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.database import reading_only
from app.extensions import db
from app.models import Worker

OPTIONS = {
    "compare_type": True,
    # The full text is each database's own (SQLite's with tables beside it), and no model names it.
    "include_name": lambda name, kind, _parents: (
        kind != "table" or not name.startswith("story_search")
    ),
}


def test_migrations_make_the_tables_that_the_models_name(flask_app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        assert compare_metadata(context, db.metadata) == []


def test_numbers_that_links_and_the_ledger_remember_are_given_once(flask_app: Flask) -> None:
    """SQLite forgets this in silence when a later migration makes such a table anew."""
    if db.engine.dialect.name != "sqlite":
        return
    made = dict(db.session.execute(text("SELECT name, sql FROM sqlite_master")).all())
    for name, table in db.metadata.tables.items():
        if table.dialect_options["sqlite"]["autoincrement"]:
            assert "AUTOINCREMENT" in made[name], name


def test_what_sqlite_has_committed_outlives_a_power_cut(flask_app: Flask) -> None:
    """A commit that is taken back would let its copies go out again, with nothing in doubt."""
    if db.engine.dialect.name == "sqlite":
        full = 2
        assert db.session.scalar(text("PRAGMA synchronous")) == full


def test_a_reading_transaction_cannot_write(flask_app: Flask) -> None:
    with reading_only():
        db.session.add(Worker(name="nobody", seen_at=clock.now()))
        with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
            db.session.commit()
        db.session.rollback()


def test_a_reading_request_sees_one_moment_and_the_next_transaction_may_write(
    flask_app: Flask,
) -> None:
    if db.engine.dialect.name != "postgresql":
        return
    found = []
    for level in ("repeatable read", "read committed", "repeatable read"):
        with reading_only() if level == "repeatable read" else nullcontext():
            told = "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
            found.append(tuple(db.session.execute(text(told)).one()))
            db.session.rollback()
    assert found == [
        ("repeatable read", "on"),
        ("read committed", "off"),
        ("repeatable read", "on"),
    ]


def test_times_come_back_aware_and_in_utc(flask_app: Flask) -> None:
    moment = clock.now()
    db.session.add(Worker(name="somebody", seen_at=moment))
    db.session.commit()
    db.session.expire_all()
    kept = db.session.get_one(Worker, "somebody").seen_at
    assert kept == moment
    assert kept.utcoffset() == moment.utcoffset()
