"""The database's watermark: a short text that every commit changes, read in one short round trip.

Between two equal ones nothing was committed: whatever was read from rows after the first still stands
at the second. So a page that is kept can be trusted without asking for the rows it was made of. It
costs 0.1 ms where the rows of a page cost one, and during a send a few readings a second find another.

PostgreSQL tells which transactions can be seen (pg_current_snapshot); SQLite counts the commits of
all other connections (PRAGMA data_version), and this connection never makes one.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.pool import PoolProxiedConnection

ASKING = {
    "postgresql": "SELECT pg_current_snapshot()::text",
    "sqlite": "PRAGMA data_version",
}


class Watermark:
    """Of one engine; for all threads of a process. Its connection is its own, beside the pool's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asking = ASKING[engine.dialect.name]
        self._errors = (engine.dialect.loaded_dbapi.Error, DBAPIError)
        self._lock = threading.Lock()
        self._line: PoolProxiedConnection | None = None
        self._cursor: DBAPICursor | None = None
        self._begun = 0
        self._last: str | None = None
        event.listen(engine, "engine_disposed", lambda _engine: self.close())

    def read(self) -> str | None:
        """As it stands now, with all that was committed before the call; None when it cannot be told.

        Those who come while one reads share the next reading: the one under way may have begun
        before something that they already know of was committed.
        """
        mine = self._begun + 1
        with self._lock:
            if self._begun < mine:
                self._begun = mine
                self._last = self._ask()
            return self._last

    def close(self) -> None:
        """Nothing is lost: the next reading opens another connection."""
        line, self._line, self._cursor = self._line, None, None
        if line is not None:
            line.close()

    def _ask(self) -> str | None:
        try:
            cursor = self._cursor or self._open()
            cursor.execute(self._asking)
            found = cursor.fetchone()
        except self._errors:
            self.close()
            return None
        return str(found[0]) if found else None

    def _open(self) -> DBAPICursor:
        line = self._engine.raw_connection()
        line.detach()
        self._line, self._cursor = line, line.cursor()
        if self._engine.dialect.name == "postgresql":
            # Else the first reading's snapshot would be that of all others.
            line.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        return self._cursor
