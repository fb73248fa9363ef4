"""Several newsletters by one form: one press, one mail that confirms them all, one page for everybody."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core import newsletters, subscribers, subscriptions, suppressions
from app.extensions import db
from app.models import Consent, Detail, Notice, NoticeKind, Subscription, SuppressionReason
from emails import compose
from tasks import notices
from tests import pages, people
from tests.conftest import use_relay
from tests.relay import StoryRelay

SLUGS = ["essentiel-ia", "matinale", "dimanche"]
ADDRESS = "lea@hebdo.test"


@pytest.fixture
def letters(flask_app: Flask) -> list[str]:
    for slug in SLUGS:
        people.newsletter(slug).name = f"La {slug} {{sic}}"
    db.session.commit()
    return SLUGS


def choose(client: FlaskClient, *slugs: str, **typed: object) -> TestResponse:
    given = {"address": ADDRESS, "first_name": "Léa", **typed, "newsletters": list(slugs)}
    return pages.submit(client, "/", "/", given)


def standing() -> dict[str, str]:
    db.session.rollback()
    return {
        each.newsletter.slug: str(each.state) for each in db.session.scalars(select(Subscription))
    }


def mails() -> list[Notice]:
    db.session.rollback()
    return list(db.session.scalars(select(Notice).order_by(Notice.id)))


def post_all(flask_app: Flask) -> list[compose.Reading]:
    """What the mails owed by now say."""
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice in mails():
            notices.post(notice.id)
    return [compose.read(mail.data) for mail in relay.received]


def link(reading: compose.Reading) -> str:
    (found,) = set(re.findall(r"http://hebdo\.test(/confirm/\S+)", reading.text))
    return found


def test_what_was_ticked_is_asked_for_each_with_its_wording_and_one_mail_is_owed(
    client: FlaskClient, letters: list[str]
) -> None:
    front = client.get("/").text
    assert not [box for box in pages.elements(front, "input") if "checked" in box]
    answer = choose(client, "essentiel-ia", "dimanche")
    assert (answer.status_code, answer.location) == (303, "/subscribed")
    assert standing() == {"essentiel-ia": "pending", "dimanche": "pending"}
    for proof in db.session.scalars(select(Consent)):
        assert f"“{proof.subscription.newsletter.name}”" in proof.wording
        assert proof.wording in pages.words(front)
        assert proof.source == "/"
    (owed,) = mails()
    assert owed.kind is NoticeKind.CONFIRMATION


def test_one_press_confirms_all_that_the_mail_names_and_twice_is_once(
    flask_app: Flask, client: FlaskClient, letters: list[str]
) -> None:
    choose(client, "essentiel-ia", "dimanche")
    (mail,) = post_all(flask_app)
    for slug in ("essentiel-ia", "dimanche"):
        assert f"La {slug} {{sic}}" in mail.text
    assert "matinale" not in mail.text
    page = client.get(link(mail))
    assert "Confirm my subscriptions" in page.text
    assert "La dimanche {sic}" in pages.words(page.text)
    assert set(standing().values()) == {"pending"}
    for _ in range(2):
        answer = client.post(link(mail))
        assert answer.status_code == 303
    assert "From now on these come to you" in client.get(answer.location).text
    assert standing() == {"essentiel-ia": "confirmed", "dimanche": "confirmed"}
    assert [each.kind for each in mails()[1:]] == [NoticeKind.WELCOME] * 2


def test_an_address_gets_one_confirmation_a_day_whatever_is_ticked(
    client: FlaskClient, letters: list[str]
) -> None:
    choose(client, "essentiel-ia")
    choose(client, "matinale", "dimanche")
    pages.submit(
        client,
        "/newsletters/dimanche",
        "/subscribe",
        {"address": ADDRESS, "consent": "y"},
    )
    (owed,) = mails()
    # She reads her mail: one more is owed, for all that the quiet held back.
    assert owed.subscription_id is not None
    subscriptions.confirm(owed.subscription_id)
    db.session.commit()
    kinds = [each.kind for each in mails()]
    assert kinds == [NoticeKind.CONFIRMATION, NoticeKind.WELCOME, NoticeKind.CONFIRMATION]
    assert len(mails()[2].subscription_ids) == 2


def test_of_what_she_has_already_nothing_changes_and_the_mail_is_about_the_rest(
    flask_app: Flask, client: FlaskClient, letters: list[str]
) -> None:
    people.confirmed(newsletters.get("essentiel-ia"), ADDRESS)
    for notice in mails():
        db.session.delete(notice)
    db.session.commit()
    choose(client, *SLUGS, first_name="Zoé")
    (mail,) = post_all(flask_app)
    assert "La essentiel-ia" not in mail.text
    known = subscribers.find(ADDRESS)
    assert known is not None
    assert known.first_name == "Marie"
    assert standing()["essentiel-ia"] == "confirmed"


def test_every_address_gets_the_same_page(client: FlaskClient, letters: list[str]) -> None:
    people.confirmed(newsletters.get("matinale"), "known@hebdo.test")
    suppressions.suppress("suppressed@hebdo.test", SuppressionReason.COMPLAINT)
    db.session.commit()
    answers = {
        (answer.status_code, answer.location, answer.text)
        for name in ("known", "suppressed", "unknown")
        for answer in [choose(client, "matinale", "dimanche", address=f"{name}@hebdo.test")]
    }
    assert len(answers) == 1
    assert "Look into your inbox" in client.get("/subscribed").text


@pytest.mark.parametrize(
    ("chosen", "typed", "faulty"),
    [
        ([], {}, ["newsletters-1", "newsletters-2", "newsletters-3"]),
        (["nowhere"], {}, ["newsletters-1", "newsletters-2", "newsletters-3"]),
        (["matinale"], {"address": ""}, ["address"]),
        (["matinale"], {"address": "  \t "}, ["address"]),
        (["matinale"], {"address": "lea"}, ["address"]),
        (["matinale"], {"address": "l" * 300 + "@hebdo.test"}, ["address"]),
        (["matinale"], {"first_name": "L" * 101}, ["first_name"]),
    ],
)
def test_each_mistake_is_told_at_its_place_and_what_was_typed_is_kept(
    client: FlaskClient,
    letters: list[str],
    chosen: list[str],
    typed: dict[str, str],
    faulty: list[str],
) -> None:
    answer = choose(client, *chosen, **typed)
    assert answer.status_code == 422
    inputs = pages.elements(answer.text, "input")
    assert sorted(each["id"] for each in inputs if "aria-invalid" in each) == sorted(faulty)
    assert [each["id"] for each in inputs if "autofocus" in each] == faulty[:1]
    told = {each["aria-describedby"].split()[-1] for each in inputs if "aria-invalid" in each}
    assert told == {faulty[0].partition("-")[0] + "-fault"}
    ticked = [each["value"] for each in inputs if "checked" in each]
    assert ticked == [slug for slug in chosen if slug in SLUGS]
    by_id = {each.get("id"): each.get("value", "") for each in inputs}
    assert by_id["first_name"] == typed.get("first_name", "Léa")
    assert mails() == []


def test_a_newsletter_named_twice_is_asked_for_once(
    client: FlaskClient, letters: list[str]
) -> None:
    assert choose(client, "matinale", "matinale", "nowhere").status_code == 303
    assert standing() == {"matinale": "pending"}


def test_questions_of_a_newsletter_that_is_not_ticked_do_not_count(
    client: FlaskClient, letters: list[str]
) -> None:
    asking, other = letters[0], letters[1]
    people.asks(newsletters.get(asking))
    given = {"address": "lea@hebdo.test", "newsletters": other}
    assert pages.submit(client, "/", "/", given).status_code == 303
    assert db.session.scalars(select(Detail)).all() == []
