"""Signing up, the same at every door: the form's fields and rules, its caps, and what follows.

Doors differ in how they ask and answer; what is asked for, refused, kept and mailed is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import Length, Optional

from app import bells, caps, lanes, language, mailboxes, pace, question_fields, visitors
from app.core import addresses, answers, clock, subscriptions
from app.core.subscribers import LONGEST_NAME
from app.core.subscriptions import Wish
from app.extensions import _, db, limiter, links, settings
from app.forms import Form, Needed, one_line, stripped
from app.links import FOR_EVER, Purpose
from app.models import Newsletter, Question

View = TypeVar("View", bound=Callable[..., Any])

BY_VISITOR = "30 per hour"
BY_NETWORK = "150 per hour"
BY_ADDRESS = "10 per hour"
"""A family, an office or a school behind one address stays far below; a robot does not."""

EVEN_SECONDS = 0.1
"""A sign-up is answered so long after it came. A new address costs 8 ms of work, a confirmed one 5, a
suppressed one 3 (measured, PostgreSQL on loopback); on a machine with six times as much to do as it
can, half of them took 35. Nobody who pressed a button feels the difference."""


def unturned(form: Any, field: Any) -> None:
    """A validator: a name that turns its line around would garble the mail it stands in."""
    if answers.is_turned(field.data or ""):
        raise ValidationError(answers.TURNED)


class OpenedField(HiddenField):  # type: ignore[misc]
    """When the form was first loaded, signed: comes back as it was, or is made anew."""

    @property
    def seconds(self) -> float:
        """How long ago; less than nothing when it does not say so in our hand."""
        # A form that was open for long is as good as a new one.
        value = links().read_timed_token(Purpose.FORM, self.data or "", FOR_EVER)
        return clock.now().timestamp() - float(value) if value else -1.0

    def _value(self) -> str:
        if self.seconds >= 0:
            return str(self.data)
        return links().timed_token(Purpose.FORM, str(clock.now().timestamp()))


class _Person(Form):
    """Who asks. Its fields are added in the order of the page, so that the first fault is the upmost."""

    address: EmailField
    first_name: StringField
    take: StringField
    keep: StringField
    website: StringField
    """For robots, which fill every field; people never see it."""
    opened: OpenedField | None = None
    """When the form was loaded. A form that stands on somebody else's page has none."""

    offered = ""
    """The correction of the address that the page offers."""

    def validate(self, extra_validators: Any = None) -> bool:
        mailboxes.take_offer(self)
        return super().validate(extra_validators)

    def validate_opened(self, field: OpenedField) -> None:
        """Robots are quicker than people; a person with a program that fills forms for her may be as
        quick, and is not lost: her second press is slower."""
        least = settings().form_seconds
        if least and field.seconds < least:
            raise ValidationError(_("That was very quick. Please press the button once more."))

    @property
    def is_trapped(self) -> bool:
        """Whether a robot filled in what people never see."""
        return bool(self.website.data)

    def answered(self, questions: Sequence[Question], among: str = "") -> dict[int, str]:
        names = {each.name: question_fields.name_of(each, among) for each in questions}
        given = {name: self[field].data or "" for name, field in names.items()}
        return answers.read_all(questions, given)


class SignUpForm(_Person):
    """To one newsletter, on its own page."""

    newsletter: HiddenField
    consent: BooleanField

    def answers_to(self, of: Newsletter) -> dict[int, str]:
        """What is kept of her answers, once the form is valid."""
        return self.answered(of.questions)


class ChoiceForm(_Person):
    """To as many newsletters as she likes; the box of each is her consent to it."""

    newsletters: SelectMultipleField

    def answers_to(self, of: Newsletter) -> dict[int, str]:
        """What is kept of her answers to one of those she chose, once the form is valid."""
        return self.answered(of.questions, of.slug)


WITHOUT_COOKIES = {"csrf": False}
"""For forms that stand on another site's page: there a browser keeps no cookie of ours, so none can
be misused either. Nothing is done in a visitor's name but to ask for a mail to the address typed."""


