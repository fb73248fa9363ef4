"""The form under an issue: a name, an address that is not shown, what one wants to say."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length

from app.core import addresses
from app.core.comments import LONGEST_NAME, LONGEST_TEXT
from app.core.errors import Invalid
from app.extensions import _
from app.forms import Form, Needed, one_line, stripped, unwrapped
from app.sign_ups import unturned


def is_address(form: Any, field: Any) -> None:
    """A validator: what the core would refuse is refused here, beside its field.

    Whether mail gets there is shown by the mail itself.
    """
    try:
        addresses.read(field.data)
    except Invalid as refusal:
        raise ValidationError(refusal.message) from refusal


class CommentForm(Form):
    """Its ids stand beside the anchors of an issue's rubrics, so they have a word of their own."""

    name = StringField(
        _("Name"),
        id="comment-name",
        filters=[stripped],
        validators=[
            Needed(_("Please write the name that should stand above your comment.")),
            Length(
                max=LONGEST_NAME,
                message=_("Please shorten this to %(max)d characters.", max=LONGEST_NAME),
            ),
            one_line,
            unturned,
        ],
    )
    address = EmailField(
        _("E‑mail address"),
        id="comment-address",
        description=_("It is not shown."),
        filters=[stripped],
        validators=[
            Needed(_("Please write your e‑mail address.")),
            Length(max=addresses.LONGEST, message=_("An e‑mail address is not as long as this.")),
            is_address,
        ],
    )
    text = TextAreaField(
        _("Your comment"),
        id="comment-text",
        filters=[unwrapped],
        validators=[
            Needed(_("Please write what you want to say.")),
            Length(
                max=LONGEST_TEXT,
                message=_("Please shorten this to %(max)d characters.", max=LONGEST_TEXT),
            ),
        ],
    )
    tell = BooleanField(_("Tell me by e‑mail when somebody answers"), id="comment-tell")
    answers = HiddenField(id="comment-answers")
    form = HiddenField(id="comment-form")
    website = StringField(_("Leave this empty"), id="comment-website")
    """For robots, which fill every field; people never see it."""

    @property
    def is_trapped(self) -> bool:
        return bool(self.website.data)

    def name_it(self, name: str) -> None:
        self.form.data = name

    def without_address(self) -> None:
        """Who came by the signed link of her mail is not asked for it."""
        del self.address
