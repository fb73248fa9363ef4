"""A send honours what each reader wishes: some rubrics, text alone, a pause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select, update

from app.core import clock
from app.extensions import db
from app.models import Delivery, DeliveryState, Subscription
from emails import compose
from tests import rows, sends
from tests.conftest import use_relay
from tests.emails.samples import ISSUE
from tests.relay import StoryRelay

ANCHORS = [rubric.anchor for rubric in ISSUE.rubrics if rubric.kind != "sponsored"]


def wish(reader: int, **wishes: object) -> None:
    """The n-th reader's own settings, as the page leaves them."""
    ids = db.session.scalars(select(Subscription.id).order_by(Subscription.id)).all()
    db.session.execute(
        update(Subscription).where(Subscription.id == ids[reader - 1]).values(wishes)
    )
    db.session.commit()


def test_each_reader_gets_the_copy_she_wishes_for(flask_app: Flask) -> None:
    edition_id = rows.send_to(4)
    wish(2, hidden_rubrics=" ".join(ANCHORS[:2]))
    wish(3, text_only=True)
    wish(4, text_only=True, hidden_rubrics=f"{ANCHORS[0]} partenaire gone-by-now")
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send(edition_id)
    copies = {each.rcpt_to: compose.read(each.data) for each in relay.received}
    plain, some, text, both = (copies[f"reader-{n}@readers.invalid"] for n in range(1, 5))
    for anchor in ANCHORS:
        assert f'id="{anchor}"' in plain.html
        assert (f'id="{anchor}"' in some.html) is (anchor not in ANCHORS[:2])
    assert (text.html, both.html) == ("", "")
    assert "À LA UNE" in text.text
    assert "À LA UNE" not in both.text
    # What pays for the rest cannot be hidden, whatever the row says.
    assert "AVEC NOTRE PARTENAIRE" in both.text
    assert dict(both.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_reader_who_hid_all_there_is_is_skipped_and_the_ledger_says_why(flask_app: Flask) -> None:
    edition_id = rows.send_to(12)
    for reader in range(1, 12):
        wish(reader, hidden_rubrics=" ".join(ANCHORS))
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send(edition_id)
    assert relay.recipients == ["reader-12@readers.invalid"]
    found = sends.progress(edition_id)
    assert (found.planned, found.accepted, found.skipped) == (12, 1, 11)
    answers = set(
        db.session.scalars(select(Delivery.answer).where(Delivery.state == DeliveryState.SKIPPED))
    )
    assert answers == {"she has hidden all rubrics of this issue"}


def test_who_pauses_gets_nothing_until_her_day_and_then_again_by_herself(
    flask_app: Flask, move_clock: Callable[[dt.timedelta], None]
) -> None:
    edition_id = rows.send_to(2)
    wish(1, paused_until=clock.now() + dt.timedelta(days=7))
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send(edition_id)
        assert relay.recipients == ["reader-2@readers.invalid"]
        move_clock(dt.timedelta(days=7, minutes=1))
        letter = db.session.get_one(Subscription, 1).newsletter
        sends.send(rows.ordered(letter, 13).id)
    assert sorted(relay.recipients[1:]) == ["reader-1@readers.invalid", "reader-2@readers.invalid"]
