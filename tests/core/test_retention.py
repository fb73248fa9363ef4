"""Who did nothing herself for three years is forgotten, barred by nothing; who did anything stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import (
    address_changes,
    preferences,
    retention,
    subscribers,
    subscriptions,
    suppressions,
)
from app.core.consents import Proof
from app.extensions import db
from app.models import (
    EndReason,
    Newsletter,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests import pages, people, talks
from tests.reader import mine
from tests.reader.conftest import Visitor
from tests.talks import Clock
from tests.test_cli import Run, ok, run

__all__ = ["run"]

SILENCE = dt.timedelta(days=3 * 366)
NOBODY = {"pending": 0, "confirmed": 0, "ended": 0, "none": 0}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return mine.with_rubrics(people.newsletter())


def counts() -> dict[str, int]:
    db.session.rollback()
    return retention.counts(retention.before(3))


def forget() -> int:
    count = retention.forget(retention.before(3))
    db.session.commit()
    return count


def chooses(hers: Subscription) -> None:
    preferences.choose(hers, ["a-la-une"], text_only=True, proof=Proof())


def pauses(hers: Subscription) -> None:
    preferences.pause(hers, preferences.today() + dt.timedelta(days=3), Proof())


def moves(hers: Subscription) -> None:
    address_changes.ask(hers.subscriber, "ailleurs@hebdo.test")


def leaves(hers: Subscription) -> None:
    subscriptions.end(hers.id, EndReason.UNSUBSCRIBED)


def asks_again(hers: Subscription) -> None:
    people.pending(people.newsletter("autre"))


def speaks(hers: Subscription) -> None:
    preferences.speak(hers.subscriber, "en", Proof())


def stays(hers: Subscription) -> None:
    retention.keep(hers.subscriber, Proof("Keep me"))


def comments(hers: Subscription) -> None:
    talks.said(talks.issue(hers.newsletter), address=people.ADDRESS)


def bounces(hers: Subscription) -> None:
    subscriptions.end(hers.id, EndReason.BOUNCED)


def test_who_is_silent_for_three_years_is_forgotten_and_may_come_again(
    letter: Newsletter, move_clock: Clock
) -> None:
    people.confirmed(letter)
    move_clock(SILENCE - dt.timedelta(days=10))
    assert counts() == NOBODY
    assert forget() == 0
    move_clock(dt.timedelta(days=10))
    people.confirmed(letter, "nouvelle@hebdo.test")
    assert counts() == {**NOBODY, "confirmed": 1}
    assert forget() == 1
    assert counts() == NOBODY
    assert db.session.scalars(select(Subscriber.address)).all() == ["nouvelle@hebdo.test"]
    assert suppressions.find(people.ADDRESS) is None
    assert people.confirmed(letter).state is SubscriptionState.CONFIRMED


@pytest.mark.parametrize(
    "act", [chooses, pauses, speaks, moves, leaves, asks_again, stays, comments]
)
def test_who_did_anything_herself_stays(
    letter: Newsletter, move_clock: Clock, act: Callable[[Subscription], None]
) -> None:
    hers = people.confirmed(letter)
    move_clock(dt.timedelta(days=300))
    act(hers)
    db.session.commit()
    move_clock(SILENCE - dt.timedelta(days=200))
    assert forget() == 0
    move_clock(dt.timedelta(days=300))
    assert forget() == 1


def test_what_others_did_is_no_act_of_hers_and_a_bar_outlives_her(
    letter: Newsletter, move_clock: Clock
) -> None:
    hers = people.confirmed(letter)
    move_clock(SILENCE - dt.timedelta(days=1))
    bounces(hers)
    suppressions.suppress(people.ADDRESS, SuppressionReason.BOUNCE)
    db.session.commit()
    move_clock(dt.timedelta(days=2))
    assert counts() == {**NOBODY, "ended": 1}
    assert forget() == 1
    assert suppressions.find(people.ADDRESS) is not None


def test_her_page_asks_after_a_year_and_one_press_keeps_her(
    flask_app: Flask, letter: Newsletter, move_clock: Clock
) -> None:
    flask_app.test_client_class = Visitor
    client = flask_app.test_client()
    hers = people.confirmed(letter)
    path = mine.lasting(hers)
    assert "We last heard from you" not in client.get(path).text
    move_clock(dt.timedelta(days=366))
    page = client.get(path).text
    assert "We last heard from you" in pages.words(page)
    assert pages.element(page, "form", action=f"{path}/keep")
    answer = client.post(f"{path}/keep")
    page = client.get(answer.location).text
    assert "You stay." in pages.words(page)
    assert "We last heard from you" not in page
    assert mine.anew(hers).consents[-1].wording == "Keep me"
    before = len(hers.consents)
    assert client.post(f"{path}/keep").status_code == 303
    assert len(mine.anew(hers).consents) == before
    move_clock(dt.timedelta(days=2))
    client.post(f"{path}/keep")
    assert len(mine.anew(hers).consents) == before + 1


def test_the_command_tells_first_and_forgets_without_a_dry_run(run: Run, move_clock: Clock) -> None:
    people.confirmed(people.newsletter())
    move_clock(SILENCE)
    told = ok(run("subscribers", "stale", "--dry-run")).output
    assert "Nothing was erased" in told
    db.session.rollback()
    assert subscribers.find(people.ADDRESS) is not None
    db.session.rollback()
    assert "1 person is forgotten" in ok(run("subscribers", "stale", "--years", "3")).output
    db.session.rollback()
    assert subscribers.find(people.ADDRESS) is None
