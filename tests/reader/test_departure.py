"""Leaving: by a button or by a mail program's one click (RFC 8058), as often as one likes, for ever."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.core import clock
from app.extensions import db, links
from app.models import (
    Consent,
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from tests import pages, people

BOUNDARY = "----hebdo"
ONE_CLICKS = {
    "urlencoded": ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
    "multipart": (
        f"multipart/form-data; boundary={BOUNDARY}",
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            f"One-Click\r\n--{BOUNDARY}--\r\n"
        ).encode(),
    ),
}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.fixture
def reader(letter: Newsletter) -> Subscription:
    return people.confirmed(letter)


def path_for(subscription: Subscription, way: str = "unsubscribe") -> str:
    return f"/{way}/{links().subscription_token(subscription.id)}"


def fresh(subscription: Subscription) -> Subscription:
    db.session.expire_all()
    return subscription


@pytest.mark.parametrize("encoding", ONE_CLICKS)
def test_one_click_needs_no_cookie_sets_none_and_is_not_redirected(
    flask_app: Flask, reader: Subscription, encoding: str
) -> None:
    content_type, body = ONE_CLICKS[encoding]
    path = path_for(reader)
    for _ in range(3):
        program = flask_app.test_client(use_cookies=False)
        answer = program.post(path, data=body, content_type=content_type)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert fresh(reader).state is SubscriptionState.ENDED
    assert reader.end_reason is EndReason.ONE_CLICK
    acts = db.session.scalars(select(Consent.act).order_by(Consent.id)).all()
    assert acts.count(ConsentAct.ENDED) == 1


def test_one_click_still_works_after_ten_years(client: FlaskClient, reader: Subscription) -> None:
    path = path_for(reader)
    with time_machine.travel(clock.now() + dt.timedelta(days=3650), tick=False):
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert fresh(reader).state is SubscriptionState.ENDED


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b""),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("multipart/form-data", b"no boundary at all"),
        (f"multipart/form-data; boundary={BOUNDARY}", b"\xff\xfe broken"),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&List-Unsubscribe=%F0"),
        ("nonsense", b"\x00" * 100),
    ],
)
def test_an_odd_body_still_unsubscribes(
    client: FlaskClient, reader: Subscription, content_type: str, body: bytes
) -> None:
    answer = client.post(path_for(reader), data=body, content_type=content_type)
    assert answer.status_code == 200
    assert fresh(reader).state is SubscriptionState.ENDED


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_link_ends_nothing(
    client: FlaskClient, reader: Subscription, method: str
) -> None:
    for _ in range(3):
        assert client.open(path_for(reader), method=method).status_code == 200
    assert fresh(reader).state is SubscriptionState.CONFIRMED


def test_the_page_says_why_she_receives_this_and_hides_her_address_from_others(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.get(path_for(reader)).text
    assert people.WORDING in pages.words(page)
    assert "24 novembre" in page or str(clock.now().year) in page
    assert people.ADDRESS not in page
    assert "m…" in page
    (form,) = pages.elements(page, "form")
    assert form == {"method": "post", "action": path_for(reader)}


def test_the_button_leaves_and_offers_to_come_back_by_another(
    client: FlaskClient, reader: Subscription
) -> None:
    left = client.post(path_for(reader))
    assert left.status_code == 200
    assert fresh(reader).end_reason is EndReason.UNSUBSCRIBED
    undo = pages.element(left.text, "form", method="post")["action"]
    assert undo == path_for(reader, "resubscribe")
    for _ in range(2):
        back = client.post(undo)
        assert back.status_code == 200
        assert "You are back" in back.text
    assert fresh(reader).state is SubscriptionState.CONFIRMED
    assert (
        db.session.scalars(select(Notice.kind).where(Notice.created_at > clock.now())).all() == []
    )


def test_after_a_week_coming_back_leads_to_the_form(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path_for(reader))
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
        page = client.get(path_for(reader)).text
        assert pages.elements(page, "form") == []
        assert "/newsletters/essentiel-ia" in page
        client.post(path_for(reader, "resubscribe"))
    assert fresh(reader).state is SubscriptionState.ENDED


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_link_of_somebody_whose_rows_are_gone_answers_kindly(
    client: FlaskClient, reader: Subscription, method: str
) -> None:
    path = path_for(reader)
    for model in (Consent, Notice, Subscription, Subscriber):
        db.session.execute(delete(model))
    db.session.commit()
    answer = client.open(path, method=method)
    assert answer.status_code == 200
    if method != "HEAD":
        assert "Nothing more will be sent" in answer.text
    assert client.post(path.replace("unsubscribe", "resubscribe")).status_code == 200


@pytest.mark.parametrize(
    "token", ["1-x", "x", "1-", "-", "1-é", "999999999999999999999-x", "1-%00", "%2e%2e%2f"]
)
@pytest.mark.parametrize("way", ["unsubscribe", "resubscribe"])
def test_a_forged_token_is_not_found_and_changes_nothing(
    client: FlaskClient, reader: Subscription, token: str, way: str
) -> None:
    answer = client.post(f"/{way}/{token}")
    assert answer.status_code in {400, 404}
    assert "<h1" in answer.text
    assert fresh(reader).state is SubscriptionState.CONFIRMED


def test_the_token_of_one_reader_does_not_end_another(
    client: FlaskClient, reader: Subscription
) -> None:
    other = people.confirmed(reader.newsletter, "max@hebdo.test")
    number, _, mac = links().subscription_token(reader.id).partition("-")
    assert client.post(f"/unsubscribe/{other.id}-{mac}").status_code == 404
    assert number == str(reader.id)
    assert fresh(other).state is SubscriptionState.CONFIRMED
