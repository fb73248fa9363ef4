"""A reader with letters beyond ASCII before the @: taken when the relay takes her, and really mailed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import address_changes, addresses, comments, relays, subscriptions
from app.core.address_changes import Step
from app.core.consents import Proof
from app.core.errors import Invalid
from app.extensions import db
from app.models import AddressChange, Delivery, DeliveryState, Notice, NoticeState, Subscriber
from emails import compose
from tasks import issues
from tasks import notices as posting
from tests import pages, people, rows, talks
from tests.conftest import use_relay
from tests.reader.conftest import Visitor
from tests.relay import StoryRelay
from tests.sends import send_on, state

JEROME = "jérôme@exemple.test"
UTF8 = ["BODY=8BITMIME", "SMTPUTF8"]
PAGE = "/newsletters/essentiel-ia"


def note(takes: bool) -> None:
    relays.note(takes)
    db.session.commit()


def written(typed: str) -> str:
    return addresses.read(typed).written


def test_an_address_with_accents_is_written_composed_and_in_lower_case(flask_app: Flask) -> None:
    with pytest.raises(Invalid, match="sans accent"):
        written(JEROME)
    note(True)
    assert written(" Je\u0301rôme@Exemple.test\u200b") == JEROME
    assert written("jérôme@Évian.test") == "jérôme@xn--vian-9oa.test"
    with pytest.raises(Invalid, match="sans accent"):
        addresses.read(JEROME, is_ours=True)
    for odd in ("é" * 33 + "@exemple.test", "jé rôme@exemple.test", '"jé"@exemple.test', "é@"):
        with pytest.raises(Invalid):
            written(odd)
    note(False)
    with pytest.raises(Invalid, match="sans accent"):
        written(JEROME)


def test_what_is_no_news_of_the_relay_writes_nothing(flask_app: Flask) -> None:
    assert [relays.note(takes) for takes in (False, True, True, False)] == [
        False,
        True,
        False,
        True,
    ]


def test_from_the_sign_up_on_every_mail_of_his_goes_out_as_smtputf8(flask_app: Flask) -> None:
    flask_app.test_client_class = Visitor
    client = flask_app.test_client()
    people.pending(people.newsletter())
    typed = {"newsletter": "essentiel-ia", "address": JEROME, "consent": "y"}
    refused = pages.submit(client, PAGE, "/subscribe", typed)
    assert "accents before the @" in pages.words(refused.text)
    assert pages.element(refused.text, "input", name="address")["value"] == JEROME
    with StoryRelay(accents=True) as relay:
        use_relay(flask_app, relay.relay)
        # Anybody's notice is enough to learn what the relay takes.
        posting.post(db.session.scalars(select(Notice.id)).one())
        assert pages.element(client.get(PAGE).text, "input", name="address")["type"] == "text"
        assert pages.submit(client, PAGE, "/subscribe", typed).status_code == 303
        db.session.rollback()
        number = db.session.scalars(select(Notice.id).where(Notice.address == JEROME)).one()
        assert posting.post(number)
    assert relay.recipients == [people.ADDRESS, JEROME]
    assert relay.options == [[], UTF8]
    assert f"To: {JEROME}\r\n".encode() in relay.received[1].data
    assert "/confirm/" in compose.read(relay.received[1].data).text


def test_an_issue_reaches_him_among_the_others(flask_app: Flask) -> None:
    edition_id = sent_to_jerome(flask_app, StoryRelay(accents=True), [[], [], UTF8])
    assert {each.state for each in ledger(edition_id)} == {DeliveryState.ACCEPTED}


def test_of_a_relay_that_takes_him_no_more_he_is_told_and_nobody_is_in_doubt(
    flask_app: Flask,
) -> None:
    edition_id = sent_to_jerome(flask_app, StoryRelay(), [[], []])
    (refused,) = [each for each in ledger(edition_id) if each.state is DeliveryState.REFUSED]
    assert "SMTPUTF8" in refused.answer
    assert len(ledger(edition_id)) == 3
    his = db.session.scalars(select(Subscriber).where(Subscriber.address == JEROME)).one()
    assert refused.subscriber_id == his.id


def test_a_notice_to_a_relay_that_takes_him_no_more_is_refused_and_the_fact_is_learned(
    flask_app: Flask,
) -> None:
    note(True)
    people.pending(people.newsletter(), JEROME)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(db.session.scalars(select(Notice.id)).one())
    assert relay.attempts == []
    db.session.expire_all()
    row = db.session.scalars(select(Notice)).one()
    assert row.state is NoticeState.REFUSED
    assert "SMTPUTF8" in row.answer
    assert not relays.takes_accents()


def sent_to_jerome(flask_app: Flask, story: StoryRelay, options: list[list[str]]) -> int:
    """Send an issue to two readers and to him."""
    note(True)
    letter = rows.newsletter()
    rows.readers(letter, 2)
    found = subscriptions.sign_up(letter, JEROME, "Jérôme", wording="x", source="x").subscription
    assert found is not None
    subscriptions.confirm(found.id)
    edition_id = rows.ordered(letter).id
    db.session.commit()
    issues.press(edition_id)
    with story as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send_on()
    assert relay.options == options
    assert state(edition_id).value == "sent"
    for each in relay.received:
        read = compose.read(each.data)
        assert each.rcpt_to in dict(read.headers)["To"]
    return edition_id


def ledger(edition_id: int) -> list[Delivery]:
    db.session.expire_all()
    return list(db.session.scalars(select(Delivery).where(Delivery.edition_id == edition_id)))


def test_a_change_away_from_such_an_address_can_be_taken_back_whatever_the_relay_takes_by_then(
    flask_app: Flask,
) -> None:
    note(True)
    jerome = people.confirmed(people.newsletter(), JEROME).subscriber
    address_changes.ask(jerome, "mallory@exemple.test")
    change = db.session.scalars(select(AddressChange)).one()
    assert address_changes.confirm(change.id, Proof("Yes", "/mine")) is Step.DONE
    note(False)
    assert address_changes.stop(change.id, Proof("No", "/mine")) is Step.STOPPED
    assert (jerome.address, jerome.address_key) == (JEROME, JEROME)


def test_who_came_by_his_mail_can_comment_whatever_the_relay_takes_by_then(
    flask_app: Flask,
) -> None:
    note(True)
    of = people.newsletter()
    jerome = people.confirmed(of, JEROME)
    under = talks.issue(of)
    note(False)
    made = comments.post(under, comments.Words("Jérôme", "", "Merci !", "form"), jerome)
    assert made.address == JEROME
