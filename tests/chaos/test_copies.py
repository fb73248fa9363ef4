"""A copy of a database, or one that was set back, is not sent from until a person says so."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import make_url, text

from app import create_app
from app.cli import cli
from app.core import deliveries, installations, notices, workers
from app.core.deliveries import Progress
from app.extensions import db
from app.models import Edition, EditionState, NoticeKind
from app.settings import Settings
from tasks import deliveries as sending
from tasks import installations as memory
from tasks import issues, lookout
from tasks import notices as posting
from tests import rows
from tests.chaos import oracle
from tests.conftest import create_database, database_url
from tests.relay import StoryRelay
from tests.service import environment, running, wait_for

READERS = 5


def go_on(edition_id: int) -> Progress:
    """All that a worker would do for an edition, now."""
    issues.press(edition_id)
    sending.pump()
    lookout.look()
    return deliveries.progress(edition_id)


def is_known() -> bool:
    """Whether a lookout has given a sign of life."""
    with oracle.reading():
        return any(name.startswith("lookout") for name in workers.alive())


@contextlib.contextmanager
def copy_of(settings: Settings, postgres: str, folder: Path) -> Iterator[Settings]:
    """The installation restored beside itself: its rows, elsewhere, on a machine that knows nothing."""
    if settings.is_sqlite:
        file = folder / "copy.sqlite"
        with (
            contextlib.closing(sqlite3.connect(make_url(settings.database_url).database)) as whole,
            contextlib.closing(sqlite3.connect(file)) as copy,
        ):
            whole.backup(copy)
        yield dataclasses.replace(settings, database_url=f"sqlite:///{file}", state_dir=folder)
        return
    name = "copy_" + uuid.uuid4().hex[:12]
    create_database(postgres, name, make_url(settings.database_url).database or "")
    yield dataclasses.replace(settings, database_url=database_url(postgres, name), state_dir=folder)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def begun(flask_app: Flask, known: Settings) -> int:
    """An installation that sends, in which an issue was ordered; the edition's id."""
    lookout.look()
    return rows.send_to(READERS)


@pytest.fixture
def copy(
    begun: int, known: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    postgres = "" if known.is_sqlite else request.getfixturevalue("postgres")
    (tmp_path / "elsewhere").mkdir()
    db.session.remove()
    db.engine.dispose()
    with copy_of(known, postgres, tmp_path / "elsewhere") as made:
        yield made


def test_a_copy_begins_held_and_its_original_goes_on(
    begun: int, copy: Settings, relay: StoryRelay
) -> None:
    there = create_app(copy)
    with there.app_context():
        invited = notices.order(NoticeKind.INVITATION, "lea@hebdo.invalid").id
        db.session.commit()
        assert posting.post(invited) is False
        assert go_on(begun).accepted == 0
        assert db.session.get_one(Edition, begun).state is EditionState.ORDERED
        assert installations.is_held()
        db.session.remove()
        db.engine.dispose()
    assert relay.received == []
    assert go_on(begun).accepted == READERS


def test_workers_of_a_copy_send_once_it_is_adopted(
    begun: int, copy: Settings, relay: StoryRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(copy).items():
        monkeypatch.setenv(name, value)
    there = create_app(copy)
    with running(copy, "worker"), there.app_context():
        wait_for(is_known, what="the worker of the copy looks")
        told = CliRunner().invoke(cli, ["db", "adopt"])
        assert told.exit_code == 1
        assert "--yes" in told.output
        assert "all its readers" in told.output
        assert relay.received == []
        told = CliRunner().invoke(cli, ["db", "adopt", "--yes"])
        assert told.exit_code == 0, told.output

        wait_for(lambda: oracle.is_over(begun), what="the copy sends")
        db.session.remove()
        db.engine.dispose()
    assert len(relay.received) == READERS


def test_a_database_that_was_set_back_is_held_for_every_machine(
    begun: int, known: Settings, relay: StoryRelay, tmp_path: Path
) -> None:
    pulse = db.session.scalar(text("SELECT pulse FROM installation"))
    lookout.look()
    # As a restore of data alone, or a standby that missed the last commits, would leave it.
    db.session.execute(text("UPDATE installation SET pulse = :pulse"), {"pulse": pulse})
    db.session.commit()
    assert not memory.may_send()
    lookout.look()
    assert go_on(begun).accepted == 0
    assert installations.is_held()
    # A machine that has not been here before learns it from the row.
    installation = known.state_dir / "installation.json"
    installation.unlink()
    assert not memory.may_send()
    installations.adopt()
    db.session.commit()
    assert go_on(begun).accepted == READERS
    assert not installations.is_held()


def test_what_stands_where_it_stood_is_sent_from_whatever_the_machine_has_forgotten(
    begun: int, known: Settings, relay: StoryRelay
) -> None:
    memory_file = known.state_dir / "installation.json"
    assert json.loads(memory_file.read_text())["pulse"] == 1
    memory_file.write_text("")
    assert go_on(begun).accepted == READERS
    assert json.loads(memory_file.read_text())["pulse"] == 2


def test_a_machine_that_sent_from_another_database_sends_from_this_one(
    begun: int, known: Settings, relay: StoryRelay
) -> None:
    (known.state_dir / "installation.json").write_text('{"mark": "another", "pulse": 1000000}')
    assert go_on(begun).accepted == READERS
