"""What a fresh link opens: another address, everything that is held, erasure."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import address_changes, clock, suppressions
from app.extensions import db, links
from app.models import (
    AddressChange,
    ConsentAct,
    Newsletter,
    Notice,
    NoticeKind,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from emails import compose
from tasks import notices
from tests import pages, people
from tests.conftest import use_relay
from tests.reader import mine
from tests.relay import StoryRelay

NEW = "marie@ailleurs.test"


@pytest.fixture
def reader(flask_app: Flask) -> Subscription:
    return people.confirmed(people.newsletter())


def ask(client: FlaskClient, reader: Subscription, address: str) -> tuple[int, str]:
    path = mine.fresh(reader.subscriber)
    answer = client.post(f"{path}/address", data={"address": address})
    if answer.status_code != 303:
        return answer.status_code, answer.text
    return answer.status_code, answer.location.partition("?")[2]


def owed() -> dict[NoticeKind, str]:
    """Who is to get which of the mails about an address."""
    db.session.rollback()
    return {
        each.kind: each.address
        for each in db.session.scalars(select(Notice))
        if each.kind.value.startswith("address")
    }


def change() -> AddressChange:
    db.session.rollback()
    return db.session.scalars(select(AddressChange).order_by(AddressChange.id.desc())).all()[0]


def confirm_path() -> str:
    return links().new_address(change().id).removeprefix(links().url(""))


def stay_path() -> str:
    return links().old_address(change().id).removeprefix(links().url(""))


def test_a_new_address_is_hers_once_it_has_confirmed_and_both_are_told(
    client: FlaskClient, reader: Subscription
) -> None:
    assert ask(client, reader, NEW) == (303, "said=address")
    assert owed() == {
        NoticeKind.ADDRESS_CONFIRMATION: NEW,
        NoticeKind.ADDRESS_CHANGING: people.ADDRESS,
    }
    path = confirm_path()
    for method in ("GET", "HEAD"):
        client.open(path, method=method)
    assert mine.anew(reader).subscriber.address == people.ADDRESS
    for _ in range(2):
        assert "Mail comes here from now on" in client.post(path).text
    assert mine.anew(reader).subscriber.address == NEW
    assert [each.act for each in reader.consents].count(ConsentAct.CHANGED) == 1


def test_whether_an_address_is_free_taken_or_suppressed_the_page_says_the_same(
    client: FlaskClient, reader: Subscription
) -> None:
    people.confirmed(reader.newsletter, "max@hebdo.test")
    suppressions.suppress("gone@hebdo.test", SuppressionReason.ERASED)
    db.session.commit()
    for address in ("gone@hebdo.test", "max@hebdo.test", NEW):
        assert ask(client, reader, address) == (303, "said=address")
    assert owed() == {
        NoticeKind.ADDRESS_TAKEN: "max@hebdo.test",
        NoticeKind.ADDRESS_CONFIRMATION: NEW,
        NoticeKind.ADDRESS_CHANGING: people.ADDRESS,
    }
    assert "gone@hebdo.test" not in db.session.scalars(select(AddressChange.address)).all()


@pytest.mark.parametrize("other", ["free", "taken", "suppressed"])
def test_whoever_may_move_learns_nothing_of_another_address_by_trying(
    client: FlaskClient, reader: Subscription, other: str
) -> None:
    """Not by her mail, nor by what is told of her, nor by how often she may try, nor by older wishes."""
    address = f"{other}@hebdo.test"
    people.confirmed(reader.newsletter, "taken@hebdo.test")
    suppressions.suppress("suppressed@hebdo.test", SuppressionReason.ERASED)
    db.session.commit()
    ask(client, reader, NEW)
    first = confirm_path()
    for _ in range(2):
        assert ask(client, reader, address) == (303, "said=address")
    assert "was stopped" in client.post(first).text
    mailed = ["confirmation", "welcome", "address_changing", "address_changing"]
    to_her = select(Notice.kind).where(Notice.address == people.ADDRESS).order_by(Notice.id)
    assert db.session.scalars(to_her).all() == mailed
    told = client.get(f"{mine.fresh(reader.subscriber)}/everything.json").text
    assert address not in told
    known = json.loads(told)
    assert [each["address"] for each in known["address_change"]] == ["", ""]
    assert [each["kind"] for each in known["notice"]] == mailed
    ask(client, reader, "three@ailleurs.test")
    assert ask(client, reader, "four@ailleurs.test")[0] == 422


@pytest.mark.parametrize(
    "typed", ["", "  ", "marie", "x" * 300 + "@a.test", people.ADDRESS.upper()]
)
def test_an_address_that_will_not_do_is_said_beside_it_and_kept(
    client: FlaskClient, reader: Subscription, typed: str
) -> None:
    status, page = ask(client, reader, typed)
    assert status == 422
    control = pages.element(page, "input", id="address")
    assert control["value"] == typed.strip()
    assert control["aria-describedby"] == "address-hint address-fault"
    assert owed() == {}


def test_the_old_address_stops_it_before(client: FlaskClient, reader: Subscription) -> None:
    ask(client, reader, NEW)
    client.get(stay_path())
    for _ in range(2):
        assert "Your address stays" in client.post(stay_path()).text
    assert "was stopped" in client.post(confirm_path()).text
    assert mine.anew(reader).subscriber.address == people.ADDRESS


def test_the_old_address_takes_it_back_within_a_week_and_not_later(
    client: FlaskClient, reader: Subscription
) -> None:
    ask(client, reader, NEW)
    client.post(confirm_path())
    with time_machine.travel(clock.now() + dt.timedelta(days=6), tick=False):
        assert "Your address stays" in client.post(stay_path()).text
    assert mine.anew(reader).subscriber.address == people.ADDRESS
    with time_machine.travel(clock.now() + dt.timedelta(days=8), tick=False):
        assert "too old" in client.post(stay_path()).text


def test_after_a_day_the_new_address_can_confirm_no_more(
    client: FlaskClient, reader: Subscription
) -> None:
    ask(client, reader, NEW)
    with time_machine.travel(clock.now() + dt.timedelta(hours=25), tick=False):
        assert "too old" in client.get(confirm_path()).text
        assert "too old" in client.post(confirm_path()).text
    assert mine.anew(reader).subscriber.address == people.ADDRESS


def test_an_address_that_became_somebodys_meanwhile_is_left_to_her(
    client: FlaskClient, reader: Subscription
) -> None:
    ask(client, reader, NEW)
    people.confirmed(reader.newsletter, NEW)
    assert "subscribed already" in client.post(confirm_path()).text
    assert mine.anew(reader).subscriber.address == people.ADDRESS


def test_a_newer_wish_replaces_the_one_before_and_three_a_day_are_enough(
    client: FlaskClient, reader: Subscription
) -> None:
    ask(client, reader, "one@ailleurs.test")
    first = confirm_path()
    ask(client, reader, "two@ailleurs.test")
    assert "was stopped" in client.post(first).text
    ask(client, reader, "three@ailleurs.test")
    status, page = ask(client, reader, "four@ailleurs.test")
    assert status == 422
    assert "three times today" in page


def test_no_spelling_of_an_address_is_mailed_twice_a_day(
    client: FlaskClient, reader: Subscription
) -> None:
    others = [people.confirmed(reader.newsletter, f"reader-{n}@hebdo.test") for n in range(2)]
    for who, spelt in zip((reader, *others), (NEW, NEW.upper(), NEW.title()), strict=True):
        assert ask(client, who, spelt) == (303, "said=address")
    db.session.rollback()
    asking = select(Notice.address).where(Notice.kind == NoticeKind.ADDRESS_CONFIRMATION)
    assert db.session.scalars(asking).all() == [NEW]


@pytest.mark.parametrize("way", ["address", "stay"])
@pytest.mark.parametrize("token", ["x", "1.2.3", "1-x"])
def test_a_forged_link_moves_nothing(
    client: FlaskClient, reader: Subscription, way: str, token: str
) -> None:
    ask(client, reader, NEW)
    for method in ("GET", "POST"):
        assert client.open(f"/mine/{way}/{token}", method=method).status_code == 404
    crossed = (stay_path() if way == "address" else confirm_path()).rpartition("/")[2]
    assert client.post(f"/mine/{way}/{crossed}").status_code == 404
    assert mine.anew(reader).subscriber.address == people.ADDRESS


@pytest.mark.parametrize("way", ["address", "erase", "everything.json", "everything.csv"])
def test_the_link_of_an_issue_opens_none_of_it(
    client: FlaskClient, reader: Subscription, way: str
) -> None:
    method = "POST" if way in {"address", "erase"} else "GET"
    answer = client.open(f"{mine.lasting(reader)}/{way}", method=method, data={"address": NEW})
    assert answer.status_code == 403
    assert people.ADDRESS not in answer.text
    assert db.session.scalars(select(Subscriber)).one()


def test_export_then_erase_then_export_says_that_nothing_is_known(
    client: FlaskClient, reader: Subscription
) -> None:
    path = mine.fresh(reader.subscriber)
    before = client.get(f"{path}/everything.json")
    assert before.mimetype == "application/json"
    assert "attachment" in before.headers["Content-Disposition"]
    assert before.headers["Cache-Control"] == "no-store"
    assert json.loads(before.text)["subscriber"][0]["address"] == people.ADDRESS
    assert people.ADDRESS in client.get(f"{path}/everything.csv").text
    page = client.get(f"{path}/erase").text
    assert "keyed hash" in page
    assert db.session.scalars(select(Subscriber)).one()
    assert "You are erased" in client.post(f"{path}/erase").text
    after = client.get(f"{path}/everything.json")
    assert after.status_code == 200
    assert json.loads(after.text)["known"] is False
    assert set(json.loads(after.text)) == {"made_at", "known"}
    assert people.ADDRESS not in client.get(f"{path}/everything.csv").text
    for again in ("GET", "POST"):
        assert "Nothing is kept about you" in client.open(f"{path}/erase", method=again).text


@pytest.mark.parametrize(
    ("path", "status"), [("", 410), ("/everything.json", 403), ("/everything.csv", 403)]
)
def test_a_link_to_the_address_she_has_left_says_so_and_never_that_nothing_is_held(
    client: FlaskClient, reader: Subscription, path: str, status: int
) -> None:
    before = mine.fresh(reader.subscriber)
    client.post(mine.moving(reader)[0])
    answer = client.get(f"{before}{path}?lang=en")
    assert answer.status_code == status
    assert "has changed since" in answer.text
    assert client.get(f"{mine.fresh(mine.anew(reader).subscriber)}{path}").status_code == 200


def test_the_mails_lead_to_where_they_say(flask_app: Flask, reader: Subscription) -> None:
    other = people.confirmed(reader.newsletter, "max@hebdo.test")
    client = flask_app.test_client()
    client.post(f"{mine.lasting(reader)}/link")
    address_changes.ask(reader.subscriber, NEW)
    address_changes.ask(other.subscriber, people.ADDRESS)
    db.session.commit()
    ids = db.session.scalars(select(Notice.id).order_by(Notice.id)).all()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice_id in ids:
            notices.post(notice_id)
    found = {
        (mail.rcpt_to, path.split("/")[2] if path.count("/") > 2 else "page"): path
        for mail in relay.received
        for path in _paths(compose.read(mail.data).text)
    }
    kinds = {key for key in found if key[1] in {"address", "stay"} or "." in found[key]}
    assert {(NEW, "address"), (people.ADDRESS, "stay"), (people.ADDRESS, "page")} <= kinds
    for path in found.values():
        assert client.get(path).status_code == 200


def _paths(text: str) -> list[str]:
    start = links().url("/mine/")
    return [word.removeprefix(links().url("")) for word in text.split() if word.startswith(start)]


def test_a_stopped_change_mails_nobody_who_has_not_had_it_yet(
    flask_app: Flask, reader: Subscription
) -> None:
    letter: Newsletter = reader.newsletter
    assert letter.id
    asked = address_changes.ask(reader.subscriber, NEW)
    db.session.commit()
    address_changes.stop(change().id, address_changes.Proof())
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice in asked:
            notices.post(notice.id)
    assert relay.received == []
