"""Signing up as JSON: the rules and caps of the form, the same words for all, problems that say what."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.core import answers, origins, suppressions
from app.extensions import db
from app.models import Consent, Newsletter, Notice, Subscriber, Subscription, SuppressionReason
from tests import people

PATH = "/api/subscriptions"
SITE = "https://www.journal.example"
BODY = {
    "newsletters": ["essentiel-ia"],
    "address": "lea@hebdo.test",
    "first_name": "Léa",
    "consent": True,
    "language": "en",
    "answers": {**people.ANSWERS, "enfants": 2},
}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    people.asks(made)
    origins.keep(made, SITE)
    people.newsletter("autre")
    db.session.commit()
    return made


def post(
    client: FlaskClient, headers: dict[str, str] | None = None, **changes: Any
) -> TestResponse:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    db.session.rollback()
    return client.post(PATH, json=body, headers=headers)


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_sign_up_is_pending_with_its_answers_and_proof(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = post(client, newsletters=["essentiel-ia", "autre", "autre"])
    assert answer.status_code == 202
    assert answer.json == {
        "status": "pending",
        "detail": "A mail is on its way to you. One press on its button, and you are in.",
    }
    assert "Set-Cookie" not in answer.headers
    db.session.rollback()
    made = db.session.scalars(select(Subscription).order_by(Subscription.id)).all()
    assert [(each.newsletter.slug, str(each.state)) for each in made] == [
        ("essentiel-ia", "pending"),
        ("autre", "pending"),
    ]
    assert answers.of(letter.id, [made[0].id])[made[0].id] == people.ANSWERS
    proof = db.session.scalars(select(Consent)).first()
    assert proof is not None
    assert (proof.source, "I want to receive" in proof.wording) == (PATH, True)
    assert count(Notice) == 1


def test_every_address_gets_the_same_words(client: FlaskClient, letter: Newsletter) -> None:
    people.confirmed(letter, "known@hebdo.test")
    suppressions.suppress("suppressed@hebdo.test", SuppressionReason.COMPLAINT)
    db.session.commit()
    told = {
        (each.status_code, each.text)
        for name in ("known", "suppressed", "new", "new")
        for each in [post(client, address=f"{name}@hebdo.test")]
    }
    assert len(told) == 1


@pytest.mark.parametrize(
    ("changes", "faulty"),
    [
        ({"address": None}, {"address"}),
        ({"address": "  "}, {"address"}),
        ({"address": "lea"}, {"address"}),
        ({"address": "l" * 300 + "@hebdo.test"}, {"address"}),
        ({"address": 7}, {"address"}),
        ({"address": "l\ud800a@hebdo.test"}, {"address"}),
        ({"first_name": "L\ud800a"}, {"first_name"}),
        ({"address": ["lea@hebdo.test"]}, {"address"}),
        ({"first_name": "L" * 101}, {"first_name"}),
        ({"first_name": "L\nBcc: x"}, {"first_name"}),
        ({"first_name": {"a": 1}}, {"first_name"}),
        ({"consent": None}, {"consent"}),
        ({"consent": "true"}, {"consent"}),
        ({"consent": 1}, {"consent"}),
        ({"newsletters": None}, {"newsletters"}),
        ({"newsletters": []}, {"newsletters"}),
        ({"newsletters": "essentiel-ia"}, {"newsletters"}),
        ({"newsletters": ["nowhere"]}, {"newsletters"}),
        ({"newsletters": [1]}, {"newsletters"}),
        ({"answers": None}, {"answers.ville", "answers.metier", "answers.naissance"}),
        ({"answers": {**people.ANSWERS, "ville": ""}}, {"answers.ville"}),
        ({"answers": {**people.ANSWERS, "enfants": 21}}, {"answers.enfants"}),
        ({"answers": {**people.ANSWERS, "naissance": "hier"}}, {"answers.naissance"}),
        ({"address": None, "consent": False}, {"address", "consent"}),
    ],
)
def test_each_fault_is_told_once_by_its_member(
    client: FlaskClient, letter: Newsletter, changes: dict[str, Any], faulty: set[str]
) -> None:
    answer = post(client, **changes)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert (answer.json["status"], answer.json["title"]) == (422, "Unprocessable Entity")
    assert set(answer.json["errors"]) == faulty
    assert all(isinstance(each, str) and each for each in answer.json["errors"].values())
    assert count(Subscriber) == 0


@pytest.mark.parametrize("odd", [[], True, {"ville": True}, {"ville": {}}, "Lyon"])
def test_answers_of_an_odd_shape_are_refused(
    client: FlaskClient, letter: Newsletter, odd: object
) -> None:
    answer = post(client, answers=odd)
    assert answer.status_code == 422
    assert answer.json is not None
    assert {each.partition(".")[0] for each in answer.json["errors"]} == {"answers"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'"\xff"', "application/json", 400),
        (b"[" * 15_000, "application/json", 400),
        (b'{"a": ' * 3000, "application/json", 413),
        (b"{}", "text/plain", 415),
        (b"address=lea", "application/x-www-form-urlencoded", 415),
        (b"", "", 415),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_number(
    client: FlaskClient, letter: Newsletter, body: bytes, kind: str, status: int
) -> None:
    answer = client.post(PATH, data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status
    assert answer.json["detail"]


def test_other_methods_and_paths_are_problems_too(client: FlaskClient, letter: Newsletter) -> None:
    for method, path, status in (("GET", PATH, 405), ("PUT", PATH, 405), ("GET", "/api/x", 404)):
        answer = client.open(path, method=method)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_a_flood_is_slowed_and_told_so_as_json(limited_app: Flask) -> None:
    people.newsletter()
    client = limited_app.test_client()
    statuses = [
        post(client, address=f"r{n}@hebdo.test", answers=None).status_code for n in range(31)
    ]
    assert statuses == [202] * 30 + [429]
    refused = post(client)
    assert refused.mimetype == "application/problem+json"
    # One count for all doors.
    assert client.post("/subscribe/essentiel-ia", data={"consent": "y"}).status_code == 429


def test_a_script_is_let_in_from_listed_sites_alone(
    client: FlaskClient, letter: Newsletter
) -> None:
    asked = client.options(PATH, headers={"Origin": SITE})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == SITE
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in asked.headers
    stranger = client.options(PATH, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers

    let_in = post(client, {"Origin": SITE})
    assert let_in.status_code == 202
    assert let_in.headers["Access-Control-Allow-Origin"] == SITE
    faulty = post(client, {"Origin": SITE}, address="")
    assert faulty.headers["Access-Control-Allow-Origin"] == SITE
    assert db.session.scalars(select(Consent.source)).all() == [f"{PATH} ({SITE})"]
    for origin, slugs in (("https://evil.example", ["essentiel-ia"]), (SITE, ["autre"])):
        answer = post(client, {"Origin": origin}, newsletters=slugs, address="max@hebdo.test")
        assert answer.status_code == 403
        assert answer.mimetype == "application/problem+json"
    assert post(client, {"Origin": "null"}).status_code == 403
    assert count(Subscriber) == 1


def test_a_site_is_let_in_as_soon_as_it_is_listed(client: FlaskClient, letter: Newsletter) -> None:
    new = {"Origin": "https://new.example"}
    assert "Access-Control-Allow-Origin" not in client.options(PATH, headers=new).headers
    db.session.rollback()
    origins.keep(letter, new["Origin"])
    db.session.commit()
    assert client.options(PATH, headers=new).headers["Access-Control-Allow-Origin"] == new["Origin"]
    db.session.rollback()
    origins.keep(letter, SITE)
    db.session.commit()
    refused = post(client, new)
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_likely_slip_is_told_and_kept_when_it_is_meant(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = post(client, address="lea@gmial.com")
    assert answer.json is not None
    assert "lea@gmail.com" in answer.json["errors"]["address"]
    # As a paste may bring it, with a mark of no width before it: the form takes that away, too.
    kept = post(client, address="\u200blea@gmial.com ", keep_address=True)
    assert kept.status_code == 202
    assert db.session.scalars(select(Subscriber.address)).all() == ["lea@gmial.com"]


def test_a_robot_in_the_trap_is_thanked_and_forgotten(
    client: FlaskClient, letter: Newsletter
) -> None:
    assert post(client, website="http://pills.example").status_code == 202
    assert count(Subscriber) == 0
