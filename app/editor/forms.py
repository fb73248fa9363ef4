"""The desk's small forms. The writing page has its own reading: its fields are as many as stories."""

from __future__ import annotations

from typing import Any

from wtforms import (
    EmailField,
    FileField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.core import corrections, editors
from app.core.comments import LONGEST_TEXT
from app.extensions import _
from app.forms import Form, Needed, one_line, stripped, unwrapped
from app.models import Role, Visibility

NEEDED = _("Please fill this in.")

LONGEST_IMPORT = 400_000
"""Characters of a pasted text; a form's text fields may weigh 500 kB in all."""

VISIBILITIES = [
    SelectChoice(Visibility.PUBLIC.value, _("Public: everybody reads it and finds it")),
    SelectChoice(Visibility.UNLISTED.value, _("Unlisted: in no list, feed or search")),
    SelectChoice(
        Visibility.SUBSCRIBERS.value, _("For subscribers: the link in their mail opens it")
    ),
]


def line(label: object, longest: int = 200, *, needed: bool = False, **more: Any) -> StringField:
    """A field of one line."""
    rules = [Needed(NEEDED) if needed else Optional(), Length(max=longest), one_line]
    return StringField(label, rules, filters=[stripped], **more)


class WholeField(IntegerField):  # type: ignore[misc]
    """A whole number, or nothing; what is neither is told in the words given."""

    def __init__(self, label: object, rules: list[Any], odd: object, **more: Any) -> None:
        super().__init__(label, rules, **more)
        self._odd = odd

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as odd:
            raise ValueError(self._odd) from odd


class SignIn(Form):
    address = EmailField(_("E‑mail address"), [Needed(NEEDED)], filters=[stripped])
    password = PasswordField(_("Password"), [InputRequired(NEEDED)])


class ForgottenPassword(Form):
    address = EmailField(_("E‑mail address"), [Needed(NEEDED)], filters=[stripped])


class NewPassword(Form):
    password = PasswordField(
        _("New password"),
        [
            InputRequired(NEEDED),
            # The most is the core's to say: a browser told of it would cut what is pasted, unseen.
            Length(
                min=editors.SHORTEST,
                message=_("Please take at least %(least)s characters.", least=editors.SHORTEST),
            ),
        ],
        description=_("At least 12 characters; a sentence of your own is best."),
    )


class NewIssue(Form):
    newsletter = RadioField(_("Newsletter"), [InputRequired(_("Please choose one."))])


class Import(NewIssue):
    file = FileField(_("A file"), description=_("Markdown or plain text, as your editor saved it."))
    text = TextAreaField(_("or the text itself"), [Length(max=LONGEST_IMPORT)])


class Proof(Form):
    address = EmailField(_("Send a proof to"), [Needed(NEEDED)], filters=[stripped])


class OnTheWeb(Form):
    """Who may read an issue on the web."""

    visibility = RadioField(
        _("Who may read it"), [InputRequired(_("Please choose one."))], choices=VISIBILITIES
    )


class CorrectionNote(Form):
    anchor = SelectField(_("It concerns"), validate_choice=False)
    text = TextAreaField(
        _("The correction"),
        [Needed(NEEDED), Length(max=corrections.LONGEST)],
        filters=[unwrapped],
        description=_("What was wrong and what is right. It is shown with today’s date."),
    )


class Invitation(Form):
    name = line(_("Name"), 100, needed=True)
    address = EmailField(_("E‑mail address"), [Needed(NEEDED)], filters=[stripped])
    role = SelectField(
        _("Role"),
        [InputRequired(NEEDED)],
        choices=[
            SelectChoice(Role.EDITOR.value, _("Editor: writes and sends")),
            SelectChoice(Role.CONTRIBUTOR.value, _("Contributor: writes")),
            SelectChoice(Role.ADMIN.value, _("Admin: also keeps the desk")),
        ],
    )


class CommentAnswer(Form):
    text = TextAreaField(
        _("Your answer"),
        [
            Needed(_("Please write what you want to say.")),
            Length(
                max=LONGEST_TEXT,
                message=_("Please shorten this to %(max)d characters.", max=LONGEST_TEXT),
            ),
        ],
        description=_("It stands at once, under your name, marked as the newsroom’s."),
        filters=[unwrapped],
    )
    form = HiddenField()