def form_for(
    of: Newsletter,
    *,
    is_ours: bool = True,
    extra: Mapping[str, Field] | None = None,
    **more: Any,
) -> SignUpForm:
    """The form of one newsletter: the person, its own questions, the box, and a door's extra fields.

    One that is not ours was written by hand on somebody else's page: it cannot tell when it was
    loaded, and has no cookie.
    """
    ticked = Needed(_("Please tick the box: we write to nobody who did not ask."))
    fields = {
        "newsletter": HiddenField(),
        **_who(),
        **question_fields.fields(of.questions),
        "consent": BooleanField(_("Consent"), [ticked]),
        **(extra or {}),
    }
    if is_ours:
        fields["opened"] = OpenedField()
    else:
        more["meta"] = WITHOUT_COOKIES
    return cast("SignUpForm", type("SignUpForm", (SignUpForm,), fields)(newsletter=of.slug, **more))


def form_of_several(
    offered: Sequence[Newsletter], *, is_ours: bool = True, **more: Any
) -> ChoiceForm:
    """The form of all newsletters, each with its questions, which count when it is ticked.

    What else a robot names counts as nothing.
    """
    slugs = [each.slug for each in offered]
    chosen = Needed(_("Please tick at least one newsletter."))
    fields: dict[str, Any] = {
        "newsletters": SelectMultipleField(
            _("Newsletters"), [chosen], choices=slugs, validate_choice=False
        )
    }
    for each in offered:
        fields |= question_fields.fields(each.questions, each.slug)
    fields |= _who()
    if is_ours:
        fields["opened"] = OpenedField()
    else:
        more["meta"] = WITHOUT_COOKIES
    form = cast("ChoiceForm", type("ChoiceForm", (ChoiceForm,), fields)(**more))
    form.newsletters.data = [slug for slug in form.newsletters.data or [] if slug in slugs]
    return form


def _who() -> dict[str, Field]:
    address = EmailField(
        _("E‑mail address"),
        filters=[stripped],
        validators=[
            Needed(_("Please write your e‑mail address.")),
            Length(max=addresses.LONGEST, message=_("An e‑mail address is not as long as this.")),
            mailboxes.is_writable,
        ],
    )
    too_long = _("Please shorten this to %(max)d characters.", max=LONGEST_NAME)
    first_name = StringField(
        _("First name"),
        description=_("To greet you by it. Nothing else."),
        filters=[stripped],
        validators=[Optional(), Length(max=LONGEST_NAME, message=too_long), one_line, unturned],
    )
    website = StringField(_("Leave this empty"))
    # Holds the corrected address, or the one typed, when that button of the offer was pressed.
    offer = {"take": StringField(), "keep": StringField()}
    return {"address": address, "first_name": first_name, **offer, "website": website}


def wording(of: Newsletter) -> str:
    """The sentence beside the box; it is kept, as shown, with the proof of consent."""
    return str(
        _(
            "I want to receive “%(name)s” by e‑mail. I can leave at any time, by a link in every issue.",
            name=of.name,
        )
    )


def capped(view: View) -> View:
    """Limit a view that takes sign-ups; all doors count together.

    Counted in the broker, or by each process when that is away. No cap tells whether an address is
    known. What keeps an inbox from being bombed is not here but a rule over rows: at most one answer
    a day (`core.confirmations`).
    """
    served = pace.kept(mailboxes.asked_ahead(lanes.in_turn(view)))
    by_address = limiter.shared_limit(BY_ADDRESS, scope="sign-ups", key_func=mailboxes.counted)
    by_visitor = limiter.shared_limit(BY_VISITOR, scope="sign-ups")
    by_network = limiter.shared_limit(BY_NETWORK, scope="sign-ups", key_func=visitors.network)
    by_inbox = mailboxes.readable(by_address(lanes.with_room(served)))
    limited = by_network(by_visitor(by_inbox))
    return cast("View", caps.remembered(limited))


def take(newsletters: Sequence[Newsletter], form: SignUpForm | ChoiceForm, source: str) -> None:
    """Keep a valid sign-up, order its mail, commit, ring; `capped` holds the answer back, so that
    it takes the same time for every address.

    Thanks a robot in the trap and forgets it.
    """
    pace.promise(EVEN_SECONDS)
    owed: list[int] = []
    if not form.is_trapped:
        found = subscriptions.sign_up_for(
            [Wish(each, wording(each), form.answers_to(each)) for each in newsletters],
            form.address.data,
            form.first_name.data or "",
            language.spoken(),
            source=source,
            network=visitors.network(),
        )
        owed = bells.owed([found.notice])
    db.session.commit()
    bells.ring_at_once(owed)
