"""A robot that met a cap is refused before any work, for as long as it would have been anyway."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from flask import Flask
from sqlalchemy import event
from time_machine import travel
from werkzeug.test import TestResponse

from app import lanes
from app.caps import MOST, Memory
from app.core import clock
from app.extensions import db, limiter
from tests import pages, people

PAGE = "/newsletters/essentiel-ia"

DOORS = (
    "/subscribe",
    "/",
    "/subscribe/essentiel-ia",
    "/embed/essentiel-ia",
    "/api/subscriptions",
)
"""Whoever signs up by one of them counts at all."""

ROBOT, NEIGHBOUR, STRANGER = "192.0.2.7", "192.0.2.8", "203.0.113.9"

# What depends on the database is not asked here.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def press(flask_app: Flask, come_from: str, times: int = 1) -> list[TestResponse]:
    client = flask_app.test_client()
    typed = {"address": "lea@hebdo.test", "consent": "y", **pages.hidden(client.get(PAGE).text)}
    return [
        client.post(
            "/subscribe",
            data={**typed, "address": f"{come_from}-{n}@hebdo.test"},
            environ_base={"REMOTE_ADDR": come_from},
        )
        for n in range(times)
    ]


def knock(flask_app: Flask, come_from: str, path: str = "/subscribe") -> TestResponse:
    """A post with nothing in it: whoever reads it finds faults."""
    return flask_app.test_client().post(path, environ_base={"REMOTE_ADDR": come_from})


@pytest.fixture
def refused(limited_app: Flask) -> Flask:
    """A robot has met the cap of one visitor."""
    people.newsletter()
    answers = press(limited_app, ROBOT, 31)
    assert [each.status_code for each in answers] == [303] * 30 + [429]
    assert 3500 < int(answers[-1].headers["Retry-After"]) <= 3600
    return limited_app


def test_who_met_a_cap_is_refused_before_her_form_is_read_or_a_row_asked_for(
    refused: Flask,
) -> None:
    said: list[object] = []

    def hear(*what: object) -> None:
        said.append(what[2])

    # Which sites may frame a refusal is known from the first page, or refusal, in a frame.
    refused.test_client().get("/embed/essentiel-ia")
    event.listen(db.engine, "before_cursor_execute", hear)
    for path in (*DOORS, "/embed/nowhere"):
        assert knock(refused, ROBOT, path).status_code == 429, path
        assert said == [], path
    assert knock(refused, STRANGER).status_code != 429


def test_a_script_on_another_site_that_met_a_cap_is_refused_without_a_row_being_asked_for(
    refused: Flask,
) -> None:
    said: list[object] = []
    site = {"Origin": "https://robots.example"}
    # Which sites may call is known from the first request of a script.
    refused.test_client().options("/api/subscriptions", headers=site)
    event.listen(db.engine, "before_cursor_execute", lambda *what: said.append(what[2]))
    for _knock in range(3):
        answer = refused.test_client().post(
            "/api/subscriptions", headers=site, environ_base={"REMOTE_ADDR": ROBOT}
        )
        assert answer.status_code == 429
    assert said == []


def test_she_is_refused_from_memory_and_nobody_is_asked(refused: Flask) -> None:
    """Else each of three hundred knocks a second would be a round trip to the broker."""
    limiter.reset()
    for path in DOORS:
        assert knock(refused, ROBOT, path).status_code == 429, path
        assert knock(refused, NEIGHBOUR, path).status_code != 429, path


def test_a_robot_that_goes_on_is_answered_a_moment_late(
    refused: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "REST_SECONDS", 0.5)
    began = time.monotonic()
    assert knock(refused, ROBOT).status_code == 429
    assert time.monotonic() - began >= 0.5


def test_a_refusal_says_when_to_come_again(refused: Flask) -> None:
    for answer in (*press(refused, ROBOT), knock(refused, ROBOT)):
        assert 3500 < int(answer.headers["Retry-After"]) <= 3600
        assert "a little too often" in answer.text


def test_her_neighbours_and_her_other_pages_are_not_refused(refused: Flask) -> None:
    assert press(refused, NEIGHBOUR)[0].status_code == 303
    visitor = refused.test_client()
    assert visitor.get(PAGE, environ_base={"REMOTE_ADDR": ROBOT}).status_code == 200
    # Another door has caps of its own.
    assert knock(refused, ROBOT, "/mine").status_code != 429


def test_when_the_hour_is_over_she_is_let_in_again(refused: Flask) -> None:
    with travel(clock.now() + dt.timedelta(minutes=61), tick=True):
        assert press(refused, ROBOT)[0].status_code == 303


def test_a_whole_network_is_remembered_like_one_visitor(limited_app: Flask) -> None:
    people.newsletter()
    codes = [press(limited_app, f"198.51.100.{n}")[0].status_code for n in range(151)]
    assert codes == [303] * 150 + [429]
    limiter.reset()
    assert knock(limited_app, "198.51.100.200").status_code == 429
    assert knock(limited_app, "198.51.101.200").status_code != 429


def test_memory_is_bounded_and_keeps_the_newest(limited_app: Flask) -> None:
    memory = Memory()
    until = clock.now().timestamp() + 60
    for n in range(MOST + 1):
        memory.note(str(n), until)
    assert memory.wait("0") == 0.0
    assert memory.wait("nobody", str(MOST)) > 0
    # Who goes on is not forgotten for those who came after her.
    memory.note("1", until)
    memory.note("one more", until)
    assert memory.wait("1") > 0
    assert memory.wait("2") == 0.0


def test_whoever_met_two_caps_waits_for_the_longer(limited_app: Flask) -> None:
    memory = Memory()
    for who, seconds in (("visitor", 60), ("network", 600)):
        memory.note(who, clock.now().timestamp() + seconds)
    assert memory.wait("visitor", "network") > 500
    assert 50 < memory.wait("visitor", "nobody") <= 60
