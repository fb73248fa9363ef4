"""Confirming: a link that does nothing by itself, one button, twice as good as once."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import archive, clock, subscriptions, suppressions
from app.extensions import db, links
from app.links import Purpose
from app.models import (
    Consent,
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    NoticeKind,
    Subscription,
    SubscriptionState,
    SuppressionReason,
    Visibility,
)
from tests import pages, people


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def path_for(subscription: Subscription) -> str:
    return links().confirm(subscription.id).removeprefix("http://hebdo.test")


def state_of(subscription: Subscription) -> SubscriptionState:
    db.session.expire_all()
    return subscription.state


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_link_confirms_nothing(
    client: FlaskClient, letter: Newsletter, method: str
) -> None:
    subscription = people.pending(letter)
    for _ in range(3):
        assert client.open(path_for(subscription), method=method).status_code == 200
    assert state_of(subscription) is SubscriptionState.PENDING


def test_the_button_needs_no_cookie_and_confirms_once(
    client: FlaskClient, letter: Newsletter
) -> None:
    people.edition(letter, 12)
    subscription = people.pending(letter)
    path = path_for(subscription)
    page = client.get(path).text
    assert pages.element(page, "form", method="post")["action"] == path
    for _ in range(2):
        fresh = client.application.test_client(use_cookies=False)
        answer = fresh.post(path)
        assert (answer.status_code, answer.location) == (303, path)
    assert state_of(subscription) is SubscriptionState.CONFIRMED
    after = client.get(path).text
    assert "You are subscribed" in after
    assert "/archive/essentiel-ia/12" in after
    acts = db.session.scalars(select(Consent.act).order_by(Consent.id)).all()
    assert acts == [ConsentAct.ASKED, ConsentAct.CONFIRMED]
    kinds = db.session.scalars(select(Notice.kind).order_by(Notice.id)).all()
    assert kinds == [NoticeKind.CONFIRMATION, NoticeKind.WELCOME]


def test_who_must_not_be_mailed_is_not_told_that_issues_will_come(
    client: FlaskClient, letter: Newsletter
) -> None:
    path = path_for(people.pending(letter))
    suppressions.suppress(people.ADDRESS, SuppressionReason.OPERATOR)
    db.session.commit()
    client.post(path)
    said = pages.words(client.get(path).text)
    assert "No newsletter can be sent to this address" in said
    assert "From now on" not in said


def test_the_latest_issue_is_open_to_her_from_the_page_that_says_she_is_in_or_back(
    client: FlaskClient, letter: Newsletter
) -> None:
    archive.expose(people.edition(letter, 12).issue, Visibility.SUBSCRIBERS)
    subscription = people.pending(letter)
    token = links().subscription_token(subscription.id)
    client.post(path_for(subscription))
    confirmed = client.get(path_for(subscription)).text
    elsewhere = client.application.test_client()
    elsewhere.post(f"/unsubscribe/{token}")
    back = elsewhere.post(f"/resubscribe/{token}").text
    for visitor, page in ((client, confirmed), (elsewhere, back)):
        (latest,) = [
            each["href"]
            for each in pages.elements(page, "a")
            if "/archive/essentiel-ia/12" in each["href"]
        ]
        assert "Villeurbanne" in visitor.get(latest, follow_redirects=True).text


def test_these_pages_speak_her_language_and_the_proof_keeps_the_words_she_pressed(
    flask_app: Flask, letter: Newsletter
) -> None:
    subscription = subscriptions.sign_up(letter, "amy@hebdo.test", language="en").subscription
    assert subscription is not None
    db.session.commit()
    path, leave = path_for(subscription), links().subscription_token(subscription.id)
    # Her browser asks for a third language, and the newsletter is French.
    visitor = flask_app.test_client(use_cookies=False)
    visitor.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    assert "Confirm my subscription" in visitor.get(path).text
    visitor.post(path)
    assert "You are subscribed" in visitor.get(path).text
    assert '<html lang="en">' in visitor.post(f"/unsubscribe/{leave}").text
    assert '<html lang="en">' in visitor.post(f"/resubscribe/{leave}").text
    said = db.session.scalars(select(Consent.wording).order_by(Consent.id)).all()
    assert [said[1], said[-1]] == ["Confirm my subscription", "Keep my subscription"]


def test_an_old_link_is_kindly_answered_and_can_be_renewed(
    client: FlaskClient, letter: Newsletter
) -> None:
    subscription = people.pending(letter)
    path = path_for(subscription)
    with time_machine.travel(clock.now() + dt.timedelta(days=7, minutes=1), tick=False):
        answer = client.get(path)
        assert answer.status_code == 410
        assert "This link has grown old" in answer.text
        assert client.post(path).status_code == 410
        assert state_of(subscription) is SubscriptionState.PENDING
        again = pages.element(answer.text, "form", method="post")["action"]
        renewed = client.post(again)
        assert (renewed.status_code, renewed.location) == (
            303,
            "/subscribed?newsletter=essentiel-ia",
        )
    kinds = db.session.scalars(select(Notice.kind)).all()
    assert kinds == [NoticeKind.CONFIRMATION, NoticeKind.CONFIRMATION]


def test_an_old_link_of_a_confirmed_reader_still_says_so(
    client: FlaskClient, letter: Newsletter
) -> None:
    path = path_for(people.confirmed(letter))
    with time_machine.travel(clock.now() + dt.timedelta(days=900), tick=False):
        answer = client.get(path)
    assert answer.status_code == 200
    assert "You are subscribed" in answer.text


def test_a_confirmation_of_what_has_ended_leads_to_the_form(
    client: FlaskClient, letter: Newsletter
) -> None:
    subscription = people.confirmed(letter)
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)
    db.session.commit()
    path = path_for(subscription)
    client.post(path)
    assert state_of(subscription) is SubscriptionState.ENDED
    assert "/newsletters/essentiel-ia" in client.get(path).text


def test_the_link_of_somebody_whose_rows_are_gone_is_kindly_answered(
    client: FlaskClient, letter: Newsletter
) -> None:
    path = f"/confirm/{links().timed_token(Purpose.CONFIRM, '987654')}"
    assert client.get(path).status_code == 200
    assert client.post(path, follow_redirects=True).status_code == 200
    assert client.post(f"{path}/again", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("way", ["{path}x", "/confirm/x", "/confirm/{other}"])
def test_a_forged_link_is_not_found_and_told_what_to_do(
    client: FlaskClient, letter: Newsletter, way: str
) -> None:
    path = path_for(people.pending(letter))
    forged = way.format(path=path, other=links().timed_token(Purpose.PASSWORD, "1"))
    for answer in (client.get(forged), client.post(forged), client.post(f"{forged}/again")):
        assert answer.status_code == 404
        assert "not whole" in answer.text
