"""Signing up, the same at every door: the form's fields and rules, its caps, and what follows.

Doors differ in how they ask and answer; what is asked for, refused, kept and mailed is here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length, Optional

from app import bells, language, mailboxes, pace, visitors
from app.core import addresses, clock, subscriptions
from app.core.subscribers import LONGEST_NAME
from app.core.subscriptions import Wish
from app.extensions import _, db, limiter, links, settings
from app.forms import Form, one_line, stripped
from app.links import Purpose
from app.models import Newsletter

View = TypeVar("View", bound=Callable[..., Any])

BY_VISITOR = "30 per hour"
BY_NETWORK = "150 per hour"
BY_ADDRESS = "10 per hour"
"""A family, an office or a school behind one address stays far below; a robot does not."""

EVEN_SECONDS = 0.025
"""A sign-up is answered no sooner. A new address costs 8 ms of work, a confirmed one 5, a suppressed
one 3 (measured, PostgreSQL on loopback): what is left of that, no stopwatch tells apart."""

AGES = 24 * 365 * 100.0
"""Hours: a form that was open for long is as good as a new one."""

TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes (UAX #9) of the marks that turn the rest of a line around."""


def unturned(form: Any, field: Any) -> None:
    """A validator: a name that turns its line around would garble the mail it stands in."""
    if any(unicodedata.bidirectional(char) in TURNING for char in field.data or ""):
        raise ValidationError(
            _("There is an invisible mark in here that turns text around. Please type it again.")
        )


class OpenedField(HiddenField):  # type: ignore[misc]
    """When the form was first loaded, signed: comes back as it was, or is made anew."""

    @property
    def seconds(self) -> float:
        """How long ago; less than nothing when it does not say so in our hand."""
        value = links().read_timed_token(Purpose.FORM, self.data or "", AGES)
        return clock.now().timestamp() - float(value) if value else -1.0

    def _value(self) -> str:
        if self.seconds >= 0:
            return str(self.data)
        return links().timed_token(Purpose.FORM, str(clock.now().timestamp()))


class _Choice(Form):
    """What is asked for. It stands above the person on the page, and so do its faults."""

    newsletters = SelectMultipleField(
        _("Newsletters"),
        validators=[DataRequired(_("Please tick at least one newsletter."))],
        validate_choice=False,
    )


class _Person(Form):
    """Who asks."""

    address = EmailField(
        _("E-mail address"),
        filters=[stripped],
        validators=[
            DataRequired(_("Please write your e-mail address.")),
            Length(max=addresses.LONGEST, message=_("An e-mail address is not as long as this.")),
            mailboxes.is_writable,
        ],
    )
    first_name = StringField(
        _("First name"),
        description=_("To greet you by it. Nothing else."),
        filters=[stripped],
        validators=[
            Optional(),
            Length(
                max=LONGEST_NAME,
                message=_("Please shorten this to %(max)d characters.", max=LONGEST_NAME),
            ),
            one_line,
            unturned,
        ],
    )
    take = StringField()
    """Holds the corrected address when its button was pressed."""
    keep = StringField()
    """Holds the address as typed when the button that keeps it was pressed."""
    website = StringField(_("Leave this empty"))
    """For robots, which fill every field; people never see it."""
    opened = OpenedField()
    """When the form was loaded. A door whose forms are not ours takes it away: `opened = None`."""

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
        return bool(self.website.data)


class SignUpForm(_Person):
    """To one newsletter, on its own page."""

    newsletter = HiddenField()
    consent = BooleanField(
        _("Consent"),
        validators=[DataRequired(_("Please tick the box: we write to nobody who did not ask."))],
    )


class ChoiceForm(_Person, _Choice):
    """To as many newsletters as she likes; the box of each is her consent to it."""

    def offer(self, newsletters: Sequence[Newsletter]) -> None:
        """These can be chosen; what else a robot names counts as nothing."""
        self.newsletters.choices = [each.slug for each in newsletters]
        known = {each.slug for each in newsletters}
        self.newsletters.data = [slug for slug in self.newsletters.data or [] if slug in known]


def wording(of: Newsletter) -> str:
    """The sentence beside the box; it is kept, as shown, with the proof of consent."""
    return str(
        _(
            "I want to receive “%(name)s” by e-mail. I can leave at any time, by a link in every issue.",
            name=of.name,
        )
    )


def capped(view: View) -> View:
    """Limit a view that takes sign-ups; all doors count together.

    Counted in the broker, or by each process when that is away. No cap tells whether an address is
    known. What keeps an inbox from being bombed is not here but a rule over rows: at most one answer
    a day (`core.confirmations`).
    """
    by_address = limiter.shared_limit(BY_ADDRESS, scope="sign-ups", key_func=mailboxes.counted)
    by_visitor = limiter.shared_limit(BY_VISITOR, scope="sign-ups")
    by_network = limiter.shared_limit(BY_NETWORK, scope="sign-ups", key_func=visitors.network)
    return cast("View", by_network(by_visitor(by_address(mailboxes.asked_ahead(view)))))


def take(newsletters: Sequence[Newsletter], form: _Person, source: str) -> None:
    """Keep a valid sign-up, order its mail, commit, ring; the same time for every address.

    Thanks a robot in the trap and forgets it.
    """
    with pace.even(EVEN_SECONDS):
        if not form.is_trapped:
            found = subscriptions.sign_up_for(
                [Wish(each, wording(each)) for each in newsletters],
                form.address.data,
                form.first_name.data or "",
                language.spoken(),
                source=source,
                network=visitors.network(),
            )
            bells.ring([found.notice])
        db.session.commit()
