"""The watermark: a short text that another one follows with each commit that changed what pages show.

Between two equal ones nothing of that kind was committed: what a page was made of still stands, and it
can be trusted without asking for its rows. It costs one short round trip of 0.1 ms where the rows of a
page cost one of them and much of Python.

It is the one row of `page_mark`, moved by triggers on the tables of `core.stamps` in the very transaction
that changes them: seen with the change, by whatever process made it, and undone with it. A send commits
a hundred times a second and leaves it where it is.
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

ASKING = "SELECT mark FROM page_mark"


class Watermark:
    """Of one engine; for all threads of a process. Its connection is its own, beside the pool's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
            # To its end: a SELECT left half read would hold its moment, and so would the next.
            found = cursor.execute(ASKING).fetchall()
        except self._errors:
            self.close()
            return None
        return str(found[0][0]) if found else None

    def _open(self) -> DBAPICursor:
        line = self._engine.raw_connection()
        line.detach()
        self._line, self._cursor = line, line.cursor()
        if self._engine.dialect.name == "postgresql":
            # Else the first reading's snapshot would be that of all others.
            line.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        return self._cursor
