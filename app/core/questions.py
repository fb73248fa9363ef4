"""Questions: a newsletter's own fields on its sign-up form, kept by editors.

A question's name and kind never change: slots in issues, columns of files and answers already given
hang on them. Its words, order and rules do; answers already given stay as they were given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from sqlalchemy import func, select

from app.core import answers, sequences
from app.core.errors import Conflict, Invalid, NotFound
from app.extensions import _, db
from app.models import LARGEST_KEY, Detail, Newsletter, Question, QuestionKind
from emails import typed

LONGEST_LINE = 200
MOST = 20
"""Questions of one newsletter; long before that, nobody fills in the form."""

TAKEN = frozenset(
    (
        *("address", "email", "mail", "adresse", "courriel", "first_name", "firstname", "prenom"),
        *("language", "lang", "langue", "state", "asked_at", "confirmed_at", "ended_at"),
        *("end_reason", "newsletter", "newsletters", "consent", "website", "token"),
    )
)
"""Names of what every sign-up, export and mail has already."""


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """A question as an editor words it."""

    name: str
    kind: QuestionKind
    label: str
    hint: str = ""
    required: bool = False
    message: str = ""
    choices: str = ""
    """One a line."""
    least: str = ""
    most: str = ""


def add(newsletter: Newsletter, plan: QuestionPlan) -> Question:
    """Put at the end. Raises Invalid with a sentence per faulty field, Conflict for a name in use."""
    sequences.hold(newsletter)
    if len(newsletter.questions) >= MOST:
        raise Conflict(_("A form of %(most)s fields is long enough.", most=MOST))
    faults = {**_name_faults(plan.name), **_faults(plan)}
    if any(each.name == plan.name for each in newsletter.questions):
        faults["name"] = _("There is already a field of this name.")
    _refuse(faults)
    made = Question(position=sequences.end_of(newsletter.questions), name=plan.name, kind=plan.kind)
    _write(made, plan)
    newsletter.questions.append(made)
    db.session.flush()
    return made


def change(question: Question, plan: QuestionPlan) -> None:
    """Other words and rules, from the next answer on; name and kind of the plan count for nothing."""
    _refuse(_faults(plan))
    sequences.hold(question.newsletter)
    if question not in question.newsletter.questions:
        raise NotFound(_("This field is not there any more."))
    _write(question, plan)
    db.session.flush()


def move(question: Question, by: int) -> None:
    """One place up (-1) or down (1); at the end of the row nothing changes."""
    sequences.hold(question.newsletter)
    sequences.shift(question.newsletter.questions, question, by)
    db.session.expire(question.newsletter, ["questions"])


def remove(question: Question) -> None:
    """Gone, with all that was answered to it: what is not asked any more is not kept. Twice is once."""
    newsletter = question.newsletter
    sequences.hold(newsletter)
    if question not in newsletter.questions:
        return
    newsletter.questions.remove(question)
    db.session.flush()


def get(newsletter: Newsletter, question_id: int) -> Question:
    """Raises NotFound when it is none of this newsletter's."""
    found = db.session.get(Question, question_id) if question_id < LARGEST_KEY else None
    if found is None or found.newsletter_id != newsletter.id:
        raise NotFound(_("This field is not there any more."))
    return found


def answered(question: Question) -> int:
    """How many subscribers answered it."""
    found = select(func.count()).select_from(Detail).where(Detail.question_id == question.id)
    return db.session.scalar(found) or 0


def plan_of(question: Question) -> QuestionPlan:
    """A question as a value: to change one, `dataclasses.replace` it."""
    return QuestionPlan(
        **{each.name: getattr(question, each.name) for each in fields(QuestionPlan)}
    )


def _write(question: Question, plan: QuestionPlan) -> None:
    question.label, question.hint = typed.line(plan.label), typed.line(plan.hint)
    question.required, question.message = plan.required, typed.line(plan.message)
    offered = (typed.line(line) for line in typed.paragraphs(plan.choices).split("\n"))
    kept = dict.fromkeys(filter(None, offered)) if plan.kind is QuestionKind.CHOICE else ()
    question.choices = "\n".join(kept)
    bounded = plan.kind is not QuestionKind.CHOICE
    question.least = plan.least.strip() if bounded and plan.kind is not QuestionKind.TEXT else ""
    question.most = plan.most.strip() if bounded else ""


def _name_faults(name: str) -> dict[str, object]:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        return {"name": _("Use small letters, digits and underscores, such as postal_code.")}
    if name in TAKEN:
        return {"name": _("This name means something else already; please take another.")}
    return {}


def _faults(plan: QuestionPlan) -> dict[str, object]:
    faults: dict[str, object] = {}
    if not typed.bare(plan.label):
        faults["label"] = _("This cannot be left empty.")
    for name in ("label", "hint", "message"):
        if len(getattr(plan, name)) > LONGEST_LINE:
            faults[name] = _("This is too long.")
    if plan.kind is QuestionKind.CHOICE:
        offered = [line for line in plan.choices.splitlines() if typed.bare(line)]
        if len({line.strip() for line in offered}) < 2:
            faults["choices"] = _("Offer at least two answers, one a line.")
        elif any(len(line) > LONGEST_LINE for line in offered) or len(offered) > 100:
            faults["choices"] = _("This is too long.")
        return faults
    return {**faults, **answers.bound_faults(plan.kind, plan.least.strip(), plan.most.strip())}


def _refuse(faults: dict[str, object]) -> None:
    if faults:
        raise Invalid(_("The field needs another look."), faults)
