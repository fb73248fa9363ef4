"""However many sign up at once, pages keep threads of their own; who finds no room is told when to come."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import pytest
from flask import Flask, g
from sqlalchemy import func, select
from werkzeug.exceptions import ServiceUnavailable

from app import lanes, pace, sign_ups
from app.extensions import db
from app.lanes import PLACES, Lane
from app.models import Subscriber
from app.server import Server
from app.settings import Settings
from tests import pages, people
from tests.service import wait_for

PAGE = "/newsletters/essentiel-ia"


def sign_up(flask_app: Flask) -> int:
    """By a browser of her own; the status of the answer."""
    client = flask_app.test_client()
    typed = {"address": "lea@hebdo.test", "consent": "y", **pages.hidden(client.get(PAGE).text)}
    return client.post("/subscribe", data=typed).status_code


def is_kept() -> bool:
    found = db.session.scalar(select(func.count()).select_from(Subscriber))
    # SQLite's writers wait for each other.
    db.session.rollback()
    return found == 1


def timed(done: Future[None], began: float) -> float:
    done.result()
    return time.monotonic() - began


@pytest.mark.parametrize(("threads", "room"), [(1, 1), (4, 3), (32, 24)])
def test_a_quarter_of_the_threads_is_never_given_to_sign_ups(threads: int, room: int) -> None:
    lane = Lane(threads)
    with ExitStack() as stack:
        for _ in range(room):
            stack.enter_context(lane.room())
        with pytest.raises(ServiceUnavailable), lane.room():
            pass
    with lane.room():
        pass


def test_who_is_refused_rests_where_a_seat_is_free_and_else_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "REST_SECONDS", 1.0)
    lane = Lane(threads=8)
    began = time.monotonic()
    with ThreadPoolExecutor(3) as robots:
        each = [robots.submit(lane.rest) for _ in range(3)]
        rested = sorted(timed(one, began) for one in as_completed(each))
    assert rested[1] < 1.0 <= rested[2]
    # Who has rested leaves her seat.
    assert lane._seats.acquire(blocking=False)


def test_no_more_are_worked_on_at_once_than_there_are_places() -> None:
    lane = Lane()
    inside: list[int] = []
    most: list[int] = []
    full = threading.Barrier(PLACES)

    def work() -> None:
        with lane.place():
            inside.append(1)
            # Each goes on only beside another: fewer places would never let it.
            full.wait(30)
            most.append(len(inside))
            inside.pop()

    with ThreadPoolExecutor(4 * PLACES) as crowd:
        for each in [crowd.submit(work) for _ in range(4 * PLACES)]:
            each.result()
    assert max(most) <= PLACES


def test_where_there_is_no_room_she_is_told_so_in_words_and_pages_are_served(
    flask_app: Flask,
) -> None:
    people.newsletter()
    lanes.register(flask_app, threads=1)
    client = flask_app.test_client()
    typed = {"address": "lea@hebdo.test", "consent": "y", **pages.hidden(client.get(PAGE).text)}
    with flask_app.extensions["hebdo.lane"].room():
        answer = client.post("/subscribe", data=typed)
        assert client.get(PAGE).status_code == 200
        program = client.post("/api/subscriptions", json={"address": "lea@hebdo.test"})
        for door in ("/", "/subscribe/essentiel-ia", "/embed/essentiel-ia", "/mine"):
            assert client.post(door, data=typed).status_code == 503, door
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "There is a crowd here" in pages.words(answer.text)
    assert (program.status_code, program.json["status"]) == (503, 503)
    assert program.headers["Retry-After"] == "1"
    assert client.post("/subscribe", data=typed).status_code == 303


def test_whatever_becomes_of_a_sign_up_its_room_and_its_place_are_free_again(
    flask_app: Flask,
) -> None:
    people.newsletter()
    lanes.register(flask_app, threads=1)
    client = flask_app.test_client()
    typed = {"address": "lea@hebdo.test", "consent": "y", **pages.hidden(client.get(PAGE).text)}
    for _ in range(PLACES + 1):
        answer = client.post("/subscribe", data={**typed, "newsletter": "nowhere"})
        assert answer.status_code == 404
    assert client.post("/subscribe", data=typed).status_code == 303


def test_where_all_places_are_taken_a_sign_up_waits_for_its_turn_and_pages_do_not(
    flask_app: Flask,
) -> None:
    people.newsletter()
    client = flask_app.test_client()
    lane: Lane = flask_app.extensions["hebdo.lane"]
    with ThreadPoolExecutor(1) as hand:
        with ExitStack() as taken:
            for _ in range(PLACES):
                taken.enter_context(lane.place())
            waiting = hand.submit(sign_up, flask_app)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            assert client.get(PAGE).status_code == 200
        assert waiting.result(timeout=30) == 303


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_who_is_held_back_keeps_no_place_meanwhile(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else two in each process could sign up in the time that all take."""
    people.newsletter()
    monkeypatch.setattr(sign_ups, "EVEN_SECONDS", 2.0)
    lane: Lane = flask_app.extensions["hebdo.lane"]
    with ThreadPoolExecutor(1) as hand:
        waiting = hand.submit(sign_up, flask_app)
        wait_for(is_kept, what="her row")
        with ExitStack() as taken:
            for _ in range(PLACES):
                assert lane._places.acquire(timeout=0.5)
                taken.callback(lane._places.release)
        assert waiting.result(timeout=30) == 303


def test_the_server_fits_the_lane_to_its_threads(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "HEBDO_SECRET_KEY": settings.secret_key,
        "HEBDO_BASE_URL": settings.base_url,
        "HEBDO_SMTP_URL": "smtp://127.0.0.1:9",
        "HEBDO_MAIL_FROM": settings.mail_from,
        "REDIS_URL": settings.redis_url,
        "HEBDO_STATE_DIR": str(settings.state_dir),
        "HEBDO_DATABASE_URL": settings.database_url,
    }.items():
        monkeypatch.setenv(name, value)
    served = Server("127.0.0.1:0", workers=1, threads=4).load()
    lane: Lane = served.extensions["hebdo.lane"]
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(lane.room())
        with pytest.raises(ServiceUnavailable), lane.room():
            pass


def test_a_sign_up_is_held_back_until_its_moment_and_a_fault_is_told_at_once(
    flask_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.newsletter()
    monkeypatch.setattr(sign_ups, "EVEN_SECONDS", 1.0)
    client = flask_app.test_client()
    typed = {"address": "lea@hebdo.test", "consent": "y", **pages.hidden(client.get(PAGE).text)}
    for address, code, is_held in (("lea", 422, False), ("lea@hebdo.test", 303, True)):
        began = time.monotonic()
        answer = client.post("/subscribe", data={**typed, "address": address})
        assert answer.status_code == code
        assert (time.monotonic() - began >= 1.0) is is_held


def test_who_took_longer_than_the_moment_leaves_at_the_next_one(flask_app: Flask) -> None:
    with flask_app.test_request_context():
        g.arrived_at = time.monotonic() - 0.25
        with pace.even(0.2):
            pass
        assert time.monotonic() - g.arrived_at >= 0.4
