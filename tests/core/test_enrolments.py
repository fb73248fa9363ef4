"""An import brings in who consented, wakes nobody, and says of each row what became of it."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, enrolments, spreadsheets, subscribers, subscriptions, suppressions
from app.core.enrolments import ImportLine, ImportOutcome, ImportRow
from app.core.errors import Invalid
from app.extensions import db
from app.models import (
    Consent,
    ConsentAct,
    EndReason,
    Newsletter,
    Notice,
    Subscriber,
    SubscriptionState,
    SuppressionReason,
)
from tests import people

CONSENTED = dt.datetime(2025, 3, 1, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def bring(letter: Newsletter, *addresses: str) -> list[ImportLine]:
    rows = (ImportRow(line, address, "Léa") for line, address in enumerate(addresses, start=2))
    lines = list(enrolments.import_confirmed(rows, letter, "salon.csv", CONSENTED))
    db.session.commit()
    return lines


def outcomes(lines: list[ImportLine]) -> list[ImportOutcome]:
    return [line.outcome for line in lines]


def test_imported_readers_are_confirmed_with_the_proof_of_the_import(letter: Newsletter) -> None:
    assert outcomes(bring(letter, "Lea@hebdo.invalid")) == [ImportOutcome.ADDED]
    person = subscribers.find("lea@hebdo.invalid")
    assert person is not None
    (subscription,) = person.subscriptions
    assert (subscription.state, subscription.confirmed_at) == (
        SubscriptionState.CONFIRMED,
        CONSENTED,
    )
    proof = db.session.scalars(select(Consent)).one()
    assert (proof.act, proof.source, proof.at) == (ConsentAct.IMPORTED, "salon.csv", CONSENTED)
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_every_row_is_told_what_became_of_it(letter: Newsletter) -> None:
    suppressions.suppress("gone@hebdo.test", SuppressionReason.BOUNCE)
    left = people.confirmed(letter, "left@hebdo.test")
    subscriptions.end(left.id, EndReason.UNSUBSCRIBED)
    people.confirmed(letter, "known@hebdo.test")
    people.pending(letter, "pending@hebdo.test")
    lines = bring(
        letter,
        "new@hebdo.test",
        "NEW@hebdo.test",
        "gone@hebdo.test",
        "left@hebdo.test",
        "known@hebdo.test",
        "pending@hebdo.test",
        "not an address",
        "",
    )
    assert outcomes(lines) == [
        ImportOutcome.ADDED,
        ImportOutcome.REPEATED,
        ImportOutcome.SUPPRESSED,
        ImportOutcome.LEFT,
        ImportOutcome.ALREADY,
        ImportOutcome.ADDED,
        ImportOutcome.INVALID,
        ImportOutcome.INVALID,
    ]
    assert [line.line for line in lines] == list(range(2, 10))
    assert "marie@example.org" in str(lines[-1].why)


def test_an_import_read_twice_adds_nobody_twice(letter: Newsletter) -> None:
    names = [f"reader-{n}@hebdo.invalid" for n in range(enrolments.CHUNK + 20)]
    assert set(outcomes(bring(letter, *names))) == {ImportOutcome.ADDED}
    assert set(outcomes(bring(letter, *names))) == {ImportOutcome.ALREADY}
    assert db.session.scalar(select(func.count()).select_from(Subscriber)) == len(names)


def test_nobody_can_have_consented_at_a_moment_that_is_still_to_come(letter: Newsletter) -> None:
    rows = iter([ImportRow(2, "lea@hebdo.test")])
    with pytest.raises(Invalid, match="still to come"):
        enrolments.import_confirmed(rows, letter, "salon.csv", clock.now() + dt.timedelta(hours=1))
    assert next(rows).line == 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [("EN", "en"), ("en-GB", "en"), (" fr_FR ", "fr"), ("", "fr"), ("Anglais", ""), ("f\0r", "")],
)
def test_a_language_is_kept_only_as_one_that_our_pages_speak(
    letter: Newsletter, written: str, kept: str
) -> None:
    rows = [ImportRow(2, "lea@hebdo.test", "Léa\0 Marie", written)]
    (line,) = enrolments.import_confirmed(rows, letter, "salon.csv", CONSENTED)
    db.session.commit()
    person = subscribers.find("lea@hebdo.test")
    if kept:
        assert person is not None
        assert (line.outcome, person.language) == (ImportOutcome.ADDED, kept)
        assert person.first_name == "Léa Marie"
    else:
        assert person is None
        assert (line.outcome, line.why) == (ImportOutcome.INVALID, "language: Choose fr or en.")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_cells(sign: str) -> None:
    table = f"\ufeffAddress{sign}First_name\r\nlea@hebdo.test{sign}Léa\r\n\r\nmax@hebdo.test\r\n"
    found = list(spreadsheets.read(io.StringIO(table, newline="")))
    assert found == [
        (2, {"address": "lea@hebdo.test", "first_name": "Léa"}),
        (4, {"address": "max@hebdo.test", "first_name": ""}),
    ]


def test_an_export_holds_no_formula(letter: Newsletter) -> None:
    subscriptions.sign_up(letter, "lea@hebdo.test", '=HYPERLINK("http://evil.test")')
    db.session.commit()
    table = spreadsheets.text(subscribers.EXPORTED, subscribers.export(letter))
    (row,) = [row for _, row in spreadsheets.read(io.StringIO(table, newline=""))]
    assert row["address"] == "lea@hebdo.test"
    assert row["first_name"] == '\'=HYPERLINK("http://evil.test")'
    assert row["state"] == "pending"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_made_text(start: str) -> None:
    assert spreadsheets.defuse(f"{start}1") == f"'{start}1"
    assert spreadsheets.defuse("Léa = 1") == "Léa = 1"
