"""Everything held about a person is told and erased, and no table is forgotten."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.core import (
    address_changes,
    clock,
    editors,
    enrolments,
    erasures,
    holdings,
    notices,
    own_pages,
    preferences,
    spreadsheets,
    subscribers,
    subscriptions,
    suppressions,
)
from app.core.consents import Proof
from app.core.enrolments import ImportOutcome, ImportRow
from app.extensions import db
from app.models import (
    AddressChange,
    Base,
    Comment,
    Consent,
    Delivery,
    DeliveryState,
    Detail,
    Edition,
    Editor,
    Newsletter,
    Notice,
    NoticeKind,
    NoticeState,
    Question,
    QuestionKind,
    Role,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from tests import people, rows, sends, talks
from tests.conftest import use_relay
from tests.relay import StoryRelay


@pytest.fixture
def reader(flask_app: Flask) -> Subscription:
    """Somebody of whom every table knows something."""
    letter = people.newsletter()
    made = people.confirmed(letter)
    preferences.choose(made, [], text_only=True, proof=Proof("As plain text", "/mine"))
    own_pages.send_link(made.subscriber)
    address_changes.ask(made.subscriber, "new@hebdo.test")
    question = Question(
        newsletter=letter, position=0, name="city", kind=QuestionKind.TEXT, label="Ville"
    )
    db.session.add(question)
    db.session.flush()
    db.session.add(Detail(subscription_id=made.id, question_id=question.id, value="Saint-Essai"))
    edition = people.edition(letter)
    now = clock.now()
    db.session.add(
        Delivery(
            edition_id=edition.id,
            subscriber_id=made.subscriber_id,
            state=DeliveryState.REFUSED,
            answer=f"550 5.1.1 <{people.ADDRESS}> unknown",
            first_at=now,
            at=now,
        )
    )
    db.session.commit()
    return made


def test_every_table_that_refers_to_a_reader_is_told_or_its_reason_is() -> None:
    told = {held.model.__tablename__ for held in holdings.HELD}
    suspects = set()
    for name, table in Base.metadata.tables.items():
        points = {key.column.table.name for key in table.foreign_keys}
        named = {c.name for c in table.columns if "address" in c.name or "subscri" in c.name}
        if named or points & (told - {"suppression"}):
            suspects.add(name)
    assert told <= suspects
    assert suspects - told == set(holdings.NOT_HERS)


def test_ten_years_of_issues_are_told_with_no_more_queries_than_one(reader: Subscription) -> None:
    def asked() -> int:
        counted: list[object] = []
        db.session.expire_all()
        subscriber = db.session.get_one(Subscriber, reader.subscriber_id)
        event.listen(db.engine, "before_cursor_execute", hear := lambda *what: counted.append(what))
        known = holdings.document(subscriber)
        event.remove(db.engine, "before_cursor_execute", hear)
        told = known["delivery"]
        assert isinstance(told, list)
        assert [each["subject"] for each in told] == subjects
        return len(counted)

    subjects = [db.session.query(Edition.subject).scalar()]
    few = asked()
    for number in range(100, 120):
        of = people.newsletter(f"letter-{number}")
        question = Question(
            newsletter_id=of.id, position=0, name="city", kind=QuestionKind.TEXT, label="Ville"
        )
        joined = Subscription(
            newsletter_id=of.id,
            subscriber_id=reader.subscriber_id,
            state=SubscriptionState.CONFIRMED,
            asked_at=clock.now(),
        )
        db.session.add_all([question, joined])
        db.session.flush()
        db.session.add(Detail(subscription_id=joined.id, question_id=question.id, value="Ici"))
        edition = people.edition(of, number)
        edition.subject = f"Numéro {number}"
        subjects.append(edition.subject)
        now = clock.now()
        made = Delivery(
            edition_id=edition.id,
            subscriber_id=reader.subscriber_id,
            state=DeliveryState.ACCEPTED,
            first_at=now,
            at=now,
        )
        db.session.add(made)
    db.session.commit()
    assert asked() == few


def test_what_is_told_holds_her_words_and_nothing_of_the_machinery(reader: Subscription) -> None:
    known = holdings.document(reader.subscriber)
    assert known["known"] is True
    told = json.dumps(known)
    for said in (
        people.ADDRESS,
        people.WORDING.split()[0],
        "As plain text",
        "Saint-Essai",
        "550",
    ):
        assert said in told
    filled = {table for table, found in holdings.everything(reader.subscriber).items() if found}
    assert filled >= {
        "subscriber",
        "subscription",
        "consent",
        "address_change",
        "delivery",
        "notice",
    }
    assert "lease_until" not in told
    assert "fence" not in told


def test_a_stranger_and_another_reader_are_no_part_of_it(reader: Subscription) -> None:
    other = people.confirmed(reader.newsletter, "max@hebdo.test")
    assert "max@hebdo.test" not in json.dumps(holdings.document(reader.subscriber))
    assert people.ADDRESS not in json.dumps(holdings.document(other.subscriber))


def test_a_formula_is_quoted_in_the_table_of_it(reader: Subscription) -> None:
    reader.subscriber.first_name = '=HYPERLINK("http://x.test")'
    db.session.commit()
    text = spreadsheets.text(holdings.CELLS, holdings.cells(reader.subscriber))
    cells = {(row[0], row[2]): row[3] for row in csv.reader(io.StringIO(text))}
    assert cells["subscriber", "first_name"] == '\'=HYPERLINK("http://x.test")'


def test_erased_nothing_of_her_stays_in_any_table_but_a_hash(reader: Subscription) -> None:
    person = reader.subscriber_id
    erasures.erase(reader.subscriber)
    db.session.commit()
    for model in (Subscriber, Subscription, Consent, AddressChange):
        assert db.session.scalars(select(model)).all() == []
    everywhere = " ".join(
        str(tuple(row))
        for table in Base.metadata.sorted_tables
        for row in db.session.execute(select(table))
    )
    for said in (people.ADDRESS, "new@hebdo.test", people.WORDING, "Marie", "Saint-Essai"):
        assert said not in everywhere
    kept = suppressions.find(people.ADDRESS)
    assert kept is not None
    assert (kept.address, kept.reason) == ("", SuppressionReason.ERASED)
    # The ledger goes on adding up.
    assert db.session.scalars(select(Delivery.subscriber_id)).all() == [person]


def test_what_she_said_under_an_address_she_has_left_is_told_and_erased_with_the_rest(
    reader: Subscription,
) -> None:
    under = talks.issue(reader.newsletter, 13)
    hers = talks.said(under, "Sous mon ancienne adresse", address=people.ADDRESS)
    notices.order(NoticeKind.COMMENT_SHOWN, people.ADDRESS, comment=hers)
    change = db.session.scalars(select(AddressChange)).one()
    assert address_changes.confirm(change.id, Proof()) is address_changes.Step.DONE
    db.session.commit()
    assert "new@hebdo.test" in json.dumps(holdings.document(reader.subscriber)["address_change"])
    talks.said(under, "De qui a cette adresse depuis", "Max", people.ADDRESS)
    told = json.dumps(holdings.document(reader.subscriber), ensure_ascii=False)
    assert "Sous mon ancienne adresse" in told
    assert "De qui a cette adresse depuis" not in told
    erasures.erase(reader.subscriber)
    db.session.commit()
    left = db.session.scalars(select(Comment)).all()
    assert [each.name for each in left] == ["Max"]
    assert set(db.session.scalars(select(Notice.address))) == {""}


def test_somebody_elses_wish_to_have_her_address_forgets_it_with_her(reader: Subscription) -> None:
    other = people.confirmed(reader.newsletter, "max@hebdo.test")
    address_changes.ask(other.subscriber, people.ADDRESS)
    db.session.commit()
    erasures.erase(reader.subscriber)
    db.session.commit()
    assert db.session.scalars(select(AddressChange.address)).all() == [""]


def test_what_still_waits_for_her_is_not_sent(reader: Subscription) -> None:
    erasures.erase(reader.subscriber)
    db.session.commit()
    assert set(db.session.scalars(select(Notice.state))) == {NoticeState.DROPPED}
    assert notices.due(clock.now()) == []


def test_an_import_of_the_erased_address_is_refused_by_its_hash(reader: Subscription) -> None:
    letter = reader.newsletter
    erasures.erase(reader.subscriber)
    db.session.commit()
    rows_ = [ImportRow(1, people.ADDRESS.upper()), ImportRow(2, "lea@hebdo.test")]
    found = enrolments.import_confirmed(rows_, letter, "a fair", clock.now())
    outcomes = [line.outcome for line in found]
    assert outcomes == [ImportOutcome.SUPPRESSED, ImportOutcome.ADDED]
    assert subscriptions.sign_up(letter, people.ADDRESS).subscription is None
    assert subscribers.find(people.ADDRESS) is None


def test_her_number_is_given_to_nobody_else(reader: Subscription) -> None:
    letter, person, hers = reader.newsletter, reader.subscriber_id, reader.id
    erasures.erase(reader.subscriber)
    db.session.commit()
    next_one = people.confirmed(letter, "lea@hebdo.test")
    assert next_one.subscriber_id > person
    assert next_one.id > hers


def test_an_editor_who_erases_herself_as_a_reader_keeps_her_way_to_the_desk(
    reader: Subscription,
) -> None:
    editor: Editor = editors.add(people.ADDRESS, "Marie", Role.EDITOR, "un mot de passe long")
    editors.forget_password(people.ADDRESS)
    erasures.erase(reader.subscriber)
    db.session.commit()
    reset = select(Notice).where(Notice.kind == NoticeKind.PASSWORD_RESET)
    assert db.session.scalars(reset).one().address == people.ADDRESS
    assert db.session.get_one(Editor, editor.id).address == people.ADDRESS


def test_a_send_under_way_skips_who_was_erased(flask_app: Flask) -> None:
    edition_id = rows.send_to(3)
    from tasks import issues

    issues.press(edition_id)
    erasures.erase(db.session.get_one(Subscriber, 2))
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send_on()
    assert sorted(relay.recipients) == ["reader-1@readers.invalid", "reader-3@readers.invalid"]
    found = sends.progress(edition_id)
    assert (found.planned, found.accepted, found.skipped) == (3, 2, 1)


def test_a_newsletter_without_readers_tells_nothing(flask_app: Flask) -> None:
    letter: Newsletter = people.newsletter()
    assert letter.id
    assert holdings.document(None)["known"] is False
    assert list(holdings.cells(None)) == []
