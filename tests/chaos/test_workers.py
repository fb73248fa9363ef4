"""Workers killed, asked to stop, too many of them; clicks that come twenty times."""

from __future__ import annotations

import contextlib
import random
import threading
import time

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import batches, deliveries, editions, subscriptions
from app.extensions import db
from app.models import (
    Batch,
    DeliveryState,
    Edition,
    EditionState,
    EndReason,
    Subscription,
)
from app.settings import Settings
from emails import render
from tasks import issues, lookout, nudges, recovery
from tests import rows
from tests.chaos import oracle
from tests.chaos.oracle import KILLS, READERS, SEEDS
from tests.relay import StoryRelay
from tests.service import kill, running, wait_for


@pytest.mark.parametrize("seed", SEEDS)
def test_kill_9_at_random_moments(
    flask_app: Flask, known: Settings, relay: StoryRelay, seed: int
) -> None:
    chance = random.Random(seed)
    edition_id = rows.send_to(READERS)
    for number in range(KILLS):
        with (
            running(known, "worker", "--only", "deliveries") as worker,
            running(known, "worker", "--only", "lookout"),
        ):
            so_far = len(relay.received)
            nudges.edition(edition_id)
            wait_for(lambda: oracle.is_over(edition_id) or len(relay.received) > so_far)  # noqa: B023
            time.sleep(chance.uniform(0, 0.3))  # the moment is the experiment, not a wait
            kill(worker)
        if number and oracle.is_over(edition_id):
            break
    with running(known, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), 300, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay)
    assert progress.accepted + progress.in_doubt == READERS
    # One per open session and kill: the node's, and the lookout's when it helped out.
    assert progress.in_doubt <= KILLS * known.connections * 3


def test_a_row_that_kills_its_worker_is_set_aside_at_the_third_and_the_others_go_on(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    edition_id = rows.send_to(READERS)
    deadly = f"reader-{READERS // 2}@readers.invalid"
    issues.press(edition_id)

    def helped() -> bool:
        """As the lookout would, whose own worker would not die of it."""
        lookout.tidy()
        if batches.is_idle():
            nudges.deliveries()
        return oracle.is_over(edition_id)

    with running(known, deadly, module="tests.poisoned"):
        wait_for(helped, 90, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay)
    assert deadly not in relay.attempts
    assert progress.skipped == 1
    assert progress.accepted + progress.in_doubt == READERS - 1
    # Those on the way when it died for the first time; a rehearsal has nobody on the way.
    assert progress.in_doubt <= known.connections
    with oracle.reading():
        (aside,) = deliveries.listing(edition_id, [DeliveryState.SKIPPED])
        assert (aside.address, aside.answer) == (deadly, recovery.DEADLY)
        assert set(db.session.scalars(select(Batch.strikes))) == {0}


def test_a_worker_that_is_asked_to_stop_leaves_nothing_in_doubt(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    edition_id = rows.send_to(READERS)
    for _ in range(2):
        with running(known, "worker") as worker:
            so_far = len(relay.received)
            nudges.edition(edition_id)
            wait_for(lambda: oracle.is_over(edition_id) or len(relay.received) > so_far + 20)  # noqa: B023
            asked_at = time.monotonic()
            worker.terminate()
            worker.wait(40)
            assert time.monotonic() - asked_at < 30
    with running(known, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), what="the edition is sent")
    progress = oracle.verdict(edition_id, relay)
    assert progress.accepted == READERS


def test_twenty_clicks_eight_workers_and_three_beats_make_one_send(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    of = rows.newsletter()
    rows.readers(of, READERS)
    issue_id, whole = rows.issue(of).id, rows.text(of)
    db.session.commit()
    digest = render.print_issue(whole).digest
    won: list[int] = []

    def click() -> None:
        from app.models import Issue

        with flask_app.app_context():
            edition = editions.order(db.session.get_one(Issue, issue_id), whole, digest)
            db.session.commit()
            if edition is not None:
                won.append(edition.id)
                db.session.commit()

    clicks = [threading.Thread(target=click) for _ in range(20)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len(won) == 1
    crew = [("worker", "--only", "deliveries", "--slots", "4")] * 2 + [("beat",)] * 3
    crew.append(("worker", "--only", "notices"))
    with contextlib.ExitStack() as stack:
        for command in crew:
            stack.enter_context(running(known, *command))
        for _ in range(8):
            nudges.edition(won[0])
        wait_for(lambda: oracle.is_over(won[0]), 120, what="the edition is sent")
    assert oracle.verdict(won[0], relay).accepted == READERS
    with oracle.reading():
        assert db.session.scalar(select(func.count()).select_from(Edition)) == 1
        sizes = db.session.scalar(select(func.sum(Batch.size)))
    assert sizes == READERS


def test_who_leaves_or_is_left_out_during_the_send_gets_nothing_a_second_later(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    relay.story.slow = 0.05
    edition_id = rows.send_to(READERS)
    issues.press(edition_id)
    db.session.commit()
    with running(known, "worker"):
        nudges.deliveries()
        wait_for(lambda: len(relay.received) > 20, what="the first copies")
        # The last of the audience leave while the first are being mailed.
        last = list(
            db.session.scalars(select(Subscription.id).order_by(Subscription.id.desc()).limit(100))
        )
        for subscription_id in last:
            subscriptions.end(subscription_id, EndReason.ONE_CLICK)
        db.session.commit()
        so_far = len(relay.received)
        left_at = time.monotonic()
        wait_for(lambda: oracle.is_over(edition_id), 120, what="the edition is sent")
    assert time.monotonic() - left_at > 1, "too quick a send to prove anything"
    progress = oracle.verdict(edition_id, relay)
    assert so_far < READERS - 100
    assert progress.skipped == 100


def test_cancelled_during_the_send_means_within_the_second(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    relay.story.slow = 0.05
    edition_id = rows.send_to(READERS)
    with running(known, "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: len(relay.received) > 20, what="the first copies")
        assert editions.cancel(edition_id)
        db.session.commit()
        cancelled_at = time.monotonic()
        wait_for(lambda: oracle.is_over(edition_id), 60, what="all is said")
        begun = relay.begun_since(cancelled_at + 1.0)
    progress = oracle.verdict(edition_id, relay)
    assert begun == 0
    assert progress.skipped == READERS - progress.accepted > 0
    with oracle.reading():
        assert db.session.get_one(Edition, edition_id).state is EditionState.CANCELLED
