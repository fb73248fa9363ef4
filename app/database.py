"""How the two databases are made to behave alike.

SQLite gets WAL that is on the disk when a commit returns (with synchronous=NORMAL a power cut takes
commits back, and the copies they told of would go out again; FULL costs 3 ms instead of 0.6 for the
240 of a batch), foreign keys and a real BEGIN: IMMEDIATE for whoever may write (a transaction that
begins as a reader and turns writer fails at once when another wrote in between, however long the
busy time-out), DEFERRED and query-only for GET and HEAD. PostgreSQL gets READ ONLY for those,
and one snapshot for the whole request: figures that must add up are counted at one moment.
So the invariant "GET and HEAD never write" is kept by the database itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another; a settle of 500 rows takes 2 ms."""

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def reading_only() -> Iterator[None]:
    """Transactions begun inside can read and nothing else."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def options(url: str) -> dict[str, Any]:
    """The engine options that go with a database URL."""
    # An error would tell what its statement was given: readers' addresses, in the log.
    hushed = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return {**hushed, "connect_args": {"timeout": BUSY_SECONDS}}
    return {
        **hushed, "pool_pre_ping": True, "pool_size": 5, "max_overflow": 10, "pool_recycle": 1800,
    }  # fmt: skip


def prepare(engine: Engine) -> None:
    """Listen to an engine's connections. Once per engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)


def _open_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = _reading.get()
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    from psycopg import IsolationLevel

    # Said to the driver, which begins the transaction with it: another statement would be another
    # round trip for each page.
    line: Any = connection.connection.dbapi_connection
    reading = _reading.get()
    level = IsolationLevel.REPEATABLE_READ if reading else None
    if line.isolation_level != level:
        line.isolation_level, line.read_only = level, reading or None
