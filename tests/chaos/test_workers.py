"""Workers killed, asked to stop, too many of them; clicks that come twenty times."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import psutil
from flask import Flask
from sqlalchemy import func, select

from app.core import batches, clock, deliveries, editions, notices, subscriptions, suppressions
from app.core.batches import FOREIGN, LEASE
from app.extensions import db
from app.models import (
    Batch,
    DeliveryState,
    Edition,
    EditionState,
    EndReason,
    NoticeKind,
    Subscriber,
    Subscription,
    SuppressionReason,
)
from app.settings import Settings
from emails import render
from tasks import issues, lookout, nudges, recovery
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import (
    LONG,
    NODE_KILLS,
    NODES,
    PATIENCE,
    READERS,
    SEEDS,
    STOPS,
    by_turns,
    on,
)
from tests.relay import StoryRelay
from tests.service import kill, running, wait_for

Clock = Callable[[dt.timedelta], None]
TOMORROW = clock.now() + dt.timedelta(days=1)
SLOTS = 2
"""Sending slots of a node; on SQLite one."""


@by_turns(NODES, "postgresql")
def test_kill_9_at_random_moments(
    flask_app: Flask, known: Settings, relay: StoryRelay, seed: int
) -> None:
    """All that sends on this machine dies at once, with copies on the way: else a kill proves nothing."""
    relay.story.slow = 0.02
    chance = random.Random(seed)
    edition_id = rows.send_to(READERS)
    issues.press(edition_id)
    for _ in range(NODE_KILLS):
        with running(known, "worker", "--only", "deliveries") as worker:
            send_a_little(edition_id, relay, chance)
            kill(worker)
        assert not oracle.is_over(edition_id), "too quick a send to kill it so often"
        lookout.tidy()
    with running(known, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay, in_doubt=NODE_KILLS * known.connections * SLOTS)
    assert progress.in_doubt > 0
    assert progress.accepted + progress.in_doubt == READERS


@on("postgresql")
def test_a_row_that_kills_its_worker_each_time_is_set_aside_and_the_others_go_on(
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
        wait_for(helped, PATIENCE, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay, in_doubt=known.connections)
    assert deadly not in relay.attempts
    assert progress.skipped == 1
    assert progress.accepted + progress.in_doubt == READERS - 1
    # Those on the way when it died for the first time; a rehearsal has nobody on the way.
    assert progress.in_doubt <= known.connections
    with oracle.reading():
        (aside,) = deliveries.listing(edition_id, [DeliveryState.SKIPPED])
        assert (aside.address, aside.answer) == (deadly, recovery.DEADLY)
        assert set(db.session.scalars(select(Batch.strikes))) == {0}


@by_turns(SEEDS, "sqlite")
def test_a_worker_that_is_asked_to_stop_leaves_nothing_in_doubt(
    flask_app: Flask, known: Settings, relay: StoryRelay, seed: int
) -> None:
    chance = random.Random(seed)
    edition_id = rows.send_to(READERS)
    for _ in range(STOPS):
        with running(known, "worker") as worker:
            send_a_little(edition_id, relay, chance)
            asked_at = time.monotonic()
            worker.terminate()
            worker.wait(40)
            assert time.monotonic() - asked_at < 30
    with running(known, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


class Silence(dict[str, threading.Event]):
    """Nobody's final dot is answered."""

    def get(self, key: str, default: object = None) -> threading.Event:  # type: ignore[override]
        return self.setdefault("all", threading.Event())


