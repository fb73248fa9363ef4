"""The forms by which an admin keeps a newsletter: what it says of itself, its rubrics and its fields."""

from __future__ import annotations

from dataclasses import dataclass

from wtforms import BooleanField, EmailField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core import newsletters, questions, rubrics
from app.editor.forms import NEEDED, VISIBILITIES, WholeField, line
from app.editor.sights import Sighted
from app.extensions import _
from app.forms import Form, Needed, stripped, unwrapped
from app.models import CommentRule, QuestionKind, RubricKind

_WHOLE_DAYS = _("Please write a whole number of days, 3650 at the most.")
_STORIES = _("Please write a whole number, from 1 to %(most)s.", most=rubrics.MOST_STORIES)

KINDS = {
    RubricKind.LEAD: _("Lead: the story of the issue"),
    RubricKind.BRIEFS: _("Briefs: short stories, one under the other"),
    RubricKind.IMAGE: _("Picture: one large picture and its words"),
    RubricKind.INTERVIEWS: _("Interviews"),
    RubricKind.LINKS: _("Links: a list, one line each"),
    RubricKind.TEXT: _("Text: whatever an issue has to say"),
    RubricKind.SPONSORED: _("Sponsored: it always says so, and readers cannot hide it"),
}
"""Rubrics as the desk names their kinds."""


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
        [InputRequired(NEEDED)],
        choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")],
    )
    sender_name = line(_("Sender’s name"), needed=True)
    sender_address = EmailField(_("Sender’s address"), [Needed(NEEDED)], filters=[stripped])
    reply_to = EmailField(
        _("Answers go to"), filters=[stripped], description=_("Empty: to the sender’s address.")
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
        [InputRequired(NEEDED)],
        choices=VISIBILITIES,
        description=_("Each issue may be given another rule, also after it was sent."),
    )

    def settings(self) -> newsletters.Settings:
        return newsletters.Settings(**self.words())


class QuestionWords(Form):
    """What may change of a newsletter's own field."""

    label = line(
        _("What the form asks"), needed=True, description=_("In the newsletter’s language.")
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
        [InputRequired(NEEDED)],
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


class RubricWords(Form):
    """What may change of a rubric."""

    title = line(_("Title"), needed=True, description=_("In the newsletter’s language."))
    required = BooleanField(_("No issue goes out without it"))
    least = WholeField(
        _("Stories at the least"),
        [InputRequired(NEEDED), NumberRange(1, rubrics.MOST_STORIES, _STORIES)],
        _STORIES,
        default=1,
        description=_("When it is there at all."),
    )
    most = WholeField(
        _("Stories at the most"),
        [InputRequired(NEEDED), NumberRange(1, rubrics.MOST_STORIES, _STORIES)],
        _STORIES,
        default=20,
    )

    def plan(self, kind: RubricKind, anchor: str) -> rubrics.RubricPlan:
        return rubrics.RubricPlan(
            kind=kind,
            title=self.title.data or "",
            anchor=anchor,
            required=bool(self.required.data),
            least=self.least.data or 0,
            most=self.most.data or 0,
        )


class NewRubric(RubricWords):
    kind = SelectField(
        _("Kind"),
        [InputRequired(NEEDED)],
        choices=[SelectChoice(each.value, said) for each, said in KINDS.items()],
        description=_("It says how its stories are set. It never changes."),
    )
    anchor = line(
        _("Anchor"),
        40,
        needed=True,
        description=_(
            "Small letters, digits and hyphens: links to it end so, as in …/12#news. It never changes."
        ),
    )

    def plan_of_new(self) -> rubrics.RubricPlan:
        return self.plan(RubricKind(self.kind.data), self.anchor.data or "")


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
    days = WholeField(
        _("Days until an issue’s comments close"),
        [Optional(), NumberRange(0, 3650, _WHOLE_DAYS)],
        _WHOLE_DAYS,
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
