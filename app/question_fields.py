"""A newsletter's own questions as fields of a form: the core's rules, told to browsers too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateInput, NumberInput

from app.core import answers
from app.core.errors import Invalid
from app.forms import stripped
from app.models import Question, QuestionKind


class DateLine(StringField):  # type: ignore[misc]
    """A date that is given back as it was typed, also when it is none."""

    widget = DateInput()


class NumberLine(StringField):  # type: ignore[misc]
    """A number that is given back as it was typed, also when it is none."""

    widget = NumberInput()


class Answerable:
    """A validator: what the core would refuse is refused here, beside its field."""

    def __init__(self, question: Question, among: str = "") -> None:
        self.question = question
        self.among = among
        """The slug that must be ticked in a form of several before its questions count."""
        self.field_flags = {"required": True} if question.required else {}

    def __call__(self, form: Any, field: Any) -> None:
        if self.among and self.among not in (form.newsletters.data or []):
            return
        try:
            answers.read(self.question, field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.message) from refusal


def name_of(question: Question, among: str = "") -> str:
    """What the question is called in a form; in a form of several, its newsletter stands before."""
    return f"answer-{among}-{question.name}" if among else f"answer-{question.name}"


def fields(questions: Iterable[Question], among: str = "") -> dict[str, Field]:
    """The fields by name, in order."""
    return {name_of(each, among): _field(each, among) for each in questions}


def _field(question: Question, among: str) -> Field:
    more: dict[str, Any] = {
        "label": question.label,
        "description": question.hint,
        "validators": [Answerable(question, among)],
        "filters": [stripped],
        "render_kw": {**answers.rules(question), **_sentences(question)},
    }
    if question.kind is QuestionKind.CHOICE:
        offered = ((each, each) for each in question.choices.split("\n"))
        choices = [SelectChoice(*each) for each in (("", "—"), *offered)]
        return SelectField(choices=choices, validate_choice=False, **more)
    kinds = {QuestionKind.DATE: DateLine, QuestionKind.NUMBER: NumberLine}
    return kinds.get(question.kind, StringField)(**more)


def _sentences(question: Question) -> dict[str, str]:
    """What `faults.js` says before the form leaves: the core's own sentences."""
    said = {"data_fault_missing": question.message} if question.message else {}
    if question.kind in (QuestionKind.DATE, QuestionKind.NUMBER):
        said["data_fault_wrong"] = str(answers.wanted(question.kind))
        said["data_fault_low"] = str(answers.too_low(question))
        said["data_fault_high"] = str(answers.too_high(question))
    return said
