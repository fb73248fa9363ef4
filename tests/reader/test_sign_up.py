"""Signing up: every mistake said at once beside its field, one page for every address."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import visitors
from app.core import suppressions
from app.extensions import db
from app.models import (
    Consent,
    Newsletter,
    Notice,
    NoticeKind,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from emails.values import RubricKind, RubricText, StoryText
from tests import pages, people, rows

PAGE = "/newsletters/essentiel-ia"
TYPED = {"address": "lea@hebdo.test", "first_name": "Léa", "consent": "y"}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def sign_up(client: FlaskClient, **changes: str) -> TestResponse:
    typed = {name: value for name, value in {**TYPED, **changes}.items() if value}
    return pages.submit(client, PAGE, "/subscribe", typed)


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_sign_up_is_kept_with_its_proof_and_owes_a_confirmation(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = sign_up(client)
    assert answer.status_code == 303
    assert answer.location == "/subscribed?newsletter=essentiel-ia"
    person = db.session.scalars(select(Subscriber)).one()
    assert (person.address, person.first_name) == ("lea@hebdo.test", "Léa")
    proof = db.session.scalars(select(Consent)).one()
    assert letter.name in proof.wording
    assert proof.wording in pages.words(client.get(PAGE).text)
    assert (proof.source, proof.network) == (PAGE, "127.0.0.0/24")
    assert db.session.scalars(select(Notice.kind)).all() == [NoticeKind.CONFIRMATION]


def test_the_first_name_may_be_left_out(client: FlaskClient, letter: Newsletter) -> None:
    assert sign_up(client, first_name="").status_code == 303


def test_the_page_says_what_is_required_and_the_browser_asks_for_it(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = client.get(PAGE).text
    assert "Fields marked with an asterisk (*) are required." in page
    address = pages.element(page, "input", id="address")
    assert address["type"] == "email"
    assert address["autocomplete"] == "email"
    assert "required" in address
    consent = pages.element(page, "input", id="consent")
    assert "required" in consent
    assert "checked" not in consent
    assert "required" not in pages.element(page, "input", id="first_name")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("address", "", "Please write your e‑mail address."),
        ("address", "   ", "Please write your e‑mail address."),
        ("address", "lea", "Please write a whole e‑mail address"),
        ("address", "lea@", "Please write a whole e‑mail address"),
        ("address", "lea@localhost", "Please write a whole e‑mail address"),
        ("address", "lea@hebdo.test, max@hebdo.test", "Please write a whole e‑mail address"),
        ("address", "a" * 300 + "@hebdo.test", "An e‑mail address is not as long as this."),
        ("consent", "", "Please tick the box"),
        ("first_name", "L" * 101, "Please shorten this to 100 characters."),
        ("first_name", "Léa\r\nBcc: max@hebdo.test", "Please write this on one line."),
        ("first_name", "Léa\x00", "There is an invisible character in here"),
        ("first_name", "\u202eaéL", "There is an invisible mark in here"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient, letter: Newsletter, field: str, typed: str, sentence: str
) -> None:
    answer = sign_up(client, **{field: typed})
    assert answer.status_code == 422
    control = pages.element(answer.text, "input", id=field)
    assert control["aria-invalid"] == "true"
    assert f"{field}-fault" in control["aria-describedby"].split()
    assert "autofocus" in control
    fault = answer.text.partition(f'id="{field}-fault">')[2].partition("</p>")[0]
    assert sentence in pages.words(fault)
    for name in {"address", "first_name"} - {field}:
        assert pages.element(answer.text, "input", id=name)["value"] == TYPED[name]
    assert count(Subscriber) == 0


def test_all_mistakes_are_said_at_once_and_the_first_has_the_focus(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = sign_up(client, address="lea", first_name="L" * 101, consent="")
    page = pages.words(answer.text)
    assert "3 things need another look" in page
    focused = [each["id"] for each in pages.elements(answer.text, "input") if "autofocus" in each]
    assert focused == ["address"]
    faulty = [each["id"] for each in pages.elements(answer.text, "input") if "aria-invalid" in each]
    assert faulty == ["address", "first_name", "consent"]
    linked = {each.get("href") for each in pages.elements(answer.text, "a")}
    assert {"#address", "#first_name", "#consent"} <= linked


def test_every_address_gets_the_same_answer(client: FlaskClient, letter: Newsletter) -> None:
    people.confirmed(letter, "known@hebdo.test")
    people.pending(letter, "pending@hebdo.test")
    suppressions.suppress("suppressed@hebdo.test", SuppressionReason.COMPLAINT)
    db.session.commit()
    answers = set()
    for name in ("known", "pending", "suppressed", "unknown", "unknown"):
        answer = sign_up(client, address=f"{name}@hebdo.test")
        page = client.get(answer.location)
        answers.add((answer.status_code, answer.location, answer.text, page.text))
    assert len(answers) == 1
    assert (
        db.session.scalar(select(func.count()).where(Notice.address == "suppressed@hebdo.test"))
        == 0
    )


def test_a_robot_that_fills_every_field_is_thanked_and_forgotten(
    client: FlaskClient, letter: Newsletter
) -> None:
    human = sign_up(client, address="human@hebdo.test")
    robot = sign_up(client, website="http://pills.test")
    assert (robot.status_code, robot.location) == (human.status_code, human.location)
    assert db.session.scalars(select(Subscriber.address)).all() == ["human@hebdo.test"]


def test_a_form_from_another_site_is_refused_in_words(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = client.post("/subscribe", data={**TYPED, "newsletter": letter.slug})
    assert answer.status_code == 422
    assert "Please press once more" in answer.text
    assert count(Subscriber) == 0


def test_an_unknown_newsletter_is_not_found(client: FlaskClient, letter: Newsletter) -> None:
    assert client.get("/newsletters/nowhere").status_code == 404
    fields = pages.hidden(client.get(PAGE).text)
    answer = client.post("/subscribe", data={**fields, **TYPED, "newsletter": "nowhere"})
    assert answer.status_code == 404


def test_a_consent_is_kept_in_the_language_it_was_shown_in(
    client: FlaskClient, letter: Newsletter
) -> None:
    client.get(f"{PAGE}?lang=en")
    sign_up(client)
    assert db.session.scalars(select(Subscriber.language)).one() == "en"
    assert db.session.scalars(select(Consent.wording)).one().startswith("I want to receive")


def test_no_newsletter_one_or_several_each_have_their_front_page(client: FlaskClient) -> None:
    assert "Nothing is published here yet" in client.get("/").text
    people.newsletter()
    assert 'action="/subscribe"' in client.get("/").text
    people.newsletter("autre")
    front = client.get("/").text
    linked = {each.get("href") for each in pages.elements(front, "a")}
    assert {"/newsletters/essentiel-ia", "/newsletters/autre"} <= linked


def test_a_rubric_whose_stories_have_no_title_is_not_announced_over_nothing(
    client: FlaskClient, letter: Newsletter
) -> None:
    bare = RubricText(RubricKind.LEAD, "À la Une", "une", (StoryText("", "Un corps."),))
    full = RubricText(RubricKind.BRIEFS, "Dans l’actu", "actu", (StoryText("Un titre", "…"),))
    people.edition(letter, text=dataclasses.replace(rows.text(letter), rubrics=(bare, full)))
    page = client.get("/newsletters/essentiel-ia").text
    assert re.findall(r'contents-rubric">([^<]*)', page) == ["Dans l’actu"]


def test_a_look_at_the_latest_issue_leads_to_it(client: FlaskClient, letter: Newsletter) -> None:
    people.edition(letter, 12)
    page = client.get(PAGE).text
    assert "/archive/essentiel-ia/12" in {each.get("href") for each in pages.elements(page, "a")}
    assert "Une bibliothèque de quartier entraîne son propre modèle" in pages.words(page)


def test_the_page_says_who_is_responsible_how_often_and_how_to_leave(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = pages.words(client.get(PAGE).text)
    for said in (letter.publisher, letter.rhythm, letter.reply_to, "75011 Paris", "To leave"):
        assert said in page
    assert db.session.scalars(select(Subscription)).all() == []


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("unknown", ""),
    ],
)
def test_of_a_visitor_only_her_neighbourhood_is_kept(address: str, network: str) -> None:
    assert visitors.network(address) == network
