"""An erasure while her mail is under way: what the relay says of it afterwards names nobody."""

from __future__ import annotations

import threading
import time

from flask import Flask
from sqlalchemy import select

from app.core import erasures, own_pages, subscribers
from app.extensions import db
from app.models import Delivery, DeliveryState, Notice, NoticeState, Subscriber
from emails import answers
from emails.answers import Phase
from tasks import issues
from tasks import notices as posting
from tests import people, rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import send_on

READER = "reader-1@readers.invalid"


def asked(relay: StoryRelay, address: str) -> None:
    until = time.monotonic() + 20
    while address not in relay.attempts:
        assert time.monotonic() < until, "the copy never set out"
        threading.Event().wait(0.01)


def erase_during(flask_app: Flask, address: str, errand: object) -> None:
    """Erase her once her mail is with the relay, whose last word on it comes after."""
    assert callable(errand)
    said = threading.Event()
    with StoryRelay(held={address: said}, by_policy={address}) as relay:
        use_relay(flask_app, relay.relay)

        def run() -> None:
            with flask_app.app_context():
                errand()

        worker = threading.Thread(target=run)
        worker.start()
        asked(relay, address)
        her = subscribers.find(address)
        assert her is not None
        erasures.erase(her)
        db.session.commit()
        said.set()
        worker.join(30)
    assert not worker.is_alive()
    db.session.expire_all()


def test_the_ledger_keeps_the_code_and_no_address(flask_app: Flask) -> None:
    edition_id = rows.send_to(2)
    issues.press(edition_id)
    db.session.rollback()
    erase_during(flask_app, READER, send_on)
    refused = select(Delivery).where(Delivery.state == DeliveryState.REFUSED)
    row = db.session.scalars(refused).one()
    assert (row.code, row.enhanced) == (554, "5.7.1")
    assert "Refused by policy" in row.answer
    assert READER not in row.answer
    assert len(db.session.scalars(select(Subscriber)).all()) == 1


def test_the_notice_keeps_no_address_either(flask_app: Flask) -> None:
    subscription = people.confirmed(people.newsletter())
    owed = own_pages.send_link(subscription.subscriber)
    assert owed is not None
    number = owed.id
    db.session.commit()
    erase_during(flask_app, people.ADDRESS, lambda: posting.post(number))
    for notice in db.session.scalars(select(Notice)):
        assert people.ADDRESS not in f"{notice.address} {notice.answer}"
        assert notice.state is not NoticeState.WAITING


def test_an_answer_is_kept_without_the_address_it_repeats() -> None:
    def kept(text: str) -> str:
        return answers.unnamed(
            answers.read(Phase.RCPT, 550, text.encode()), "Marie.b@hebdo.test"
        ).text

    assert kept("5.1.1 <MARIE.B@hebdo.test>: no such user") == "5.1.1 <[…]>: no such user"
    assert kept("5.1.1 <marie.b> unknown at hebdo.test") == "5.1.1 <[…]> unknown at hebdo.test"
    assert kept("5.1.1 No such user") == "5.1.1 No such user"
    assert kept("5.1.1 <mariexb@hebdo.test> unknown") == "5.1.1 <mariexb@hebdo.test> unknown"
    for length in range(answers.SHOWN - 30, answers.SHOWN + 1):
        long = "5.1.1 ".ljust(length - 1, "x") + " marie.b@hebdo.test is unknown"
        assert "marie" not in kept(long)
        assert kept(long).startswith("5.1.1 x")
