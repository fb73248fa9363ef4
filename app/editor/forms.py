"""The desk's small forms. The writing page has its own reading: its fields are as many as stories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wtforms import (
    BooleanField,
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
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core import corrections, editors, newsletters, questions
from app.core.comments import LONGEST_TEXT
from app.editor.sights import Sighted
from app.extensions import _
from app.forms import Form, Needed, one_line, stripped, unwrapped
from app.models import CommentRule, QuestionKind, Role, Visibility

_NEEDED = _("Please fill this in.")
_WHOLE_DAYS = _("Please write a whole number of days, 3650 at the most.")

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
    rules = [Needed(_NEEDED) if needed else Optional(), Length(max=longest), one_line]
    return StringField(label, rules, filters=[stripped], **more)


class SignIn(Form):
    address = EmailField(_("E-mail address"), [Needed(_NEEDED)], filters=[stripped])
    password = PasswordField(_("Password"), [InputRequired(_NEEDED)])


class ForgottenPassword(Form):
    address = EmailField(_("E-mail address"), [Needed(_NEEDED)], filters=[stripped])


class NewPassword(Form):
    password = PasswordField(
        _("New password"),
        [
            InputRequired(_NEEDED),
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
    address = EmailField(_("Send a proof to"), [Needed(_NEEDED)], filters=[stripped])


class OnTheWeb(Form):
    """Who may read an issue on the web."""

    visibility = RadioField(
        _("Who may read it"), [InputRequired(_("Please choose one."))], choices=VISIBILITIES
    )


class CorrectionNote(Form):
    anchor = SelectField(_("It concerns"), validate_choice=False)
    text = TextAreaField(
        _("The correction"),
        [Needed(_NEEDED), Length(max=corrections.LONGEST)],
        filters=[unwrapped],
        description=_("What was wrong and what is right. It is shown with today’s date."),
    )


class Invitation(Form):
    name = line(_("Name"), 100, needed=True)
    address = EmailField(_("E-mail address"), [Needed(_NEEDED)], filters=[stripped])
    role = SelectField(
        _("Role"),
        [InputRequired(_NEEDED)],
        choices=[
            SelectChoice(Role.EDITOR.value, _("Editor: writes and sends")),
            SelectChoice(Role.CONTRIBUTOR.value, _("Contributor: writes")),
            SelectChoice(Role.ADMIN.value, _("Admin: also keeps the desk")),
        ],
    )


class NewsletterSettings(Sighted):
    name = line(_("Name"), needed=True)
    tagline = line(_("Tagline"), description=_("One line under the name, in every mail."))
    description = TextAreaField(
        _("What it is"),
        [Length(max=2000)],
        filters=[unwrapped],
        description=_("A paragraph or two for the sign-up page, plain text."),
    )
    rhythm = line(_("How often it comes"), description=_("In words: every Tuesday morning."))
    language = SelectField(
        _("Language"),
        [InputRequired(_NEEDED)],
        choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")],
    )
    sender_name = line(_("Sender's name"), needed=True)
    sender_address = EmailField(_("Sender's address"), [Needed(_NEEDED)], filters=[stripped])
    reply_to = EmailField(
        _("Answers go to"), filters=[stripped], description=_("Empty: to the sender's address.")
    )
    publisher = line(
        _("Publisher"), description=_("Who answers for it: the law asks for it in every mail.")
    )
    postal_address = TextAreaField(
        _("Postal address"),
        [Length(max=2000)],
        filters=[unwrapped],
        description=_("The law asks for it in every mail."),
    )
    accent = line(
        _("Colour"), 7, description=_("As #rrggbb; it is darkened where it must be read.")
    )

    visibility = SelectField(
        _("New issues on the web"),
        [InputRequired(_NEEDED)],
        choices=VISIBILITIES,
        description=_("Each issue may be given another rule, also after it was sent."),
    )

    def settings(self) -> newsletters.Settings:
        return newsletters.Settings(**self.words())


class QuestionWords(Form):
    """What may change of a newsletter's own field."""

    label = line(
        _("What the form asks"), needed=True, description=_("In the newsletter's language.")
    )
    hint = line(_("Help"), description=_("One line under the question, where it needs one."))
    required = BooleanField(_("An answer is required"))
    message = line(
        _("What is said when it is missing"),
        description=_("Empty: “Please fill this in.”"),
    )
    choices = TextAreaField(
        _("Answers offered"), [Length(max=10_000)], description=_("Of a choice: one a line.")
    )
    least = line(_("At the least"), 20, description=_("Of a number or a date, such as 2026-11-24."))
    most = line(
        _("At the most"),
        20,
        description=_("Of a number or a date; of a text, how many characters."),
    )

    def plan(self, name: str, kind: QuestionKind) -> questions.QuestionPlan:
        words = {field: self[field].data or "" for field in ("label", "hint", "message", "choices")}
        bounds = {"least": self.least.data or "", "most": self.most.data or ""}
        return questions.QuestionPlan(
            name=name, kind=kind, required=bool(self.required.data), **words, **bounds
        )


class NewQuestion(QuestionWords):
    name = line(
        _("Name"),
        40,
        needed=True,
        description=_("Small letters, digits and underscores: postal_code. It never changes."),
    )
    kind = SelectField(
        _("Kind"),
        [InputRequired(_NEEDED)],
        choices=[
            SelectChoice(QuestionKind.TEXT.value, _("A text")),
            SelectChoice(QuestionKind.CHOICE.value, _("A choice")),
            SelectChoice(QuestionKind.DATE.value, _("A date")),
            SelectChoice(QuestionKind.NUMBER.value, _("A number")),
        ],
        description=_("It never changes, either."),
    )

    def plan_of_new(self) -> questions.QuestionPlan:
        return self.plan(self.name.data or "", QuestionKind(self.kind.data))


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


class DaysField(IntegerField):  # type: ignore[misc]
    """A whole number of days, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as odd:
            raise ValueError(_WHOLE_DAYS) from odd


class CommentRules(Form):
    rule = RadioField(
        _("Who may comment"),
        [InputRequired(_("Please choose one."))],
        choices=[
            SelectChoice(CommentRule.OFF.value, _("Nobody: issues show no comments")),
            SelectChoice(CommentRule.HELD.value, _("Everybody, once an editor has read it")),
            SelectChoice(
                CommentRule.SHOWN.value,
                _(
                    "At once who came by the link of her mail; everybody else once an editor has read it"
                ),
            ),
        ],
    )
    days = DaysField(
        _("Days until an issue’s comments close"),
        [
            Optional(),
            NumberRange(0, 3650, _WHOLE_DAYS),
        ],
        description=_("Counted from the day it went out. Empty: never."),
    )


@dataclass(frozen=True, slots=True)
class Sites:
    """Of a newsletter's form, as they stand on the page: one a line."""

    origins: str


class Embedding(Sighted):
    origins = TextAreaField(
        _("Sites that may show the form"),
        [Length(max=12_000)],
        description=_("One a line, such as https://www.example.org. None: no other site may."),
        filters=[unwrapped],
    )

    def sites(self) -> Sites:
        return Sites(**self.words())
