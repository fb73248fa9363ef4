"""The forms of *My subscription*. Those behind a link carry no CSRF token (see `holders`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from wtforms import (
    BooleanField,
    EmailField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import DateInput

from app import language, question_fields
from app.core import addresses, answers, departures, preferences
from app.extensions import _
from app.forms import Form, Needed, stripped, unwrapped
from app.models import EndWord, Newsletter, Question, Rubric, Subscription
from app.reader.forms import is_address


def _address(label: object, description: object = "") -> EmailField:
    return EmailField(
        label,
        description=description,
        filters=[stripped],
        validators=[
            Needed(_("Please write your e‑mail address.")),
            Length(max=addresses.LONGEST, message=_("An e‑mail address is not as long as this.")),
            is_address,
        ],
    )


class AskForm(Form):
    """With a CSRF token: it is open to everybody."""

    address = _address(_("E‑mail address"))


class LinkForm(Form):
    class Meta(Form.Meta):
        csrf = False


class RubricsForm(LinkForm):
    """Of one newsletter; `prefix` keeps several on one page apart."""

    rubrics = SelectMultipleField(_("Rubrics"), choices=(), validate_choice=False)
    offered: tuple[Rubric, ...] = ()
    """Those that she may do without, in the newsletter's order."""

    text_only = BooleanField(
        _("As plain text"),
        description=_(
            "Without pictures and layout; for small screens, slow lines, screen readers."
        ),
    )

    @classmethod
    def of(cls, subscription: Subscription, **given: Any) -> RubricsForm:
        """As her settings stand; `formdata` in `given` is what she sent instead."""
        form = cls(prefix=prefix(subscription.newsletter), **given)
        offered = preferences.choosable(subscription.newsletter.rubrics)
        form.offered = tuple(
            each for each in subscription.newsletter.rubrics if each.anchor in offered
        )
        # A browser sends nothing at all when no box is ticked.
        form.rubrics.data = form.rubrics.data or []
        if given.get("formdata", ...) is None:
            form.rubrics.data = [
                each.anchor for each in form.offered if preferences.wants(subscription, each)
            ]
            form.text_only.data = subscription.text_only
        return form


class PauseForm(LinkForm):
    until = StringField(
        _("Send me issues again from"),
        filters=[stripped],
        widget=DateInput(),
        validators=[Needed(_("Please choose the day from which you want issues again."))],
    )

    def validate_until(self, field: Any) -> None:
        self.day = read_day(field.data)
        if self.day is None:
            raise ValidationError(_("Please write the day as year-month-day, such as 2027-01-31."))

    day: dt.date | None = None


class JoinForm(LinkForm):
    """A newsletter's own questions, for whoever joins it from her page."""

    @classmethod
    def of(cls, newsletter: Newsletter, **given: Any) -> JoinForm:
        """With what she sent; `given` says what else: nothing, or what she answered once (`known`)."""
        asked = question_fields.fields(newsletter.questions)
        made = type("JoinForm", (cls,), asked)
        return cast("JoinForm", made(prefix=prefix(newsletter), **given))

    def answers_to(self, questions: Sequence[Question]) -> dict[int, str]:
        """What is kept of them, once the form is valid."""
        given = {each.name: self[question_fields.name_of(each)].data or "" for each in questions}
        return answers.read_all(questions, given)


def known(questions: Sequence[Question], given: Mapping[str, str]) -> dict[str, str]:
    """Answers by their questions' names, by the names of the fields that ask for them."""
    return {question_fields.name_of(each): given.get(each.name, "") for each in questions}


class WhyForm(LinkForm):
    """After she has left: a word, a line, or nothing."""

    word = RadioField(
        _("Why did you leave?"),
        choices=[SelectChoice(word.value, said) for word, said in departures.WORDS.items()],
        validate_choice=False,
    )
    note = TextAreaField(
        _("Something to add?"),
        filters=[unwrapped],
        validators=[
            Length(
                max=departures.LONGEST_NOTE,
                message=_(
                    "Please shorten this to %(max)d characters.", max=departures.LONGEST_NOTE
                ),
            )
        ],
    )

    @property
    def chosen(self) -> EndWord | None:
        return EndWord(self.word.data) if self.word.data in set(EndWord) else None

    def validate_word(self, field: Any) -> None:
        if self.chosen is None and not self.note.data:
            raise ValidationError(_("Please choose a reason, or write one below."))


class LanguageForm(LinkForm):
    language = SelectField(
        _("Language of these pages and of mails about your subscription"),
        choices=[SelectChoice(*each) for each in language.NAMES.items()],
        validate_choice=False,
    )


class AddressForm(LinkForm):
    address = _address(
        _("New e‑mail address"),
        _(
            "We write to it, and it confirms with one press. Until then nothing changes. Your present"
            " address is told, and can stop it."
        ),
    )


def prefix(newsletter: Newsletter) -> str:
    return f"{newsletter.slug}-"


def read_day(typed: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError:
        return None
