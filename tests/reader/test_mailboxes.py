"""The address of a sign-up: slips offered corrected, domains without mail refused, floods slowed."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.extensions import db, exchanges, limiter
from app.models import Consent, Newsletter, Notice, Subscriber
from tests import pages, people
from tests.names import NameServer

PAGE = "/newsletters/essentiel-ia"
TYPED = {"first_name": "Léa", "consent": "y"}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.fixture
def names(flask_app: Flask, letter: Newsletter) -> Iterator[NameServer]:
    zone = {"hebdo.net": {"MX": ["10 mx.hebdo.net."]}, "null.net": {"MX": ["0 ."]}}
    with NameServer(zone, silent={"silent.net"}) as server:
        known = flask_app.extensions["hebdo.settings"]
        exchanges.init_app(dataclasses.replace(known, dns=server.address))
        yield server
        exchanges.init_app(known)


def sign_up(client: FlaskClient, address: str, **pressed: str) -> TestResponse:
    return pages.submit(client, PAGE, "/subscribe", {**TYPED, "address": address, **pressed})


def kept() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Subscriber.address)))


def test_a_slip_is_offered_corrected_and_nothing_is_kept_yet(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = sign_up(client, "lea@gmial.com")
    assert answer.status_code == 422
    assert "Did you mean lea@gmail.com?" in answer.text
    control = pages.element(answer.text, "input", id="address")
    assert control["value"] == "lea@gmial.com"
    assert "address-fault" in control["aria-describedby"].split()
    assert "autofocus" in control
    assert pages.element(answer.text, "input", id="first_name")["value"] == "Léa"
    assert kept() == []


@pytest.mark.parametrize(
    ("button", "address"), [("take", "lea@gmail.com"), ("keep", "lea@gmial.com")]
)
def test_one_press_takes_the_offer_or_keeps_what_was_typed(
    client: FlaskClient, letter: Newsletter, button: str, address: str
) -> None:
    page = sign_up(client, "lea@gmial.com").text
    pressed = pages.element(page, "button", name=button)
    assert pressed["value"] == address
    answer = sign_up(client, "lea@gmial.com", **{button: pressed["value"]})
    assert answer.status_code == 303
    assert kept() == [address]


@pytest.mark.parametrize("button", ["take", "keep"])
def test_a_button_pressed_after_another_address_was_typed_means_nothing(
    client: FlaskClient, letter: Newsletter, button: str
) -> None:
    old = {"take": "lea@gmail.com", "keep": "lea@gmial.com"}[button]
    assert sign_up(client, "max@hebdo.test", **{button: old}).status_code == 303
    assert kept() == ["max@hebdo.test"]
    answer = sign_up(client, "zoe@orange.f", **{button: old})
    assert answer.status_code == 422
    assert "Did you mean zoe@orange.fr?" in answer.text


def test_the_form_for_several_newsletters_helps_as_well(
    client: FlaskClient, letter: Newsletter
) -> None:
    people.newsletter("autre")
    typed = {"address": "lea@hotmial.fr", "newsletters": ["autre"]}
    answer = pages.submit(client, "/", "/", typed)
    assert pages.element(answer.text, "button", name="take")["value"] == "lea@hotmail.fr"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("lea@hebdo.net", 303),
        ("lea@silent.net", 303),
        ("lea@readers.invalid", 303),
        ("lea@null.net", 422),
        ("lea@nowhere.net", 422),
    ],
)
def test_a_domain_without_mail_is_refused_in_words_and_a_silent_dns_punishes_nobody(
    client: FlaskClient, names: NameServer, address: str, status: int
) -> None:
    answer = sign_up(client, address)
    assert answer.status_code == status
    if status == 422:
        domain = address.partition("@")[2]
        assert f"No mail can be sent to {domain}." in pages.words(answer.text)
        assert pages.element(answer.text, "input", id="address")["value"] == address
        assert kept() == []


def test_the_dns_is_asked_before_a_transaction_begins(
    client: FlaskClient, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_at_asking = []
    ask = exchanges._ask

    def watched(domain: str) -> bool:
        open_at_asking.append(db.session.registry.has() and db.session().in_transaction())
        return ask(domain)

    monkeypatch.setattr(exchanges, "_ask", watched)
    assert sign_up(client, "lea@hebdo.net").status_code == 303
    assert open_at_asking == [False]
    # The offer is what is asked about once it is taken, not the slip.
    sign_up(client, "lea@gmial.com", take="lea@gmail.com")
    assert open_at_asking == [False, False]


def test_a_form_that_comes_back_too_soon_is_asked_for_one_more_press(
    flask_app: Flask, client: FlaskClient, letter: Newsletter
) -> None:
    known = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, form_seconds=60.0)
    answer = sign_up(client, "lea@hebdo.test")
    assert answer.status_code == 422
    assert "Please press the button once more." in pages.words(answer.text)
    assert pages.element(answer.text, "input", id="address")["value"] == "lea@hebdo.test"
    assert kept() == []
    # Her second press is slower; the form remembers when it was first opened.
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, form_seconds=0.0001)
    again = {**pages.hidden(answer.text), **TYPED, "address": "lea@hebdo.test"}
    assert client.post("/subscribe", data=again).status_code == 303
    assert kept() == ["lea@hebdo.test"]


@pytest.mark.parametrize("opened", ["", "x", "12.5"])
def test_a_form_that_does_not_say_when_it_was_opened_is_asked_too(
    flask_app: Flask, client: FlaskClient, letter: Newsletter, opened: str
) -> None:
    known = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, form_seconds=0.0001)
    answer = sign_up(client, "lea@hebdo.test", opened=opened)
    assert answer.status_code == 422
    assert pages.element(answer.text, "input", id="opened")["value"] != opened
    assert kept() == []


HALF_A_CHARACTER = json.dumps(
    {"newsletters": ["essentiel-ia"], "address": "lea\ud800@hebdo.test", "consent": True}
).encode()


LARGE_FORM = (
    b'--b\r\nContent-Disposition: form-data; name="address"\r\n\r\n' + b"x" * 600_000 + b"\r\n--b--"
)


def flood(flask_app: Flask, count: int, address: str, come_from: str) -> list[int]:
    client = flask_app.test_client()
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    return [
        client.post(
            "/subscribe",
            data={**fields, "address": address.format(n=n)},
            environ_base={"REMOTE_ADDR": come_from.format(n=n % 250)},
        ).status_code
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "address", "come_from"),
    [
        (30, "lea-{n}@hebdo.test", "192.0.2.7"),
        (150, "lea-{n}@hebdo.test", "192.0.2.{n}"),
        (10, "lea+{n}@hebdo.test", "198.51.{n}.7"),
    ],
    ids=["visitor", "network", "address"],
)
def test_a_flood_is_slowed_by_visitor_by_network_and_by_address(
    limited_app: Flask, count: int, address: str, come_from: str
) -> None:
    people.newsletter()
    assert flood(limited_app, count, address, come_from) == [303] * count
    assert flood(limited_app, 2, address, come_from) == [429] * 2
    visitor = limited_app.test_client()
    assert visitor.get(PAGE).status_code == 200
    assert flood(limited_app, 1, "somebody@else.test", "203.0.113.9") == [303]


def test_one_inbox_is_counted_under_all_its_spellings(limited_app: Flask) -> None:
    people.newsletter()
    found = [flood(limited_app, 1, "l.e.a+{n}@gmail.com", f"10.0.{n}.1")[0] for n in range(10)]
    assert found == [303] * 10
    assert flood(limited_app, 1, "LEA@gmail.com", "10.1.0.1") == [429]
    assert flood(limited_app, 1, "le.a@googlemail.com", "10.2.0.1") == [429]


def test_an_inbox_is_counted_when_it_is_taken_from_an_offer(limited_app: Flask) -> None:
    people.newsletter()
    flood(limited_app, 10, "lea@gmail.com", "10.{n}.0.1")
    client = limited_app.test_client()
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    for slip in ("lea@gmial.com", " lea@gmial.com "):
        answer = client.post(
            "/subscribe",
            data={**fields, "address": slip, "take": "lea@gmail.com"},
            environ_base={"REMOTE_ADDR": "10.99.0.1"},
        )
        assert answer.status_code == 429


def test_without_the_broker_each_process_counts_for_itself(
    limited_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.newsletter()
    limiter._storage_dead = True
    # It lives all the same, and would be noticed the next time that it is looked at.
    monkeypatch.setattr(limiter, "_Limiter__last_check_backend", time.time() + 3600)
    assert flood(limited_app, 31, "lea-{n}@hebdo.test", "192.0.2.7") == [303] * 30 + [429]


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        ("/api/subscriptions", "application/json", b" " * 17_000, 413),
        ("/api/subscriptions", "application/json", b"[" * 15_000, 400),
        ("/api/subscriptions", "application/json", HALF_A_CHARACTER, 422),
        ("/subscribe", "multipart/form-data; boundary=b", LARGE_FORM, 413),
    ],
    ids=["large", "deep", "half a character", "large form"],
)
def test_what_nobody_can_read_does_not_make_the_counts_begin_anew(
    limited_app: Flask, path: str, kind: str, body: bytes, status: int
) -> None:
    people.newsletter()
    assert flood(limited_app, 30, "lea-{n}@hebdo.test", "192.0.2.7") == [303] * 30
    robot = limited_app.test_client()
    answer = robot.post(
        path, data=body, content_type=kind, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert answer.status_code == status
    assert flood(limited_app, 1, "lea@hebdo.test", "192.0.2.7") == [429]


def test_nothing_a_visitor_typed_but_her_address_is_in_what_is_owed_to_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    sign_up(client, "lea@hebdo.test", first_name="Achetez ici pills.test")
    notice = db.session.scalars(select(Notice)).one()
    from tasks import notices

    written = notices._compose(notice).data
    assert b"pills.test" not in written
    assert b"Achetez" not in written
    assert db.session.scalars(select(Consent.source)).one() == PAGE
