"""Answers: what a subscriber may write into a newsletter's own fields, and what is kept of it.

One set of rules for every door: the page, a form on another site, the API, an import. The browser is
told the same ones as attributes (`rules`), and refuses before the form leaves.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import delete, select

from app.core import sets
from app.core.errors import Invalid
from app.extensions import _, db
from app.models import Detail, Newsletter, Question, QuestionKind, Subscription
from emails import typed, words

LONGEST_TEXT = 200
"""Characters of a text, where the question says nothing else."""
LONGEST_OF_ALL = 1000

TURNED = _("There is an invisible mark in here that turns text around. Please type it again.")

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes (UAX #9) of the marks that turn the rest of a line around."""


def read(question: Question, given: str) -> str:
    """What is kept of an answer; empty for none. Raises Invalid with a sentence that says what to do."""
    text = typed.bare(given)
    if not text:
        if question.required:
            raise _refusal(question, question.message or _("Please fill this in."))
        return ""
    if question.kind is QuestionKind.TEXT:
        return _text(question, text)
    if question.kind is QuestionKind.CHOICE:
        if text not in question.choices.split("\n"):
            raise _refusal(question, _("Please choose one of the answers offered."))
        return text
    measure = _measure(question.kind, text)
    if measure is None:
        raise _refusal(question, wanted(question.kind))
    _hold_against_bounds(question, measure)
    return text if question.kind is QuestionKind.DATE else _number(measure)


def read_all(
    questions: Sequence[Question], given: Mapping[str, str], *, partly: bool = False
) -> dict[int, str]:
    """The answers by the question's id, of what was given by its name.

    Raises Invalid with a sentence per faulty one. `partly`: those missing are not asked for, as in
    an import from where nobody asked.
    """
    kept: dict[int, str] = {}
    faults: dict[str, object] = {}
    for question in questions:
        answer = given.get(question.name, "")
        if partly and not typed.bare(answer):
            continue
        try:
            kept[question.id] = read(question, answer)
        except Invalid as refusal:
            faults.update(refusal.faults)
    if faults:
        raise Invalid(_("Some answers need another look."), faults)
    return kept


def rules(question: Question) -> dict[str, str]:
    """The same rules as a browser knows them, by attribute; `required` is the form's."""
    if question.kind is QuestionKind.TEXT:
        return {"maxlength": str(_longest(question))}
    if question.kind is QuestionKind.CHOICE:
        return {}
    steps = {"step": "any"} if question.kind is QuestionKind.NUMBER else {}
    bounds = {"min": question.least, "max": question.most}
    return {**{name: value for name, value in bounds.items() if value}, **steps}


def too_low(question: Question) -> object:
    if question.kind is QuestionKind.NUMBER:
        return _("Please take %(least)s or more.", least=question.least)
    return _("Please take %(least)s or a later day.", least=question.least)


def too_high(question: Question) -> object:
    if question.kind is QuestionKind.NUMBER:
        return _("Please take %(most)s or less.", most=question.most)
    return _("Please take %(most)s or an earlier day.", most=question.most)


def wanted(kind: QuestionKind) -> object:
    """What a date or a number has to look like."""
    if kind is QuestionKind.DATE:
        return _("Please write a date, such as 2026-11-24.")
    return _("Please write a number, such as 12 or 3.5.")


def keep(subscription: Subscription, given: Mapping[int, str]) -> None:
    """These answers and no older ones; needs a flushed subscription, locked by her row."""
    db.session.execute(
        delete(Detail)
        .where(Detail.subscription_id == subscription.id)
        .execution_options(synchronize_session=False)
    )
    db.session.add_all(
        Detail(subscription_id=subscription.id, question_id=question_id, value=value)
        for question_id, value in given.items()
        if value
    )
    db.session.flush()


def of(newsletter_id: int, subscription_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """What these subscribers answered, by name, as it is kept; who answered nothing is not in it."""
    rows = db.session.execute(
        select(Detail.subscription_id, Question.name, Detail.value)
        .join(Question, Question.id == Detail.question_id)
        .where(Question.newsletter_id == newsletter_id)
        .where(sets.among(Detail.subscription_id, subscription_ids))
    )
    found: dict[int, dict[str, str]] = {}
    for subscription_id, name, value in rows:
        found.setdefault(subscription_id, {})[name] = value
    return found


def for_mail(newsletter_id: int, subscription_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """The same as `of`, each answer as the newsletter's language says it."""
    asked = db.session.execute(
        select(Question.name, Question.kind, Newsletter.language)
        .join(Newsletter, Newsletter.id == Question.newsletter_id)
        .where(Question.newsletter_id == newsletter_id)
    ).all()
    if not asked:
        return {}
    kinds = {name: (kind, language) for name, kind, language in asked}
    return {
        subscription_id: {
            name: spoken(kinds[name][0], value, kinds[name][1]) for name, value in given.items()
        }
        for subscription_id, given in of(newsletter_id, subscription_ids).items()
    }


def spoken(kind: QuestionKind, value: str, language: str) -> str:
    """An answer as a mail says it: `24 novembre 2026`, `3,5`."""
    if kind is QuestionKind.DATE:
        return words.day(dt.date.fromisoformat(value), words.spoken(language))
    if kind is QuestionKind.NUMBER and language == "fr":
        return value.replace(".", ",")
    return value


def bound_faults(kind: QuestionKind, least: str, most: str) -> dict[str, object]:
    """What is wrong with a question's bounds, by field."""
    if kind is QuestionKind.TEXT:
        if most and not (most.isascii() and most.isdecimal() and 0 < int(most) <= LONGEST_OF_ALL):
            return {"most": _("Write a number from 1 to %(most)s.", most=LONGEST_OF_ALL)}
        return {}
    given = {"least": least, "most": most}
    found = {name: _measure(kind, text) for name, text in given.items() if text}
    faults: dict[str, object] = {
        name: wanted(kind) for name, measure in found.items() if measure is None
    }
    if _is_above(found.get("least"), found.get("most")):
        faults["most"] = _("This is below the other bound.")
    return faults


def is_turned(text: str) -> bool:
    """Whether a mark in it turns its line around; the sentence for it is `TURNED`."""
    return any(unicodedata.bidirectional(char) in _TURNING for char in text)


def _text(question: Question, text: str) -> str:
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        raise _refusal(question, _("Please write this on one line, without invisible characters."))
    if is_turned(text):
        raise _refusal(question, TURNED)
    if len(text) > _longest(question):
        raise _refusal(
            question, _("Please shorten this to %(max)d characters.", max=_longest(question))
        )
    return text


def _longest(question: Question) -> int:
    return int(question.most or LONGEST_TEXT)


def _measure(kind: QuestionKind, text: str) -> Decimal | None:
    """A number as it is, a date as its day's number; None for what is neither."""
    if kind is QuestionKind.NUMBER:
        return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
    if not _DATE.fullmatch(text):
        return None
    try:
        return Decimal(dt.date.fromisoformat(text).toordinal())
    except ValueError:
        # The 30th of February is a day of no calendar.
        return None


def _number(measure: Decimal) -> str:
    """With a decimal point and no idle zeros."""
    return f"{measure.normalize():f}" if measure else "0"


def _is_above(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one > other


def _hold_against_bounds(question: Question, measure: Decimal) -> None:
    kind = question.kind
    if question.least and _is_above(_measure(kind, question.least), measure):
        raise _refusal(question, too_low(question))
    if question.most and _is_above(measure, _measure(kind, question.most)):
        raise _refusal(question, too_high(question))


def _refusal(question: Question, sentence: object) -> Invalid:
    return Invalid(sentence, {question.name: sentence})
