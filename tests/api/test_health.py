"""`/healthz` and `/readyz` tell the troubles of a service apart, each in a sentence."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import create_app
from app.api import readiness
from app.core import notices, workers
from app.extensions import db
from app.models import NoticeKind
from app.settings import Settings

Move = Callable[[dt.timedelta], None]


@pytest.fixture
def ready(settings: Settings, broker: str) -> Iterator[FlaskClient]:
    """A service in which all is well."""
    flask_app = create_app(dataclasses.replace(settings, redis_url=broker))
    with flask_app.app_context():
        workers.seen("notices@here")
        workers.seen("deliveries@here")
        db.session.commit()
        yield flask_app.test_client()
        db.session.remove()
        db.engine.dispose()


def troubles(client: FlaskClient) -> dict[str, str]:
    """What does not pass, and what is said of it."""
    answer = client.get("/readyz")
    # The request shared this test's session, and left it in a transaction that can only read.
    db.session.rollback()
    checks = answer.get_json()["checks"]
    wrong = {name: check["says"] for name, check in checks.items() if not check["ok"]}
    assert answer.status_code == (503 if wrong else 200)
    assert answer.get_json()["status"] == ("not ready" if wrong else "ready")
    return wrong


def test_a_service_in_which_all_is_well_is_ready(ready: FlaskClient) -> None:
    assert troubles(ready) == {}


def test_a_dead_worker_is_told_by_its_queue(ready: FlaskClient, move_clock: Move) -> None:
    move_clock(dt.timedelta(seconds=50))
    workers.seen("notices@here")
    db.session.commit()
    assert troubles(ready) == {}
    move_clock(dt.timedelta(seconds=15))
    (says,) = troubles(ready).values()
    assert says == "No worker for deliveries gave a sign of life for 60 s."


def test_another_workers_life_does_not_hide_a_dead_one(
    ready: FlaskClient, move_clock: Move
) -> None:
    move_clock(dt.timedelta(minutes=5))
    workers.seen("lookout@here")
    workers.seen("deliveries@elsewhere")
    db.session.commit()
    assert list(troubles(ready)) == ["workers"]


def test_a_full_queue_is_told_by_name(ready: FlaskClient, broker: str) -> None:
    with redis.Redis.from_url(broker) as bells:
        bells.rpush("notices", *["x"] * (readiness.QUEUE_LIMIT - 1))
        assert troubles(ready) == {}
        bells.rpush("notices", "x")
    assert list(troubles(ready)) == ["queue notices"]


def test_a_notice_that_nobody_takes_is_told(ready: FlaskClient, move_clock: Move) -> None:
    notices.order(NoticeKind.INVITATION, "lea@hebdo.invalid")
    db.session.commit()
    assert troubles(ready) == {}
    move_clock(dt.timedelta(minutes=6))
    workers.seen("notices@here")
    workers.seen("deliveries@here")
    db.session.commit()
    assert troubles(ready) == {"notices": "1 notices have been due for more than 5 minutes."}


def test_tables_of_another_time_are_told_with_the_remedy(ready: FlaskClient) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    db.session.commit()
    wrong = troubles(ready)
    assert list(wrong) == ["migrations"]
    assert "hebdo db upgrade" in wrong["migrations"]


def test_an_absent_broker_is_told(client: FlaskClient) -> None:
    assert "broker" in troubles(client)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:9/none", "sqlite:////nowhere/none.sqlite"]
)
def test_an_unreachable_database_is_told_and_the_process_stays_alive(
    settings: Settings, broker: str, url: str
) -> None:
    away = dataclasses.replace(settings, database_url=url, redis_url=broker)
    flask_app = create_app(away)
    with flask_app.app_context():
        wrong = troubles(flask_app.test_client())
        assert list(wrong) == ["database"]
        assert "nobody" not in wrong["database"]
        assert flask_app.test_client().get("/healthz").get_json() == {"status": "ok"}


def test_health_asks_nobody(flask_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(db.session, "execute", refuse)
    assert flask_app.test_client().get("/healthz").status_code == 200
