"""Leaving: by a button or by a mail program's one click (RFC 8058), as often as one likes, for ever."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from babel.dates import format_date
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.core import clock, departures, subscriptions, suppressions
from app.extensions import db, links
from app.models import (
    Consent,
    ConsentAct,
    EndReason,
    EndWord,
    Newsletter,
    Notice,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests import desk, pages, people
from tests.hostile import PAYLOADS, is_alive

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


def mails() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Notice.id)).all())


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
    day = format_date(reader.asked_at.astimezone(clock.PARIS), "long", "en")
    assert f"You asked for it on {day}" in pages.words(page)
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
    undo = pages.element(left.text, "form", action=path_for(reader, "resubscribe"))["action"]
    owed = mails()
    for _ in range(2):
        back = client.post(undo)
        assert back.status_code == 200
        assert "You are back" in back.text
    assert fresh(reader).state is SubscriptionState.CONFIRMED
    assert mails() == owed


def test_who_left_and_complained_with_one_press_is_not_promised_to_be_back(
    client: FlaskClient, reader: Subscription
) -> None:
    # What a mail program's “report and unsubscribe” sends: first the one click, later the complaint.
    client.post(path_for(reader), data={"List-Unsubscribe": "One-Click"})
    suppressions.suppress(people.ADDRESS, SuppressionReason.COMPLAINT)
    db.session.commit()
    page = client.get(path_for(reader)).text
    actions = [each["action"] for each in pages.elements(page, "form")]
    assert actions == [f"{path_for(reader)}/why"]
    assert "Please write to us" in pages.words(page)
    assert "Sign up again" not in page
    undone = client.post(path_for(reader, "resubscribe"))
    assert undone.status_code == 200
    assert "You are back" not in undone.text
    assert fresh(reader).state is SubscriptionState.ENDED


def test_after_a_week_coming_back_leads_to_the_form(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path_for(reader))
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
        page = client.get(path_for(reader)).text
        actions = [each["action"] for each in pages.elements(page, "form")]
        assert actions == [f"{path_for(reader)}/why"]
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


def test_coming_back_has_a_cap_and_leaving_has_none(limited_app: Flask) -> None:
    reader = people.confirmed(people.newsletter())
    had = len(reader.consents)
    client = limited_app.test_client()
    answers = [
        client.post(path_for(reader, way)).status_code
        for _ in range(122)
        for way in ("unsubscribe", "resubscribe")
    ]
    assert set(answers[::2]) == {200}
    assert answers[1::2] == [200] * 120 + [429] * 2
    assert len(fresh(reader).consents) == had + 2 * 120 + 1


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


def test_the_page_is_a_receipt_that_names_nobody_to_others(
    client: FlaskClient, reader: Subscription
) -> None:
    page = pages.words(client.post(path_for(reader)).text)
    assert "Receipt: “L’essentiel de l’IA”, m…" in page
    assert people.ADDRESS not in page


def test_she_may_say_why_afterwards_as_often_as_she_likes(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path_for(reader))
    why = f"{path_for(reader)}/why"
    for note in ("Trop long.", "Trop long, vraiment."):
        answer = client.post(why, data={"word": "too_often", "note": note})
        assert "Thank you" in answer.text
    assert fresh(reader).end_word is EndWord.TOO_OFTEN
    assert reader.end_note == "Trop long, vraiment."
    client.post(path_for(reader, "resubscribe"))
    assert (fresh(reader).end_word, reader.end_note) == (None, "")


def test_a_line_end_of_her_reason_counts_as_the_browser_counts_it(
    client: FlaskClient, reader: Subscription
) -> None:
    client.post(path_for(reader))
    # Five hundred to the browser, which sends each line end as two.
    note = "\r\n".join(["x" * 249, "y" * 250])
    answer = client.post(f"{path_for(reader)}/why", data={"word": "too_often", "note": note})
    assert answer.status_code == 200
    assert fresh(reader).end_note == note.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "word"),
        ({"note": "   "}, "word"),
        ({"word": "because"}, "word"),
        ({"word": "too_often", "note": "x" * 501}, "note"),
        ({"word": "too_often", "note": "a\x00b"}, "note"),
    ],
)
def test_a_reason_that_will_not_do_is_said_beside_it_and_kept(
    client: FlaskClient, reader: Subscription, typed: dict[str, str], field: str
) -> None:
    client.post(path_for(reader))
    answer = client.post(f"{path_for(reader)}/why", data=typed)
    assert answer.status_code == 422
    assert f'id="{field}-fault"' in answer.text
    assert fresh(reader).end_word is None
    if len(typed.get("note", "")) > 3:
        assert typed["note"] in answer.text


def test_who_has_not_left_gives_no_reason(client: FlaskClient, reader: Subscription) -> None:
    client.post(f"{path_for(reader)}/why", data={"word": "too_often"})
    assert fresh(reader).end_word is None


def test_what_readers_write_stays_text_at_the_desk(flask_app: Flask) -> None:
    letter = people.newsletter()
    for number, payload in enumerate(PAYLOADS):
        left = people.confirmed(letter, f"r{number}@hebdo.test")
        subscriptions.end(left.id, EndReason.UNSUBSCRIBED)
        departures.tell(left.id, EndWord.ELSEWHERE, payload.replace("\x00", "")[:500])
    db.session.commit()
    page = desk.signed_in(flask_app).get("/editor/newsletters/essentiel-ia/departures").text
    assert not is_alive(page)
    assert page.count("<blockquote>") == len(PAYLOADS)


def test_the_desk_counts_the_reasons_and_who_gave_none(flask_app: Flask) -> None:
    letter = people.newsletter()
    editor = desk.signed_in(flask_app)
    assert "Nobody has left" in editor.get("/editor/newsletters/essentiel-ia/departures").text
    for number, word in enumerate((EndWord.TOO_OFTEN, EndWord.TOO_OFTEN, None)):
        left = people.confirmed(letter, f"r{number}@hebdo.test")
        subscriptions.end(left.id, EndReason.ONE_CLICK)
        departures.tell(left.id, word, "")
    bounced = people.confirmed(letter, "b@hebdo.test")
    subscriptions.end(bounced.id, EndReason.BOUNCED)
    db.session.commit()
    found = departures.reasons(letter)
    assert (found.ended, found.counts[EndWord.TOO_OFTEN], found.silent) == (3, 2, 1)
    assert (
        "Nobody has written a line yet"
        in editor.get("/editor/newsletters/essentiel-ia/departures").text
    )
