"""The checks behind `/readyz` and `hebdo doctor`: each a name, a yes or no, and a sentence.

A check never raises: what keeps it from looking is its answer. Sentences name no secrets; the page
is as public as the service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import health, installations, workers
from app.extensions import db, settings

QUEUES = ("deliveries", "notices")

QUEUE_LIMIT = 1_000
"""Nudges waiting in one queue. A worker takes hundreds a second; so many mean that it takes none."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    says: str


def look() -> list[Check]:
    """All checks; those that need the database are not tried when it is away."""
    database = check_database()
    checks = [database]
    if database.ok:
        checks += [check_migrations(), check_installation(), check_workers(), check_notices()]
    else:
        db.session.rollback()
    return [*checks, *check_broker()]


def check_database() -> Check:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        why = type(getattr(error, "orig", None) or error).__name__
        return Check("database", False, f"The database cannot be reached ({why}).")
    return Check("database", True, "The database answers.")


def check_migrations() -> Check:
    newest = ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()

    def says() -> str | None:
        current = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        if current == newest:
            return None
        return f"The tables are at {current}, the code needs {newest}: hebdo db upgrade"

    return _asked("migrations", says, f"The tables are at {newest}, the newest.")


def check_installation() -> Check:
    def says() -> str | None:
        if not installations.is_held():
            return None
        return "Nothing is sent: this database is a copy of another, or was set back."

    return _asked("installation", says, "The database is the one that is sent from.")


def check_workers() -> Check:
    def says() -> str | None:
        served = {name.partition("@")[0] for name in workers.alive()}
        missing = [queue for queue in QUEUES if queue not in served]
        if not missing:
            return None
        seconds = int(workers.FRESH.total_seconds())
        return f"No worker for {' and '.join(missing)} gave a sign of life for {seconds} s."

    return _asked("workers", says, "Each queue has a worker that lives.")


def check_notices() -> Check:
    def says() -> str | None:
        late = health.late_notices()
        minutes = int(health.LATE.total_seconds() // 60)
        return f"{late} notices have been due for more than {minutes} minutes." if late else None

    return _asked("notices", says, "No notice is late.")


def check_broker() -> list[Check]:
    broker = redis.Redis.from_url(
        settings().redis_url, socket_connect_timeout=2, socket_timeout=2, retry=None
    )
    try:
        return [
            Check("broker", bool(broker.ping()), "The broker answers."),
            *(_queue(name, int(str(broker.llen(name)))) for name in QUEUES),
        ]
    except redis.RedisError as error:
        says = f"The broker cannot be reached ({type(error).__name__}); mail goes out, but later."
        return [Check("broker", False, says)]
    finally:
        broker.close()


def _queue(name: str, length: int) -> Check:
    ok = length < QUEUE_LIMIT
    says = f"{length} nudges wait for {name}."
    return Check(f"queue {name}", ok, says if ok else f"{says} Its worker takes none.")


def _asked(name: str, trouble: Callable[[], str | None], fine: str) -> Check:
    """Tables that are missing or from another time are an answer too."""
    try:
        with db.session.begin_nested():
            says = trouble()
    except SQLAlchemyError as error:
        return Check(name, False, f"This could not be looked up ({type(error).__name__}).")
    return Check(name, says is None, says or fine)
