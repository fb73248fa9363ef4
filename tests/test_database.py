"""The database itself keeps GET from writing, and the migrations make the tables that the models name."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import JSON, Column, MetaData, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.core import clock
from app.database import reading_only
from app.extensions import db
from app.models import Worker
from tests.conftest import make_settings

OPTIONS = {
    "compare_type": True,
    # The full text is each database's own (SQLite's with tables beside it), and no model names it.
    "include_name": lambda name, kind, _parents: (
        kind != "table" or not name.startswith("story_search")
    ),
}
OTHERS = ("story_search", "alembic_version")


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


def test_tables_that_are_made_anew_keep_rows_triggers_and_constraints(tmp_path: Path) -> None:
    flask_app = create_app(make_settings(f"sqlite:///{tmp_path / 'hebdo.db'}", tmp_path))
    with flask_app.app_context():
        upgrade(revision="0020")
        fill_each_table()
        before = all_that_stands_there()
        upgrade(revision="0021")
        assert all_that_stands_there() == before
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        for table in ("issue", "correction"):
            made = "SELECT sql FROM sqlite_master WHERE name = :table"
            assert "AUTOINCREMENT" in db.session.scalar(text(made), {"table": table})
        db.session.rollback()
        db.engine.dispose()


def reflected() -> list[Table]:
    """Those that others refer to come first."""
    found = MetaData()
    connection = db.session.connection()
    found.reflect(connection, only=lambda name, _: not name.startswith(OTHERS))
    return found.sorted_tables


def fill_each_table() -> None:
    """One row in each that has none; what refers to another refers to that one."""
    for table in reflected():
        if db.session.execute(table.select()).first() is None:
            db.session.execute(table.insert().values({each.name: some(each) for each in table.c}))
    db.session.commit()


def some(column: Column[Any]) -> object:
    if isinstance(column.type, JSON):
        return []
    kinds = {int: 1, bool: True, dt.datetime: dt.datetime(2026, 12, 1, tzinfo=dt.UTC)}
    return kinds.get(column.type.python_type, "1")


def all_that_stands_there() -> list[object]:
    """Rows, columns, constraints, indexes and triggers."""
    read = inspect(db.session.connection())
    beside = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
    found: list[object] = [sorted(db.session.execute(text(beside)).all(), key=str)]
    for table in reflected():
        name = table.name
        found += [
            db.session.execute(table.select()).all(),
            [(each.name, str(each.type), each.nullable) for each in table.c],
            [(each.name, str(each.server_default and each.server_default.arg)) for each in table.c],
            read.get_pk_constraint(name)["constrained_columns"],
            sorted(read.get_foreign_keys(name), key=str),
            sorted(read.get_unique_constraints(name), key=str),
        ]
    db.session.rollback()
    return found


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
