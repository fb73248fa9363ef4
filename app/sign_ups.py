"""The sign-up form, the same at every door: an address, a name if she likes, a box to tick."""

from __future__ import annotations

import unicodedata
from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, StringField, ValidationError
from wtforms.validators import DataRequired, Length, Optional

from app.core import addresses
from app.core.errors import Invalid
from app.core.subscribers import LONGEST_NAME
from app.extensions import _
from app.forms import Form, one_line, stripped

TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes (UAX #9) of the marks that turn the rest of a line around."""


def is_address(form: Any, field: Any) -> None:
    """A validator: what the core would refuse is refused here, beside its field."""
    try:
        addresses.read(field.data)
    except Invalid as refusal:
        raise ValidationError(refusal.message) from refusal


def unturned(form: Any, field: Any) -> None:
    """A validator: a name that turns its line around would garble the mail it stands in."""
    if any(unicodedata.bidirectional(char) in TURNING for char in field.data or ""):
        raise ValidationError(
            _("There is an invisible mark in here that turns text around. Please type it again.")
        )


class SignUpForm(Form):
    newsletter = HiddenField()
    address = EmailField(
        _("E-mail address"),
        filters=[stripped],
        validators=[
            DataRequired(_("Please write your e-mail address.")),
            Length(max=addresses.LONGEST, message=_("An e-mail address is not as long as this.")),
            is_address,
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
    consent = BooleanField(
        _("Consent"),
        validators=[DataRequired(_("Please tick the box: we write to nobody who did not ask."))],
    )
    website = StringField(_("Leave this empty"))
    """For robots, which fill every field; people never see it."""

    @property
    def is_trapped(self) -> bool:
        return bool(self.website.data)
