"""A newsletter's own questions: what may be asked, what may be answered, what becomes of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from app.core import answers, enrolments, questions, spreadsheets, subscribers, subscriptions
from app.core.enrolments import ImportOutcome, ImportRow
from app.core.errors import Conflict, Invalid
from app.core.questions import QuestionPlan
from app.core.subscriptions import Wish
from app.extensions import db
from app.models import Detail, Newsletter, Question, QuestionKind, Subscription
from tests import people

CONSENTED = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)


def question(kind: QuestionKind, **rules: object) -> Question:
    made = Question(name="x", kind=kind, label="X", message="", required=False)
    made.choices, made.least, made.most = "", "", ""
    for name, value in rules.items():
        setattr(made, name, value)
    return made


TEXT = question(QuestionKind.TEXT, most="5")
CHOICE = question(QuestionKind.CHOICE, choices="oui\nnon")
DATE = question(QuestionKind.DATE, least="2000-01-01", most="2020-02-29")
NUMBER = question(QuestionKind.NUMBER, least="-1", most="10.5")


@pytest.mark.parametrize(
    ("asked", "typed", "kept"),
    [
        (TEXT, "  Lyon ", "Lyon"),
        (TEXT, "", ""),
        (TEXT, " \t ", ""),
        (CHOICE, "non", "non"),
        (DATE, "2000-01-01", "2000-01-01"),
        (DATE, "2020-02-29", "2020-02-29"),
        (NUMBER, "3,50", "3.5"),
        (NUMBER, "-1", "-1"),
        (NUMBER, "010.5", "10.5"),
        (NUMBER, "0.0", "0"),
        (NUMBER, "+10", "10"),
    ],
)
def test_an_answer_is_kept_in_one_spelling(asked: Question, typed: str, kept: str) -> None:
    assert answers.read(asked, typed) == kept


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        *(
            (TEXT, typed)
            for typed in ("Lyon 3e", "a\nb", "a\x00", "\u202eab", "a\u2028b", "\ud800")
        ),
        *((CHOICE, typed) for typed in ("Oui", "oui\nnon", "peut-être")),
        *((DATE, typed) for typed in ("1999-12-31", "2020-03-01", "2019-02-29", "1/2/2003", "x")),
        *((DATE, typed) for typed in ("20000102", "2000-W01-1", "２０００-01-02")),
        *(
            (NUMBER, typed)
            for typed in ("-1.1", "10.6", "1e3", "NaN", "Infinity", "1 000", "٣", "x")
        ),
        *((NUMBER, typed) for typed in ("1" * 400, "0x10", "1_0")),
    ],
)
def test_what_does_not_do_is_refused_in_words(asked: Question, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        answers.read(asked, typed)
    assert set(refused.value.faults) == {"x"}
    assert str(refused.value.message)


@pytest.mark.parametrize("asked", [TEXT, CHOICE, DATE, NUMBER])
@pytest.mark.parametrize("typed", ["", " ", "\t \n"])
def test_a_required_answer_is_asked_for_in_the_editors_words(asked: Question, typed: str) -> None:
    required = question(asked.kind, required=True, message="Sans cela, rien.")
    with pytest.raises(Invalid, match="Sans cela, rien"):
        answers.read(required, typed)


@given(some.text(max_size=60), some.sampled_from([TEXT, CHOICE, DATE, NUMBER]))
def test_whatever_is_typed_is_kept_or_refused_and_what_is_kept_would_be_kept_again(
    typed: str, asked: Question
) -> None:
    try:
        kept = answers.read(asked, typed)
    except Invalid:
        return
    assert answers.read(asked, kept) == kept


def test_an_answer_is_said_as_the_newsletters_language_says_it() -> None:
    assert answers.spoken(QuestionKind.DATE, "2026-12-01", "fr") == "1er\u00a0décembre 2026"
    assert answers.spoken(QuestionKind.DATE, "2026-12-01", "en") == "1\u00a0December 2026"
    assert answers.spoken(QuestionKind.NUMBER, "3.5", "fr") == "3,5"
    assert answers.spoken(QuestionKind.NUMBER, "3.5", "en") == "3.5"


@pytest.mark.parametrize(
    ("changes", "faulty"),
    [
        ({"name": "Ville"}, {"name"}),
        ({"name": ""}, {"name"}),
        ({"name": "address"}, {"name"}),
        ({"name": "v" * 41}, {"name"}),
        ({"label": " "}, {"label"}),
        ({"label": "L" * 201, "hint": "H" * 201}, {"label", "hint"}),
        ({"kind": QuestionKind.CHOICE, "choices": "un\n\n un "}, {"choices"}),
        ({"kind": QuestionKind.NUMBER, "least": "x"}, {"least"}),
        ({"kind": QuestionKind.NUMBER, "least": "2", "most": "1,5"}, {"most"}),
        ({"kind": QuestionKind.DATE, "least": "2000-02-30"}, {"least"}),
        ({"kind": QuestionKind.TEXT, "most": "0"}, {"most"}),
        ({"kind": QuestionKind.TEXT, "most": "²"}, {"most"}),
    ],
)
def test_a_question_that_could_not_be_asked_is_refused_field_by_field(
    flask_app: Flask, changes: dict[str, object], faulty: set[str]
) -> None:
    letter = people.newsletter()
    plan = dataclasses.replace(QuestionPlan("ville", QuestionKind.TEXT, "Ville"), **changes)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        questions.add(letter, plan)
    assert set(refused.value.faults) == faulty
    assert letter.questions == []


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    people.asks(made)
    return made


def sign_up(letter: Newsletter, **changes: str) -> Subscription:
    kept = answers.read_all(letter.questions, {**people.ANSWERS, **changes})
    found = subscriptions.sign_up_for([Wish(letter, answers=kept)], people.ADDRESS).subscription
    db.session.commit()
    assert found is not None
    return found


def given_by(subscription: Subscription) -> dict[str, str]:
    found = answers.of(subscription.newsletter_id, [subscription.id])
    return found.get(subscription.id, {})


def test_answers_are_kept_with_a_pending_subscription_and_a_new_sign_up_replaces_them(
    letter: Newsletter,
) -> None:
    subscription = sign_up(letter)
    assert given_by(subscription) == people.ANSWERS
    sign_up(letter, ville="Brest", enfants="")
    assert given_by(subscription) == {
        "ville": "Brest",
        "metier": "Journaliste",
        "naissance": "1990-02-28",
    }


def test_a_stranger_changes_no_answer_of_a_confirmed_reader(letter: Newsletter) -> None:
    subscription = sign_up(letter)
    subscriptions.confirm(subscription.id)
    sign_up(letter, ville="Ailleurs")
    assert given_by(subscription)["ville"] == "Lyon"


def test_a_question_removed_takes_its_answers_along_and_the_order_holds(letter: Newsletter) -> None:
    subscription = sign_up(letter)
    ville = letter.questions[0]
    assert questions.answered(ville) == 1
    questions.move(letter.questions[3], -1)
    questions.move(letter.questions[0], -1)
    assert [each.name for each in letter.questions] == ["ville", "metier", "enfants", "naissance"]
    questions.remove(ville)
    db.session.commit()
    assert set(given_by(subscription)) == {"metier", "naissance", "enfants"}


def test_other_rules_leave_answers_as_they_were_given(letter: Newsletter) -> None:
    subscription = sign_up(letter)
    metier = letter.questions[1]
    questions.change(metier, dataclasses.replace(questions.plan_of(metier), choices="a\nb"))
    db.session.commit()
    assert given_by(subscription)["metier"] == "Journaliste"
    with pytest.raises(Invalid):
        sign_up(letter)


def test_a_name_is_used_once_in_a_newsletter_and_again_in_another(letter: Newsletter) -> None:
    plan = QuestionPlan("ville", QuestionKind.TEXT, "Ville")
    with pytest.raises(Invalid):
        questions.add(letter, plan)
    other = people.newsletter("autre")
    questions.add(other, plan)
    for n in range(questions.MOST - 1):
        questions.add(other, dataclasses.replace(plan, name=f"n{n}"))
    with pytest.raises(Conflict):
        questions.add(other, dataclasses.replace(plan, name="more"))


def test_an_erased_subscription_leaves_no_answer(letter: Newsletter) -> None:
    subscription = sign_up(letter)
    db.session.delete(subscription)
    db.session.commit()
    assert db.session.scalars(select(Detail)).all() == []


def test_an_export_has_a_column_for_each_question_and_an_import_reads_it_back(
    letter: Newsletter,
) -> None:
    subscription = sign_up(letter, ville="=Lyon")
    subscriptions.confirm(subscription.id)
    db.session.commit()
    columns = subscribers.columns(letter)
    assert columns[-4:] == ("ville", "metier", "naissance", "enfants")
    table = spreadsheets.text(columns, subscribers.export(letter))
    (_, cells), *_more = spreadsheets.read(io.StringIO(table))
    assert cells["ville"] == "'=Lyon"
    assert cells["naissance"] == "1990-02-28"


def test_an_import_keeps_answers_and_keeps_out_rows_that_a_form_would_refuse(
    letter: Newsletter,
) -> None:
    rows = [
        ImportRow(2, "a@hebdo.invalid", answers={"ville": "Lyon", "enfants": "2,0"}),
        ImportRow(3, "b@hebdo.invalid", answers={"enfants": "deux", "naissance": "1990"}),
        ImportRow(4, "c@hebdo.invalid"),
    ]
    lines = list(enrolments.import_confirmed(rows, letter, "salon", CONSENTED))
    db.session.commit()
    added, invalid = ImportOutcome.ADDED, ImportOutcome.INVALID
    assert [line.outcome for line in lines] == [added, invalid, added]
    assert "enfants: " in str(lines[1].why)
    assert "naissance: " in str(lines[1].why)
    kept = {
        each.subscriber.address: given_by(each) for each in db.session.scalars(select(Subscription))
    }
    assert kept == {"a@hebdo.invalid": {"ville": "Lyon", "enfants": "2"}, "c@hebdo.invalid": {}}
