"""Sign-ups that nobody confirmed: one reminder where the newsletter says so, then nothing is left."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import (
    clock,
    confirmations,
    enrolments,
    own_pages,
    subscriptions,
    suppressions,
    unconfirmed,
)
from app.core.enrolments import ImportOutcome, ImportRow
from app.core.unconfirmed import KEPT, REMIND_AFTER
from app.extensions import db
from app.models import (
    Base,
    EndReason,
    Newsletter,
    Notice,
    NoticeKind,
    NoticeState,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tasks import lookout, notices
from tests import people
from tests.conftest import use_relay
from tests.relay import StoryRelay

Move = Callable[[dt.timedelta], None]

MOMENT = dt.timedelta(minutes=1)


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    made.reminds = True
    db.session.commit()
    return made


def kinds() -> list[NoticeKind]:
    return list(db.session.scalars(select(Notice.kind).order_by(Notice.id)))


def mailed() -> None:
    """The relay took what was owed."""
    for notice in db.session.scalars(select(Notice)):
        notice.state = NoticeState.ACCEPTED
    db.session.commit()


def rows(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def remind() -> int:
    count = len(unconfirmed.remind())
    db.session.commit()
    return count


def test_who_did_not_confirm_is_reminded_once_after_two_days(
    letter: Newsletter, move_clock: Move
) -> None:
    people.pending(letter)
    mailed()
    move_clock(REMIND_AFTER - MOMENT)
    assert remind() == 0
    move_clock(2 * MOMENT)
    assert remind() == 1
    mailed()
    for _ in range(5):
        move_clock(dt.timedelta(days=2))
        assert remind() == 0
    assert kinds() == [NoticeKind.CONFIRMATION, NoticeKind.REMINDER]


def test_a_newsletter_reminds_only_if_it_says_so(letter: Newsletter, move_clock: Move) -> None:
    letter.reminds = False
    people.pending(letter)
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    assert remind() == 0


def confirm(subscription: Subscription) -> None:
    subscriptions.confirm(subscription.id)


def end(subscription: Subscription) -> None:
    subscriptions.end(subscription.id, EndReason.UNSUBSCRIBED)


def suppress(subscription: Subscription) -> None:
    suppressions.suppress(people.ADDRESS, SuppressionReason.COMPLAINT)


def bounce(subscription: Subscription) -> None:
    db.session.scalars(select(Notice)).one().state = NoticeState.REFUSED


@pytest.mark.parametrize("event", [confirm, end, suppress, bounce])
def test_nobody_is_reminded_who_confirmed_left_or_must_not_be_mailed(
    letter: Newsletter, move_clock: Move, event: Callable[[Subscription], None]
) -> None:
    subscription = people.pending(letter)
    mailed()
    event(subscription)
    db.session.commit()
    move_clock(REMIND_AFTER + MOMENT)
    assert remind() == 0


def test_a_reminder_keeps_the_quiet_of_a_day(letter: Newsletter, move_clock: Move) -> None:
    people.pending(letter)
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    other = people.newsletter("autre")
    people.pending(other)
    mailed()
    assert remind() == 0
    move_clock(confirmations.QUIET + MOMENT)
    assert remind() == 1
    # And a sign-up after it is not answered on the same day.
    people.pending(people.newsletter("encore"))
    assert kinds().count(NoticeKind.CONFIRMATION) == 2


def test_several_newsletters_are_one_reminder(letter: Newsletter, move_clock: Move) -> None:
    other = people.newsletter("autre")
    other.reminds = True
    people.pending(letter)
    people.pending(other)
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    (notice,) = unconfirmed.remind()
    assert len(notice.subscription_ids) == 2


def test_several_beats_at_once_order_one_reminder(
    flask_app: Flask, letter: Newsletter, move_clock: Move
) -> None:
    people.pending(letter)
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    db.session.rollback()
    start = threading.Barrier(3)

    def beat() -> None:
        with flask_app.app_context():
            start.wait(timeout=30)
            unconfirmed.remind()
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=beat) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert kinds() == [NoticeKind.CONFIRMATION, NoticeKind.REMINDER]


def test_the_lookout_reminds_and_the_mails_link_confirms(
    flask_app: Flask, letter: Newsletter, move_clock: Move
) -> None:
    people.pending(letter)
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    lookout.tidy()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        reminder = db.session.scalars(select(Notice).where(Notice.kind == NoticeKind.REMINDER))
        assert notices.post(reminder.one().id)
    assert relay.recipients == [people.ADDRESS]
    assert b"http://hebdo.test/confirm/" in relay.received[0].data.replace(b"=\r\n", b"")


def contents() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def test_nothing_is_left_of_who_never_confirmed(letter: Newsletter, move_clock: Move) -> None:
    before = contents()
    pending = people.pending(letter)
    # She also asked for the link to her page, in whose name nobody stands any more.
    asked = own_pages.send_link(pending.subscriber)
    assert asked is not None
    asked.subscription = None
    db.session.commit()
    mailed()
    move_clock(REMIND_AFTER + MOMENT)
    remind()
    move_clock(KEPT - REMIND_AFTER - 2 * MOMENT)
    lookout.tidy()
    assert rows(Subscriber) == 1
    move_clock(2 * MOMENT)
    lookout.tidy()
    assert contents() == before


def test_of_somebody_who_reads_another_newsletter_only_the_sign_up_goes(
    letter: Newsletter, move_clock: Move
) -> None:
    people.confirmed(people.newsletter("autre"))
    people.pending(letter)
    move_clock(KEPT + MOMENT)
    assert unconfirmed.forget() == 1
    db.session.commit()
    assert db.session.scalars(select(Subscription.state)).all() == [SubscriptionState.CONFIRMED]
    assert NoticeKind.WELCOME in kinds()


@pytest.mark.parametrize("event", [confirm, end])
def test_what_was_confirmed_or_ended_stays(
    letter: Newsletter, move_clock: Move, event: Callable[[Subscription], None]
) -> None:
    event(people.pending(letter))
    db.session.commit()
    move_clock(KEPT * 10)
    assert unconfirmed.forget() == 0
    assert rows(Subscription) == 1


def test_whoever_types_the_address_of_one_who_left_does_not_undo_that_she_did(
    letter: Newsletter, move_clock: Move
) -> None:
    left = people.confirmed(letter)
    subscriptions.end(left.id, EndReason.ONE_CLICK)
    db.session.commit()
    acts = [each.act for each in left.consents]
    people.pending(letter)
    assert imported(letter) is ImportOutcome.LEFT
    move_clock(KEPT + MOMENT)
    assert unconfirmed.forget() == 1
    db.session.commit()
    assert (left.state, left.end_reason) == (SubscriptionState.ENDED, EndReason.ONE_CLICK)
    assert [each.act for each in left.consents][: len(acts)] == acts
    assert unconfirmed.forget() == 0
    assert imported(letter) is ImportOutcome.LEFT


def imported(letter: Newsletter) -> ImportOutcome:
    row = ImportRow(2, people.ADDRESS)
    (line,) = enrolments.import_confirmed([row], letter, "a list", clock.now())
    return line.outcome


def test_who_asks_for_a_new_link_is_kept_as_long_as_it_works(
    letter: Newsletter, move_clock: Move
) -> None:
    subscription = people.pending(letter)
    move_clock(KEPT - MOMENT)
    assert subscriptions.ask_again(subscription.id) is not None
    db.session.commit()
    move_clock(confirmations.CONFIRM_WITHIN)
    assert unconfirmed.forget() == 0
    assert clock.now() - subscription.asked_at < KEPT