@on("postgresql")
def test_a_worker_that_is_asked_to_stop_is_gone_in_half_a_minute_whatever_the_relay_owes_it(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    """Its three parts wait side by side: one has a notice on the way, another an issue."""
    relay.story.held = Silence()
    edition_id = rows.send_to(50)
    hers = db.session.scalars(select(Subscription).limit(1)).one()
    welcome = notices.order(
        NoticeKind.WELCOME, "lea@hebdo.invalid", newsletter=hers.newsletter, subscription=hers
    ).id
    db.session.commit()
    with running(known, "worker") as worker:
        nudges.notice(welcome)
        nudges.edition(edition_id)
        wait_for(
            lambda: "lea@hebdo.invalid" in relay.attempts and len(relay.attempts) > 1,
            what="both wait for answers",
        )
        asked_at = time.monotonic()
        worker.terminate()
        worker.wait(100)
        assert time.monotonic() - asked_at < 30


def send_a_little(edition_id: int, relay: StoryRelay, chance: random.Random) -> None:
    """Until a copy more is out, and then for some moment: the moment is the experiment, not a wait."""
    so_far = len(relay.received)
    nudges.edition(edition_id)
    nudges.deliveries()
    wait_for(lambda: oracle.is_over(edition_id) or len(relay.received) > so_far)
    time.sleep(chance.uniform(0, 0.3))


@on("postgresql")
def test_a_worker_that_is_stopped_past_its_lease_and_then_continued_mails_nobody_twice(
    flask_app: Flask, known: Settings, relay: StoryRelay, move_clock: Clock
) -> None:
    """On the same host: its journal's lock says that it lives, whatever its lease says."""
    relay.story.slow = 0.02
    edition_id = rows.send_to(READERS)
    with running(known, "worker", "--only", "deliveries") as frozen:
        issues.press(edition_id)
        nudges.deliveries()
        wait_for(lambda: len(relay.received) > 20, what="the first copies")
        tell_all(frozen, signal.SIGSTOP)
        with running(known, "worker", "--only", "lookout"):
            if LONG:
                time.sleep(LEASE.total_seconds() + 5)  # the time is the experiment, not a wait
            move_clock(LEASE + FOREIGN)
            # The other sends all that the stopped one does not hold (on SQLite it may hold the pen).
            wait_for(lambda: not waiting(edition_id) or known.is_sqlite, PATIENCE)
            tell_all(frozen, signal.SIGCONT)
            wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    progress = oracle.verdict(edition_id, relay, in_doubt=known.connections * SLOTS)
    assert progress.accepted + progress.in_doubt == READERS


def tell_all(process: subprocess.Popen[bytes], word: signal.Signals) -> None:
    for member in [*psutil.Process(process.pid).children(recursive=True), process]:
        member.send_signal(word)


def waiting(edition_id: int) -> int:
    with oracle.reading():
        return oracle.count(edition_id).waiting


@on("postgresql")
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
    node = ("worker", "--only", "deliveries", "--slots", "4")
    crew = [node] * (8 if known.is_sqlite else 2) + [("beat",)] * 3
    crew.append(("worker", "--only", "notices"))
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(running(known, *command)) for command in crew]
        for _ in range(8):
            nudges.edition(won[0])
        wait_for(lambda: oracle.is_over(won[0]), PATIENCE, what="the edition is sent")
        # All at once: to ask one after the other to go takes half of the test's time.
        for each in started:
            kill(each)
    assert oracle.verdict(won[0], relay).accepted == READERS
    with oracle.reading():
        assert db.session.scalar(select(func.count()).select_from(Edition)) == 1
        sizes = db.session.scalar(select(func.sum(Batch.size)))
    assert sizes == READERS


@on("sqlite")
def test_who_leaves_or_is_left_out_during_the_send_gets_nothing_a_second_later(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    relay.story.slow = 0.05
    edition_id = rows.send_to(READERS)
    with running(known, "worker", "--only", "lookout"):
        wait_for(lambda: len(relay.received) > 20, what="the first copies")
        # Anybody: who has her copy, whose turn is now, who would come last.
        everybody = db.session.execute(select(Subscription.id, Subscriber.address).join(Subscriber))
        gone = dict(list(everybody)[::3])
        for number, (subscription_id, address) in enumerate(gone.items()):
            leave(number, subscription_id, address)
        db.session.commit()
        left_at = time.monotonic()
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert relay.begun_since(left_at + 1) > 0, "too quick a send to prove anything"
    progress = oracle.verdict(edition_id, relay)
    late = [one for one in gone.values() if relay.asked_at.get(one, 0.0) > left_at + 1]
    assert late == []
    assert progress.skipped == READERS - progress.accepted > len(gone) // 2


def leave(number: int, subscription_id: int, address: str) -> None:
    """In one of the three ways of no longer wanting a copy."""
    if number % 3 == 0:
        subscriptions.end(subscription_id, EndReason.ONE_CLICK)
    elif number % 3 == 1:
        db.session.get_one(Subscription, subscription_id).paused_until = TOMORROW
    else:
        suppressions.suppress(address, SuppressionReason.COMPLAINT)


@on("postgresql")
def test_paused_and_cancelled_during_the_send_mean_within_the_second(
    flask_app: Flask, known: Settings, relay: StoryRelay
) -> None:
    relay.story.slow = 0.05
    edition_id = rows.send_to(READERS)
    with running(known, "worker", "--only", "lookout"):
        wait_for(lambda: len(relay.received) > 20, what="the first copies")
        assert editions.pause(edition_id)
        db.session.commit()
        paused_at = time.monotonic()
        time.sleep(3)  # the silence is what is looked for
        assert relay.begun_since(paused_at + 1.0) == 0
        so_far = len(relay.received)
        assert editions.resume(edition_id)
        db.session.commit()
        wait_for(lambda: len(relay.received) > so_far + 20, what="it goes on")
        assert editions.cancel(edition_id)
        db.session.commit()
        cancelled_at = time.monotonic()
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="all is said")
        begun = relay.begun_since(cancelled_at + 1.0)
    progress = oracle.verdict(edition_id, relay)
    assert begun == 0
    assert progress.skipped == READERS - progress.accepted > 0
    with oracle.reading():
        assert db.session.get_one(Edition, edition_id).state is EditionState.CANCELLED
