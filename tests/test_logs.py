"""Logs are for machines and for people, and for neither do they hold a reader's token."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app import logs
from app.extensions import db, links
from app.server import OurLogger
from app.settings import Settings
from tests import rows
from tests.conftest import make_settings


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """Logging is of the whole process: leave it to the next test as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def json_settings(tmp_path: Path) -> Settings:
    return make_settings("sqlite://", tmp_path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_request_is_one_line_with_its_id_and_without_its_token(
    json_settings: Settings, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    answer = client.get("/unsubscribe/1-averysecrettoken?x=alsosecret")
    (line,) = lines(capsys)
    assert line["event"] == "request"
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["rule"]) == ("GET", "/unsubscribe/<token>")
    assert line["status"] == answer.status_code
    assert "secret" not in json.dumps(line)


@pytest.mark.parametrize("log_format", ["json", "lines"])
def test_what_breaks_is_logged_without_the_token_and_the_address_it_was_about(
    flask_app: Flask, settings: Settings, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newsletter = rows.newsletter().slug
    db.session.commit()
    for table in ("subscriber", "subscription"):
        db.session.execute(text(f"ALTER TABLE {table} RENAME TO {table}_elsewhere"))
    db.session.commit()
    logs.configure(dataclasses.replace(settings, log_format=log_format))
    token, address = links().subscription_token(1), "lea@lecteurs.example"
    answers = [
        flask_app.test_client().get(f"/unsubscribe/{token}"),
        flask_app.test_client().post(
            "/api/subscriptions",
            json={"address": address, "consent": True, "newsletters": [newsletter]},
        ),
    ]
    said = capsys.readouterr().err
    assert [each.status_code for each in answers] == [500, 500], said
    assert "Exception on /unsubscribe/<token> [GET]" in said
    assert "Exception on /api/subscriptions [POST]" in said
    assert said.count("Traceback") >= 2
    assert token not in said
    assert address not in said


@pytest.mark.parametrize("log_format", ["json", "lines"])
def test_what_the_database_says_of_a_row_is_logged_without_its_values(
    flask_app: Flask, settings: Settings, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(dataclasses.replace(settings, log_format=log_format))
    newsletter = rows.newsletter()
    rows.readers(newsletter, 1)
    try:
        rows.readers(newsletter, 1)
    except IntegrityError as error:
        structlog.get_logger().exception(f"it broke: {error!r}", why=str(error.orig))
    db.session.rollback()
    said = capsys.readouterr().err
    assert "IntegrityError" in said
    assert "reader-1@" not in said


def broken(log: Any, *says: str) -> None:
    """A line about an error that is being handled."""
    try:
        raise ValueError("of no use")
    except ValueError:
        log.exception(*says)


def test_what_even_the_page_of_errors_broke_over_is_logged_without_its_address(
    json_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    broken(OurLogger(Config()), "Error handling request %s %s", "GET", "/mine/1-secret")
    (line,) = lines(capsys)
    assert line["event"] == "Error handling request"
    assert "ValueError: of no use" in line["exception"]
    assert "secret" not in json.dumps(line)


def test_a_line_can_be_written_while_another_thread_loads_celery(
    json_settings: Settings,
    client: FlaskClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure(json_settings)
    half_made = types.ModuleType("celery._state")
    monkeypatch.setitem(sys.modules, "celery._state", half_made)
    answer = client.get("/unsubscribe/1-atoken")
    (line,) = lines(capsys)
    assert line["status"] == answer.status_code < 500


def test_health_checks_are_not_worth_a_line(
    json_settings: Settings, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    client.get("/healthz")
    assert lines(capsys) == []


def test_what_libraries_log_goes_through_the_same_door(
    json_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    with structlog.contextvars.bound_contextvars(notice=7):
        logging.getLogger("some.library").warning("Nº %d à l'heure", 3)
    (line,) = lines(capsys)
    assert (line["event"], line["logger"]) == ("Nº 3 à l'heure", "some.library")
    assert (line["level"], line["notice"]) == ("warning", 7)
    assert line["timestamp"].endswith("Z")


def test_an_exception_stays_on_its_line(
    json_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    broken(structlog.get_logger(), "it broke")
    (line,) = lines(capsys)
    assert "ValueError: of no use" in line["exception"]


def test_setting_up_twice_says_nothing_twice(
    json_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(json_settings)
    logs.configure(json_settings)
    structlog.get_logger().info("once")
    assert [line["event"] for line in lines(capsys)] == ["once"]


def test_people_get_lines(json_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(dataclasses.replace(json_settings, log_format="lines"))
    structlog.get_logger("tasks.issues").info("edition.planned", edition=3)
    said = capsys.readouterr().err
    assert "edition.planned" in said
    assert "edition=3" in said
    assert not said.startswith("{")


def test_the_level_is_the_one_that_was_set(
    json_settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(dataclasses.replace(json_settings, log_level="ERROR"))
    structlog.get_logger().warning("quiet")
    structlog.get_logger().error("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]
