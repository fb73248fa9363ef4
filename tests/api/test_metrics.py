"""`/metrics` tells an operator how all stands, in a form that Prometheus reads, and nobody's name."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hmac
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app import create_app
from app.api import tallies
from app.core import clock, deliveries, installations, notices, workers
from app.core.deliveries import Verdict
from app.extensions import db
from app.models import Edition, EditionState, Notice, NoticeKind
from app.settings import Settings
from tests import people, rows, sends
from tests.conftest import use_relay
from tests.relay import StoryRelay

LABELS = ("newsletter", "issue", "state", "queue")

Figures = dict[tuple[str, ...], float]
"""Name and label values, in that order → figure."""

TOKEN = "metrics-" + "t" * 24
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def flask_app(settings: Settings) -> Iterator[Flask]:
    """An installation that has a token."""
    app = create_app(dataclasses.replace(settings, metrics_token=TOKEN))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def told(client: FlaskClient) -> Figures:
    """Read as Prometheus reads it."""
    from prometheus_client.parser import text_string_to_metric_families

    answer = client.get("/metrics", headers=BEARER)
    # The request shared this test's session, and left it in a transaction that can only read.
    db.session.rollback()
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        assert family.type == "gauge"
        for sample in family.samples:
            labels = [sample.labels[each] for each in LABELS if each in sample.labels]
            assert len(labels) == len(sample.labels)
            name = (sample.name, *labels)
            assert name not in found
            found[name] = sample.value
    return found


def copies(found: Figures, issue: str = "12") -> dict[str, float]:
    return {
        name[3]: value
        for name, value in found.items()
        if name[0] == "hebdo_deliveries" and name[2] == issue
    }


def send(flask_app: Flask, count: int = 10, **story: object) -> int:
    edition_id = rows.send_to(count)
    with StoryRelay(**story) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        sends.send(edition_id)
    db.session.rollback()
    return edition_id


# Who is let in -------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, BEARER])
def test_without_a_token_there_is_no_such_page(settings: Settings, headers: dict[str, str]) -> None:
    app = create_app(settings)
    with app.app_context():
        assert app.test_client().get("/metrics", headers=headers).status_code == 404
        db.engine.dispose()


@pytest.mark.parametrize(
    "brought",
    [
        "",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        "Bearer é",
        "Bearer ",
    ],
)
def test_who_brings_another_token_or_none_learns_nothing(client: FlaskClient, brought: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": brought} if brought else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "hebdo_" not in answer.text
    assert TOKEN not in answer.text


def test_the_token_is_compared_in_constant_time(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    compare = hmac.compare_digest
    monkeypatch.setattr(
        "app.api.metrics.hmac.compare_digest",
        lambda one, other: compared.append(one) or compare(one, other),
    )
    client.get("/metrics", headers={"Authorization": "Bearer wrong"})
    assert b"Bearer wrong" in compared


# What is told --------------------------------------------------------------------------------------


def test_an_installation_where_nothing_has_happened_yet_tells_of_nothing(
    client: FlaskClient,
) -> None:
    assert told(client) == {
        ("hebdo_notices_waiting",): 0,
        ("hebdo_notices_oldest_due_seconds",): 0,
        ("hebdo_held",): 0,
    }


def test_the_copies_of_an_issue_add_up_to_what_was_planned(
    flask_app: Flask, client: FlaskClient
) -> None:
    send(flask_app, defer={3}, refuse={5}, hang_up_after_dot={7})
    found = told(client)
    assert copies(found) == {
        "waiting": 0, "sending": 0, "accepted": 7, "deferred": 1, "refused": 1, "in_doubt": 1,
        "skipped": 0,
    }  # fmt: skip
    assert found["hebdo_deliveries_planned", "essentiel-ia", "12"] == 10
    assert found["hebdo_issue_state", "essentiel-ia", "12", "planned"] == 1
    assert found["hebdo_issue_trouble", "essentiel-ia", "12"] == 0
    assert found["hebdo_subscriptions", "essentiel-ia", "confirmed"] == 10


def test_what_stands_in_an_issues_way_is_told(flask_app: Flask, client: FlaskClient) -> None:
    edition_id = rows.send_to(3)
    edition = db.session.get_one(Edition, edition_id)
    edition.state, edition.trouble = EditionState.HALTED, "the print differs"
    db.session.commit()
    found = told(client)
    assert found["hebdo_issue_state", "essentiel-ia", "12", "halted"] == 1
    assert found["hebdo_issue_trouble", "essentiel-ia", "12"] == 1


def test_a_database_that_nothing_is_sent_from_is_told(client: FlaskClient) -> None:
    assert told(client)["hebdo_held",] == 0
    assert installations.may_send(None)
    assert installations.hold()
    db.session.commit()
    assert told(client)["hebdo_held",] == 1
    installations.adopt()
    db.session.commit()
    assert told(client)["hebdo_held",] == 0


def test_issues_under_way_are_told_however_old_and_of_the_others_the_latest(
    client: FlaskClient,
) -> None:
    letter = rows.newsletter()
    stand = {1: EditionState.SCHEDULED, 2: EditionState.PAUSED}
    for number in range(1, 11):
        edition = rows.ordered(letter, number)
        edition.state = stand.get(number, EditionState.SENT)
        edition.due_at = clock.now() if number == 1 else None
    db.session.commit()
    found = told(client)
    watched = {name[2] for name in found if name[0] == "hebdo_issue_state"}
    assert watched == {"1", "2", "6", "7", "8", "9", "10"}
    assert found["hebdo_issue_state", "essentiel-ia", "2", "paused"] == 1


def test_notices_tell_how_long_the_first_of_them_is_overdue(
    client: FlaskClient, move_clock: Callable[[dt.timedelta], None]
) -> None:
    notices.order(NoticeKind.INVITATION, "lea@hebdo.invalid")
    later = notices.order(NoticeKind.INVITATION, "max@hebdo.invalid")
    later.not_before += dt.timedelta(hours=1)
    db.session.commit()
    move_clock(dt.timedelta(minutes=10))
    found = told(client)
    assert found["hebdo_notices_waiting",] == 2
    assert found["hebdo_notices_oldest_due_seconds",] == pytest.approx(600, abs=30)
    db.session.delete(db.session.get_one(Notice, 1))
    db.session.commit()
    assert told(client)["hebdo_notices_oldest_due_seconds",] == 0


def test_readers_are_told_by_newsletter_and_state(client: FlaskClient) -> None:
    letter = people.newsletter()
    people.confirmed(letter, "lea@hebdo.test")
    people.pending(letter, "max@hebdo.test")
    people.newsletter("autre")
    db.session.commit()
    found = told(client)
    assert {
        name[1:]: value for name, value in found.items() if name[0] == "hebdo_subscriptions"
    } == {
        ("essentiel-ia", "pending"): 1,
        ("essentiel-ia", "confirmed"): 1,
        ("autre", "pending"): 0,
        ("autre", "confirmed"): 0,
    }


def test_a_queue_is_as_silent_as_the_last_of_its_workers_that_spoke(
    client: FlaskClient, move_clock: Callable[[dt.timedelta], None]
) -> None:
    workers.seen("notices@here")
    workers.seen("deliveries@gone")
    db.session.commit()
    move_clock(dt.timedelta(minutes=3))
    workers.seen("deliveries@here")
    db.session.commit()
    found = told(client)
    assert found["hebdo_worker_silence_seconds", "notices"] == pytest.approx(180, abs=30)
    assert found["hebdo_worker_silence_seconds", "deliveries"] == pytest.approx(0, abs=30)


def test_nobody_is_named(flask_app: Flask, client: FlaskClient) -> None:
    send(flask_app, refuse={5})
    notices.order(NoticeKind.INVITATION, "lea@hebdo.invalid")
    workers.seen("deliveries@machine.example.org")
    db.session.commit()
    answer = client.get("/metrics", headers=BEARER)
    for word in ("@", "invalid", "hebdo.test", "machine", "Marronnier"):
        assert word not in answer.text, word
    labels = set(re.findall(r'(\w+)="', answer.text))
    assert labels == {*LABELS}


# What it costs -------------------------------------------------------------------------------------


@pytest.fixture
def asked(flask_app: Flask) -> Iterator[list[str]]:
    """Every statement about the ledger."""
    said: list[str] = []

    def note(_line: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM delivery" in statement:
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_ledger_that_is_dear_to_count_is_counted_the_more_seldom(
    flask_app: Flask, client: FlaskClient, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(flask_app, defer={3})
    asked.clear()
    monkeypatch.setattr("app.api.metrics.TIMES", 1)
    told(client)
    assert len(asked) == 1
    kept = flask_app.extensions["hebdo.tallies"]
    ((what, one),) = [each for each in kept._kept.items() if each[0] != "readers"]
    kept._kept[what] = dataclasses.replace(one, until=one.until + 3600)
    assert copies(told(client))["deferred"] == 1
    assert len(asked) == 1
    kept._kept[what] = dataclasses.replace(one, until=0.0)
    told(client)
    assert len(asked) == 2


def test_a_count_is_kept_in_proportion_to_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("app.api.tallies.time.monotonic", lambda: now)

    def dear() -> float:
        nonlocal now
        now += 0.5
        return now

    kept = tallies.Tallies()
    assert kept.get("it", dear) == 0.5
    now += 100 * 0.5 - 1
    assert kept.get("it", dear) == 0.5
    now += 2
    assert kept.get("it", dear) == now


def test_what_can_wait_is_left_for_the_next_answer_when_much_was_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr("app.api.tallies.time.monotonic", lambda: now)

    def dear() -> float:
        nonlocal now
        now += 0.6
        return now

    kept = tallies.Tallies()
    kept.begin()
    found = [kept.get_in_time(what, dear, 1000) for what in range(4)]
    assert found == [0.6, 1.2, None, None]
    kept.begin()
    assert None not in [kept.get_in_time(what, dear, 1000) for what in range(4)]


def test_an_issue_that_takes_its_next_step_is_counted_anew(
    flask_app: Flask, client: FlaskClient
) -> None:
    edition_id = send(flask_app, hang_up_after_dot={7})
    told(client)
    kept = flask_app.extensions["hebdo.tallies"]
    for what, one in kept._kept.items():
        kept._kept[what] = dataclasses.replace(one, until=one.until + 3600)
    assert copies(told(client))["in_doubt"] == 1
    deliveries.resolve(edition_id, Verdict.AGAIN)
    db.session.commit()
    assert copies(told(client))["deferred"] == 1


def test_the_operators_page_tells_of_every_figure_and_of_no_other(client: FlaskClient) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    page = client.get("/metrics", headers=BEARER).text
    described = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    told = {family.name for family in text_string_to_metric_families(page)}
    assert set(re.findall(r"hebdo_\w+", described)) == told
