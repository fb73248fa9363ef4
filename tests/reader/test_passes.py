"""A reader's pass: the link in her mail lets her newsletter's pages know that she subscribes."""

from __future__ import annotations

import contextvars
import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.core import newsletters, subscriptions
from app.extensions import db, links
from app.links import Purpose
from app.models import EndReason, Newsletter, Subscription
from app.reader import passes
from app.settings import Settings
from tests import people

COOKIE = "pass-essentiel-ia"


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.fixture
def reader(letter: Newsletter) -> Subscription:
    people.edition(letter, 12)
    return people.confirmed(letter)


def follow(client: FlaskClient, token: str, slug: str = "essentiel-ia") -> None:
    answer = client.get(f"/archive/{slug}/12/for/{token}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/archive/{slug}/12"


def held(client: FlaskClient) -> int | None:
    """Whose pass the visitor's next page would see."""
    shown = client.get_cookie(COOKIE)
    headers = {"Cookie": f"{COOKIE}={shown.value}"} if shown else {}
    db.session.rollback()

    def look() -> int | None:
        with client.application.test_request_context("/", headers=headers):
            found = passes.holder(newsletters.get("essentiel-ia"))
            return found.id if found else None

    return contextvars.Context().run(look)


def test_the_link_in_the_mail_gives_a_pass_and_leads_to_the_clean_address(
    client: FlaskClient, letter: Newsletter, reader: Subscription
) -> None:
    assert held(client) is None
    follow(client, links().subscription_token(reader.id))
    assert held(client) == reader.id
    shown = client.get_cookie(COOKIE)
    assert shown is not None
    assert (shown.http_only, shown.same_site, shown.max_age) == (True, "Lax", 30 * 24 * 3600)
    assert client.get("/archive/essentiel-ia/12").status_code == 200


@pytest.mark.parametrize("token", ["preview", "1-forged", "x", "999999999999999999-aaaa", "é-é"])
def test_a_token_that_is_none_leads_there_without_a_pass(
    client: FlaskClient, letter: Newsletter, reader: Subscription, token: str
) -> None:
    follow(client, token)
    assert client.get_cookie(COOKIE) is None


def test_a_pass_is_good_for_its_own_newsletter_only(
    client: FlaskClient, letter: Newsletter, reader: Subscription
) -> None:
    people.edition(people.newsletter("autre"), 12)
    follow(client, links().subscription_token(reader.id), "autre")
    assert client.get_cookie("pass-autre") is None


def test_a_pass_ends_with_the_subscription(
    client: FlaskClient, letter: Newsletter, reader: Subscription
) -> None:
    follow(client, links().subscription_token(reader.id))
    subscriptions.end(reader.id, EndReason.UNSUBSCRIBED)
    db.session.commit()
    assert held(client) is None
    client.delete_cookie(COOKIE)
    follow(client, links().subscription_token(reader.id))
    assert client.get_cookie(COOKIE) is None


def test_whoever_has_not_confirmed_has_no_pass(client: FlaskClient, letter: Newsletter) -> None:
    people.edition(letter, 12)
    asked = people.pending(letter)
    follow(client, links().subscription_token(asked.id))
    assert client.get_cookie(COOKIE) is None


def test_a_pass_of_a_month_ago_opens_nothing(
    client: FlaskClient, letter: Newsletter, reader: Subscription
) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    with time_machine.travel(past, tick=False):
        old = links().timed_token(Purpose.PASS, f"{letter.id}.{reader.id}")
    client.set_cookie(COOKIE, old)
    assert held(client) is None


@pytest.mark.parametrize("forged", ["", "x", "1.1", "é", "." * 3000])
def test_a_forged_pass_opens_nothing(
    client: FlaskClient, letter: Newsletter, reader: Subscription, forged: str
) -> None:
    client.set_cookie(COOKIE, forged)
    assert held(client) is None


def test_a_token_for_another_purpose_is_no_pass(
    client: FlaskClient, letter: Newsletter, reader: Subscription
) -> None:
    value = f"{letter.id}.{reader.id}"
    client.set_cookie(COOKIE, links().timed_token(Purpose.CONFIRM, value))
    assert held(client) is None


@pytest.fixture
def secure(settings: Settings) -> Iterator[Flask]:
    """The same installation, reached by https."""
    app = create_app(dataclasses.replace(settings, base_url="https://hebdo.test"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_under_https_the_browser_holds_the_pass_to_this_host(
    secure: Flask, settings: Settings
) -> None:
    reader = people.confirmed(people.newsletter())
    token = links().subscription_token(reader.id)
    db.session.rollback()
    answer = secure.test_client().get(f"/archive/essentiel-ia/12/for/{token}")
    (set_cookie,) = answer.headers.getlist("Set-Cookie")
    assert set_cookie.startswith("__Host-pass-essentiel-ia=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in set_cookie
    assert "Domain" not in set_cookie
    assert answer.headers["Cache-Control"] == "no-store"
