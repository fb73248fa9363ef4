"""However many sign up at once, pages keep threads of their own; who finds no room is told when to come."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack

import pytest
from flask import Flask, g
from werkzeug.exceptions import ServiceUnavailable

from app import lanes, pace, sign_ups
from app.lanes import PLACES, Lane
from tests import pages, people

PAGE = "/newsletters/essentiel-ia"


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
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "There is a crowd here" in pages.words(answer.text)
    assert (program.status_code, program.json["status"]) == (503, 503)
    assert program.headers["Retry-After"] == "1"
    assert client.post("/subscribe", data=typed).status_code == 303


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
