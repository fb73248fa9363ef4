"""A crowd at the door: many sign up at the same moment, the same address or each her own.

Nobody is answered with a fault of ours, and what stands in the rows is as if they had come in turn.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from app.models import Consent, Notice, Subscriber, Subscription
from app.settings import Settings
from tests import pages, people
from tests.ports import free_port
from tests.service import running, wait_for

CROWD = 8

PAGE = "/newsletters/essentiel-ia"


def press(flask_app: Flask, together: threading.Barrier, address: str) -> int:
    """One visitor: loads the form, waits for the others, sends it."""
    client = flask_app.test_client()
    with flask_app.app_context():
        fields = pages.hidden(client.get(PAGE).text)
        db.session.remove()
    together.wait(30)
    typed = {"address": address, "consent": "y"}
    return client.post("/subscribe", data={**fields, **typed}).status_code


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("different", [1, CROWD], ids=["one address", "an address each"])
def test_all_who_press_at_once_are_thanked_and_each_address_is_kept_once(
    flask_app: Flask, different: int
) -> None:
    people.newsletter()
    db.session.remove()
    together = threading.Barrier(CROWD)
    with ThreadPoolExecutor(CROWD) as crowd:
        asked = [
            crowd.submit(press, flask_app, together, f"lea-{n % different}@hebdo.test")
            for n in range(CROWD)
        ]
        assert {each.result() for each in asked} == {303}
    assert [count(each) for each in (Subscriber, Subscription, Notice)] == [different] * 3
    assert count(Consent) == CROWD


def over_the_wire(port: int, together: threading.Barrier, address: str) -> int:
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", PAGE)
        answer = line.getresponse()
        cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
        fields = pages.hidden(answer.read().decode())
        together.wait(30)
        kind = "application/x-www-form-urlencoded"
        body = urlencode({**fields, "address": address, "consent": "y"})
        line.request("POST", "/subscribe", body, {"Cookie": cookie, "Content-Type": kind})
        return line.getresponse().status
    finally:
        line.close()


def test_the_first_visitors_of_a_server_that_has_just_begun_are_all_thanked(
    settings: Settings, flask_app: Flask
) -> None:
    """The first bell of a process once loaded Celery beside them, and one in seventy saw a fault."""
    people.newsletter()
    db.session.remove()
    port = free_port()
    with running(settings, "web", "--bind", f"127.0.0.1:{port}", "--workers", "1"):
        wait_for(lambda: is_open(port), what="the web server")
        together = threading.Barrier(CROWD)
        with ThreadPoolExecutor(CROWD) as crowd:
            asked = [
                crowd.submit(over_the_wire, port, together, f"lea-{n}@hebdo.test")
                for n in range(CROWD)
            ]
            assert Counter(each.result() for each in asked) == {303: CROWD}


def is_open(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
