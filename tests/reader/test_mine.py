"""My subscription: the way in, and what a reader sets there."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.core import clock, own_pages, preferences, subscriptions, suppressions
from app.extensions import db
from app.models import (
    Consent,
    ConsentAct,
    Detail,
    EndReason,
    Newsletter,
    Notice,
    NoticeKind,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests import pages, people
from tests.hostile import PAYLOADS, is_alive
from tests.reader import mine

ANCHORS = ["a-la-une", "dans-l-actu"]


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return mine.with_rubrics(people.newsletter())


@pytest.fixture
def reader(letter: Newsletter) -> Subscription:
    return people.confirmed(letter)


def post(client: FlaskClient, reader: Subscription, way: str, **typed: object) -> int:
    path = f"{mine.lasting(reader)}/newsletters/essentiel-ia/{way}"
    return client.post(
        path, data={f"essentiel-ia-{name}": value for name, value in typed.items()}
    ).status_code


def acts(reader: Subscription) -> list[ConsentAct]:
    db.session.expire_all()
    return [each.act for each in reader.consents]


def links_ordered() -> int:
    db.session.rollback()
    found = select(Notice).where(Notice.kind == NoticeKind.MY_SUBSCRIPTION)
    return len(db.session.scalars(found).all())


# The way in --------------------------------------------------------------------------------------


def ask(client: FlaskClient, address: str) -> tuple[int, str | None]:
    answer = pages.submit(client, "/mine", "/mine", {"address": address})
    return answer.status_code, answer.location


def test_whoever_asks_gets_the_same_answer_and_a_subscriber_one_mail_a_day(
    client: FlaskClient, reader: Subscription
) -> None:
    suppressions.suppress("gone@hebdo.test", SuppressionReason.ERASED)
    db.session.commit()
    given = (people.ADDRESS, "stranger@hebdo.test", "gone@hebdo.test", people.ADDRESS.upper())
    assert {ask(client, address) for address in given} == {(303, "/mine/asked")}
    assert links_ordered() == 1
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=False):
        ask(client, people.ADDRESS)
    assert links_ordered() == 2


@pytest.mark.parametrize("page", ["/mine", "/mine/asked"])
def test_a_house_of_one_newsletter_asks_under_its_name_and_one_of_several_under_none(
    client: FlaskClient, reader: Subscription, page: str
) -> None:
    name = reader.newsletter.name
    one = client.get(page).text
    assert name in pages.words(one)
    assert one.count("reader.css") == 1
    people.newsletter("autre")
    several = client.get(page).text
    assert name not in pages.words(several)
    assert several.count("reader.css") == 1


@pytest.mark.parametrize(
    "typed", ["", "   ", "lea@hebdo", "x" * 300 + "@hebdo.test", "a\x00@b.test"]
)
def test_what_is_no_address_is_said_beside_it_and_kept(
    client: FlaskClient, letter: Newsletter, typed: str
) -> None:
    answer = pages.submit(client, "/mine", "/mine", {"address": typed})
    assert answer.status_code == 422
    control = pages.element(answer.text, "input", id="address")
    assert control["aria-describedby"] == "address-fault"
    assert "autofocus" in control
    assert links_ordered() == 0


def test_asking_needs_the_forms_own_token(client: FlaskClient, reader: Subscription) -> None:
    assert client.post("/mine", data={"address": people.ADDRESS}).status_code == 422
    assert links_ordered() == 0


def test_the_holder_of_an_issue_sees_no_address_and_can_have_the_whole_link_mailed(
    client: FlaskClient, reader: Subscription
) -> None:
    page = client.get(mine.lasting(reader))
    assert people.ADDRESS not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    answer = client.post(f"{mine.lasting(reader)}/link")
    assert answer.status_code == 303
    assert links_ordered() == 1
    assert "A link is on its way" in client.get(answer.location).text


def test_a_fresh_link_shows_the_address_and_ends_after_its_day(
    client: FlaskClient, reader: Subscription
) -> None:
    path = mine.fresh(reader.subscriber)
    assert people.ADDRESS in client.get(path).text
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=False):
        old = client.get(path)
        assert old.status_code == 410
        assert "the day is over" in old.text
        assert pages.element(old.text, "form", action="/mine")
        assert client.post(f"{path}/language", data={"language": "en"}).status_code == 410


def test_a_fresh_link_dies_with_the_address_it_was_sent_to(
    client: FlaskClient, reader: Subscription
) -> None:
    path = mine.fresh(reader.subscriber)
    reader.subscriber.address = reader.subscriber.address_key = "new@hebdo.test"
    db.session.commit()
    assert "new@hebdo.test" not in client.get(path).text


@pytest.mark.parametrize("token", ["1-x", "x", "-", "1-é", "asked.x.y", "1.2.3"])
def test_a_forged_token_opens_nothing(
    client: FlaskClient, reader: Subscription, token: str
) -> None:
    for way in ("", "/link", "/language", "/newsletters/essentiel-ia/leave"):
        assert client.open(f"/mine/{token}{way}", method="POST" if way else "GET").status_code in {
            400,
            404,
        }
    assert mine.anew(reader).state is SubscriptionState.CONFIRMED


@pytest.mark.parametrize("kind", ["lasting", "fresh"])
def test_the_link_of_somebody_whose_rows_are_gone_answers_kindly(
    client: FlaskClient, reader: Subscription, kind: str
) -> None:
    path = mine.lasting(reader) if kind == "lasting" else mine.fresh(reader.subscriber)
    for model in (Consent, Notice, Subscription, Subscriber):
        db.session.execute(delete(model))
    db.session.commit()
    assert "Nothing is kept about you" in client.get(path).text
    assert client.post(f"{path}/newsletters/essentiel-ia/leave").status_code == 200


# What she sets -----------------------------------------------------------------------------------


def test_she_keeps_some_rubrics_as_text_and_the_proof_of_it_is_kept_once(
    client: FlaskClient, reader: Subscription
) -> None:
    for _ in range(2):
        assert post(client, reader, "rubrics", rubrics=["dans-l-actu"], text_only="y") == 303
    assert mine.anew(reader).hidden_rubrics == "a-la-une"
    assert reader.text_only
    assert acts(reader)[-2:] == [ConsentAct.CONFIRMED, ConsentAct.CHANGED]
    assert reader.consents[-1].wording == "Dans l’actu · As plain text"
    page = client.get(mine.lasting(reader)).text
    boxes = {
        each["value"]: "checked" in each
        for each in pages.elements(page, "input")
        if each.get("type") == "checkbox"
    }
    assert boxes == {"a-la-une": False, "dans-l-actu": True, "y": True}
    assert post(client, reader, "rubrics", rubrics=ANCHORS) == 303
    assert (mine.anew(reader).hidden_rubrics, reader.text_only) == ("", False)


@pytest.mark.parametrize("rubrics", [[], ["partenaire"], ["nowhere"], PAYLOADS])
def test_to_keep_no_rubric_is_refused_in_words_and_tied_to_them(
    client: FlaskClient, reader: Subscription, rubrics: list[str]
) -> None:
    path = f"{mine.lasting(reader)}/newsletters/essentiel-ia/rubrics"
    answer = client.post(
        path, data={"essentiel-ia-rubrics": rubrics, "essentiel-ia-text_only": "y"}
    )
    assert answer.status_code == 422
    assert "at least one rubric" in answer.text
    assert not is_alive(answer.text)
    group = pages.element(answer.text, "fieldset", id="essentiel-ia-rubrics")
    assert "essentiel-ia-rubrics-fault" in group["aria-describedby"]
    # What was chosen otherwise is kept on the page, and nothing in the rows.
    assert "checked" in pages.element(answer.text, "input", id="essentiel-ia-text_only")
    assert mine.anew(reader).hidden_rubrics == ""
    assert not reader.text_only


def test_a_form_with_no_box_ticked_is_answered_though_it_comes_empty(
    client: FlaskClient, reader: Subscription
) -> None:
    answer = client.post(f"{mine.lasting(reader)}/newsletters/essentiel-ia/rubrics")
    assert answer.status_code == 422
    assert "at least one rubric" in answer.text
    for way in ("pause", "join", "leave"):
        assert post(client, reader, way) in {303, 422}
    assert client.post(f"{mine.lasting(reader)}/language").status_code == 422


def test_she_pauses_until_a_day_and_can_go_on_before(
    client: FlaskClient, reader: Subscription
) -> None:
    day = preferences.today() + dt.timedelta(days=30)
    assert post(client, reader, "pause", until=day.isoformat()) == 303
    assert preferences.back_on(mine.anew(reader)) == day
    page = client.get(mine.lasting(reader)).text
    assert "Nothing is sent until" in page
    assert post(client, reader, "go-on") == 303
    assert post(client, reader, "go-on") == 303
    assert mine.anew(reader).paused_until is None
    assert acts(reader).count(ConsentAct.CHANGED) == 2


@pytest.mark.parametrize(
    "typed", ["", " ", "soon", "2026-02-30", "0001-01-01", "9999-12-31", "today", "x" * 999]
)
def test_a_day_that_will_not_do_is_said_beside_it_and_kept(
    client: FlaskClient, reader: Subscription, typed: str
) -> None:
    typed = preferences.today().isoformat() if typed == "today" else typed
    path = f"{mine.lasting(reader)}/newsletters/essentiel-ia/pause"
    answer = client.post(path, data={"essentiel-ia-until": typed})
    assert answer.status_code == 422
    control = pages.element(answer.text, "input", id="essentiel-ia-until")
    assert control["value"] == typed.strip()
    assert control["aria-describedby"] == "essentiel-ia-until-fault"
    assert "open" in pages.elements(answer.text, "details")[0]
    assert mine.anew(reader).paused_until is None


def test_her_language_holds_for_pages_and_is_not_taken_when_unknown(
    client: FlaskClient, reader: Subscription
) -> None:
    path = f"{mine.lasting(reader)}/language"
    answer = client.post(path, data={"language": "fr"})
    assert 'lang="fr"' in client.get(answer.location).text
    client.post(path, data={"language": "en"})
    assert mine.anew(reader).subscriber.language == "en"
    for odd in ("de", "", *PAYLOADS[:3]):
        assert client.post(path, data={"language": odd}).status_code == 422
    assert mine.anew(reader).subscriber.language == "en"


def test_she_joins_another_newsletter_without_a_second_confirmation_and_is_told_by_mail(
    client: FlaskClient, reader: Subscription
) -> None:
    people.newsletter("autre")
    path = f"{mine.lasting(reader)}/newsletters/autre/join"
    for _ in range(2):
        assert client.post(path).status_code == 303
    db.session.expire_all()
    (joined,) = [each for each in reader.subscriber.subscriptions if each.id != reader.id]
    assert joined.state is SubscriptionState.CONFIRMED
    assert [each.act for each in joined.consents] == [ConsentAct.ASKED, ConsentAct.CONFIRMED]
    assert joined.consents[0].wording.startswith("I want to receive")
    welcomes = select(Notice).where(Notice.subscription_id == joined.id)
    assert [each.kind for each in db.session.scalars(welcomes)] == [NoticeKind.WELCOME]


def test_who_holds_an_issue_cannot_fill_her_inbox_with_welcomes(
    client: FlaskClient, reader: Subscription
) -> None:
    people.newsletter("autre")
    path = f"{mine.lasting(reader)}/newsletters"
    for _ in range(5):
        assert client.post(f"{path}/autre/join").status_code == 303
        assert client.post(f"{path}/autre/leave").status_code == 303
    welcomes = select(Notice).where(Notice.kind == NoticeKind.WELCOME)
    # The one for the newsletter that she confirmed, and one for the other.
    assert len(db.session.scalars(welcomes).all()) == 2
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=False):
        client.post(f"{path}/autre/join")
    assert len(db.session.scalars(welcomes).all()) == 3


def test_settings_have_a_cap_and_leaving_has_none(limited_app: Flask) -> None:
    hers = mine.lasting(people.confirmed(people.newsletter()))
    client = limited_app.test_client()
    languages = [
        client.post(f"{hers}/language", data={"language": each}).status_code
        for each in ("en", "fr") * 61
    ]
    assert languages == [303] * 120 + [429] * 2
    assert client.post(f"{hers}/keep").status_code == 429
    assert client.post(f"{hers}/newsletters/essentiel-ia/leave").status_code == 303
    link = hers.replace("/mine/", "/unsubscribe/")
    assert client.post(link).status_code == 200
    # Coming back leaves a row as proof each time, and would let her leave with one more.
    assert client.post(link.replace("unsubscribe", "resubscribe")).status_code == 429


@pytest.mark.parametrize("slug", ["content", "language", "you", "address"])
def test_a_newsletter_may_be_called_as_another_part_of_her_page(
    client: FlaskClient, flask_app: Flask, slug: str
) -> None:
    reader = people.confirmed(people.newsletter(slug))
    path = mine.lasting(reader)
    html = client.get(path).text
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    left = client.post(f"{path}/newsletters/{slug}/leave")
    assert left.location.partition("#")[2] in ids


def test_who_joins_again_finds_what_she_answered_and_may_change_it(
    client: FlaskClient, reader: Subscription
) -> None:
    people.asks(people.newsletter("autre"))
    join = f"{mine.lasting(reader)}/newsletters/autre/join"
    given = {f"autre-answer-{name}": value for name, value in people.ANSWERS.items()}
    assert client.post(join, data=given).status_code == 303
    client.post(join.replace("join", "leave"))
    # An issue may have been handed on: only the link to her own address shows what she answered.
    page = client.get(mine.lasting(reader)).text
    assert pages.element(page, "input", name="autre-answer-ville")["value"] == ""
    assert people.ANSWERS["naissance"] not in page
    page = client.get(mine.fresh(reader.subscriber)).text
    assert pages.element(page, "input", name="autre-answer-ville")["value"] == "Lyon"
    assert client.post(join, data={**given, "autre-answer-ville": "Nice"}).status_code == 303
    kept = db.session.scalars(select(Detail.value)).all()
    assert sorted(kept) == sorted({**people.ANSWERS, "ville": "Nice"}.values())


def test_who_has_never_confirmed_joins_nothing_by_a_lasting_link(
    client: FlaskClient, letter: Newsletter
) -> None:
    people.newsletter("autre")
    asked = people.pending(letter, "lea@hebdo.test")
    path = f"{mine.lasting(asked)}/newsletters/autre/join"
    assert client.post(path).status_code == 403
    assert len(mine.anew(asked).subscriber.subscriptions) == 1


def test_an_address_that_must_not_be_mailed_joins_nothing_and_is_told_why(
    client: FlaskClient, reader: Subscription
) -> None:
    subscriptions.end(reader.id, EndReason.COMPLAINT)
    suppressions.suppress(people.ADDRESS, SuppressionReason.COMPLAINT)
    db.session.commit()
    answer = client.post(f"{mine.lasting(reader)}/newsletters/essentiel-ia/join")
    assert answer.status_code == 403
    assert "write to us" in answer.text
    assert mine.anew(reader).state is SubscriptionState.ENDED


def test_who_must_not_be_mailed_is_told_so_and_promised_no_link(
    client: FlaskClient, reader: Subscription
) -> None:
    path = mine.lasting(reader)
    assert "No newsletter can be sent" not in client.get(path).text
    suppressions.suppress(people.ADDRESS, SuppressionReason.OPERATOR)
    db.session.commit()
    assert "No newsletter can be sent" in client.get(path).text
    answer = client.post(f"{path}/link")
    assert answer.status_code == 403
    assert pages.words(answer.text).count("No newsletter can be sent") == 1
    assert links_ordered() == 0


def test_she_leaves_at_once_and_may_come_back_by_the_same_card(
    client: FlaskClient, reader: Subscription
) -> None:
    for _ in range(2):
        assert post(client, reader, "leave") == 303
    assert mine.anew(reader).end_reason is EndReason.UNSUBSCRIBED
    assert acts(reader).count(ConsentAct.ENDED) == 1
    assert post(client, reader, "rubrics", rubrics=ANCHORS) == 404
    assert post(client, reader, "join") == 303
    assert mine.anew(reader).state is SubscriptionState.CONFIRMED


def test_who_asks_anew_after_leaving_is_not_held_by_an_old_pause(reader: Subscription) -> None:
    preferences.pause(reader, preferences.today() + dt.timedelta(days=300), preferences.Proof())
    subscriptions.end(reader.id, EndReason.UNSUBSCRIBED)
    people.confirmed(reader.newsletter)
    assert mine.anew(reader).paused_until is None


def test_the_page_tells_why_she_receives_it_word_for_word(
    client: FlaskClient, reader: Subscription
) -> None:
    page = pages.words(client.get(mine.lasting(reader)).text)
    for said in (people.WORDING, "/essentiel-ia", "you asked for it", "you confirmed it"):
        assert said in page


def test_from_which_network_she_asked_is_shown_to_herself_alone(
    client: FlaskClient, reader: Subscription
) -> None:
    reader.consents[0].network = "198.51.100.0/24"
    db.session.commit()
    assert "198.51.100.0" not in client.get(mine.lasting(reader)).text
    assert "198.51.100.0/24" in client.get(mine.fresh(reader.subscriber)).text


def test_one_readers_token_sets_nothing_of_another(
    client: FlaskClient, reader: Subscription
) -> None:
    other = people.confirmed(reader.newsletter, "max@hebdo.test")
    mac = mine.lasting(reader).partition("-")[2]
    assert client.post(f"/mine/{other.id}-{mac}/newsletters/essentiel-ia/leave").status_code == 404
    assert mine.anew(other).state is SubscriptionState.CONFIRMED


def test_twenty_who_ask_at_once_make_one_mail(limited_app: Flask) -> None:
    reader = people.confirmed(mine.with_rubrics(people.newsletter()))
    client = limited_app.test_client()
    fields = {**pages.hidden(client.get("/mine").text), "address": people.ADDRESS}
    statuses = [client.post("/mine", data=fields).status_code for _ in range(21)]
    assert statuses == [303] * 20 + [429]
    assert links_ordered() == 1
    assert own_pages.nearest(reader.subscriber) is not None
