"""Two at the same people in the same moment: an import, and a sign-up, a leaving or another import."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import enrolments, subscriptions
from app.core.enrolments import ImportOutcome, ImportRow
from app.extensions import db
from app.models import EndReason, Newsletter, Subscriber, Subscription, SubscriptionState
from tests import people
from tests.core.test_comments import waits
from tests.service import wait_for

CONSENTED = dt.datetime(2025, 3, 1, 8, 30, tzinfo=dt.UTC)

ADDRESSES = [f"reader-{n}@hebdo.test" for n in range(5)]
HERS = ADDRESSES[2]

ADDED, ALREADY, LEFT = ImportOutcome.ADDED, ImportOutcome.ALREADY, ImportOutcome.LEFT


def bring(newsletter_id: int, addresses: list[str]) -> list[ImportOutcome]:
    letter = db.session.get_one(Newsletter, newsletter_id)
    given = {"ville": "Lyon"}
    rows = [ImportRow(n, each, "Léa", answers=given) for n, each in enumerate(addresses, start=2)]
    lines = list(enrolments.import_confirmed(rows, letter, "salon.csv", CONSENTED))
    assert [each.line for each in lines] == [each.line for each in rows]
    return [each.outcome for each in lines]


def beside(
    flask_app: Flask, first: Callable[[], object], newsletter_id: int
) -> list[ImportOutcome]:
    """What an import says that looked before `first` was committed, and writes after it was."""
    said: list[ImportOutcome] = []

    def import_() -> None:
        with flask_app.app_context():
            try:
                said.extend(bring(newsletter_id, ADDRESSES))
                db.session.commit()
            finally:
                db.session.remove()

    first()
    db.session.flush()
    other = threading.Thread(target=import_)
    other.start()
    if db.engine.dialect.name == "postgresql":
        wait_for(lambda: waits(flask_app), what="the import's waiting")
    db.session.commit()
    other.join(60)
    return said


@pytest.fixture(params=["asks nothing", "asks for her town"])
def newsletter_id(flask_app: Flask, request: pytest.FixtureRequest) -> int:
    """Answers are written row by row, people without any in one statement."""
    made = people.newsletter()
    if request.param == "asks for her town":
        people.asks(made)
    return made.id


def standing() -> dict[str, SubscriptionState]:
    found = db.session.execute(select(Subscriber.address, Subscription.state).join(Subscription))
    return {address: state for address, state in found}  # noqa: C416 - rows are no pairs to mypy


def test_who_signs_up_while_an_import_brings_her_is_in_once_and_so_are_the_others(
    flask_app: Flask, newsletter_id: int
) -> None:
    letter = db.session.get_one(Newsletter, newsletter_id)
    # Known from another newsletter: she must not be subscribed twice by the second try.
    people.confirmed(people.newsletter("autre"), ADDRESSES[0])
    said = beside(flask_app, lambda: subscriptions.sign_up(letter, HERS, "Marie"), newsletter_id)
    assert said == [ADDED] * 5
    confirmed = select(Subscription).where(Subscription.newsletter_id == newsletter_id)
    found = db.session.scalars(confirmed).all()
    assert sorted(each.subscriber.address for each in found) == ADDRESSES
    assert {each.state for each in found} == {SubscriptionState.CONFIRMED}
    (hers,) = [each for each in found if each.subscriber.address == HERS]
    assert [str(each.act) for each in hers.consents] == ["asked", "imported"]


def test_a_reader_elsewhere_who_signs_up_while_an_import_brings_her_is_in_once(
    flask_app: Flask, newsletter_id: int
) -> None:
    letter = db.session.get_one(Newsletter, newsletter_id)
    people.confirmed(people.newsletter("autre"), HERS)
    said = beside(flask_app, lambda: subscriptions.sign_up(letter, HERS), newsletter_id)
    assert said == [ADDED] * 5
    hers = select(Subscription).join(Subscriber).where(Subscriber.address == HERS)
    mine = hers.where(Subscription.newsletter_id == newsletter_id)
    assert db.session.scalars(mine).one().state is SubscriptionState.CONFIRMED


def test_two_imports_at_once_in_whatever_order_bring_each_in_once(
    flask_app: Flask, newsletter_id: int
) -> None:
    said = beside(flask_app, lambda: bring(newsletter_id, ADDRESSES[:0:-1]), newsletter_id)
    assert said == [ADDED, ALREADY, ALREADY, ALREADY, ALREADY]
    assert standing() == dict.fromkeys(ADDRESSES, SubscriptionState.CONFIRMED)


def test_who_leaves_while_an_import_would_confirm_her_has_left(
    flask_app: Flask, newsletter_id: int
) -> None:
    letter = db.session.get_one(Newsletter, newsletter_id)
    hers = people.pending(letter, HERS).id
    said = beside(flask_app, lambda: subscriptions.end(hers, EndReason.UNSUBSCRIBED), newsletter_id)
    assert said == [ADDED, ADDED, LEFT, ADDED, ADDED]
    assert standing()[HERS] is SubscriptionState.ENDED
