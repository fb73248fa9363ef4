"""What every form at every door shares: fields that keep what was typed and refuse what cannot be kept.

Faults are sentences that say what to do; each field's sentence is tied to it in the page (the macros
of `templates/fields.html`), and the first faulty field takes the focus, also without JavaScript.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import EmailField, RadioField, ValidationError
from wtforms.validators import DataRequired

from app.core import relays
from app.core.errors import Conflict, Invalid
from app.extensions import _, csrf, db
from emails import typed

View = TypeVar("View", bound=Callable[..., Any])

PLAIN_CONTROLS = frozenset("\n\r\t")

STALE = _("This form had been open for too long or came from elsewhere. Please press once more.")

BROKEN = "\ufffd"
"""What stands for bytes that were no text."""


class Needed(DataRequired):  # type: ignore[misc]
    """A validator: there must be something that can be seen."""

    def __call__(self, form: Any, field: Any) -> None:
        if isinstance(field.data, str) and not typed.bare(field.data):
            field.data = ""
        super().__call__(form, field)


def own_token(view: View) -> View:
    """The view's form checks its CSRF token by itself, before anything is done: one that is stale
    or missing brings the page back with all that was typed, and a new token in it."""
    csrf.exempt(view)
    view.brings_back = True  # type: ignore[attr-defined]
    return view


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose text fields hold no control characters."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def render_field(self, field: Any, render_kw: Any) -> Any:
            # A field's own sentence is better than the house's.
            said = {**sentences(field), **(field.render_kw or {})}
            if isinstance(field, EmailField) and relays.takes_accents():
                # Browsers know no letters beyond ASCII before the @, and would let nobody write them.
                render_kw = {"type": "text", "inputmode": "email", **render_kw}
            return super().render_field(field, {**said, **ties(field), **render_kw})

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        for field in self:
            if sentence := _unkeepable(field.data):
                # One fault is told once, the one that explains the others first.
                field.errors = [sentence]
                sound = False
        self._tell_stale()
        self._focus_first_fault()
        return sound

    @property
    def is_told_above(self) -> bool:
        """Whether what is wrong concerns no field that can be seen: then its words take the focus."""
        return bool(self.errors) and not any(field.errors for field in self._seen())

    def _tell_stale(self) -> None:
        """A token of the house's own, in words for people; the page that comes back has a new one."""
        token = self._fields.get("csrf_token")
        if token is not None and token.errors:
            token.errors = [STALE]

    def _seen(self) -> list[Any]:
        return [field for field in self if getattr(field.widget, "input_type", "") != "hidden"]

    def blame(self, faults: Mapping[str, object]) -> None:
        """Put a refusal's sentences (`Invalid.faults`) beside the fields they concern."""
        self.blame_each({name: [sentence] for name, sentence in faults.items()})

    @contextmanager
    def blaming(self, conflict: str = "") -> Iterator[None]:
        """What is refused inside is undone and told at its fields, a `Conflict` at the one named.

        Afterwards `errors` says whether it was. What no field here could tell goes its way.
        """
        try:
            yield
        except (Invalid, Conflict) as refused:
            db.session.rollback()
            told = refused.faults if isinstance(refused, Invalid) else {conflict: refused.message}
            self.blame(told)
            if not self.errors:
                raise

    def take_over(self, other: Form) -> None:
        """The faults of a form that has the same fields stand in this one as well."""
        self.blame_each({field.short_name: field.errors for field in other if field.errors})

    def blame_each(self, faults: Mapping[str, Sequence[object]]) -> None:
        for field in self:
            field.errors = [*field.errors, *faults.get(field.short_name, ())]
        self._focus_first_fault()

    def _focus_first_fault(self) -> None:
        faulty = [field for field in self._seen() if field.errors]
        for field in faulty[:1]:
            if isinstance(field, RadioField):
                # Its options take over what it is told; the macro `choices` focuses the first.
                continue
            field.render_kw = {**(field.render_kw or {}), "autofocus": True}


def ties(field: Any) -> dict[str, str]:
    """The attributes that tie a control to its hint and its fault for those who listen to the page."""
    told = [f"{field.id}-hint"] if field.description else []
    if not field.errors:
        return {"aria-describedby": told[0]} if told else {}
    return {"aria-describedby": " ".join([*told, f"{field.id}-fault"]), "aria-invalid": "true"}


def sentences(field: Any) -> dict[str, str]:
    """What `faults.js` says of this field, so that it speaks the page's language, not the browser's."""
    said = {}
    if field.flags.required:
        said["data_fault_missing"] = str(_("Please fill this in."))
    if isinstance(field, EmailField):
        said["data_fault_wrong"] = str(
            _("Please write a whole e‑mail address, such as marie@example.org.")
        )
    elif field.flags.minlength:
        least = field.flags.minlength
        said["data_fault_wrong"] = str(_("Please take at least %(least)s characters.", least=least))
    return said


def _unkeepable(value: object) -> object:
    """Why this cannot be kept, as a sentence; None when it can."""
    if not isinstance(value, str):
        return None
    if has_controls(value):
        return _(
            "There is an invisible character in here that cannot be kept. Please type it again."
        )
    if BROKEN in value:
        return _("A character in here did not arrive whole. Please type it again.")
    return None


def has_controls(text: str) -> bool:
    """C0, C1 and NUL (line ends and tabs aside), and lone surrogates."""
    return any(
        unicodedata.category(char) in {"Cc", "Cs"} and char not in PLAIN_CONTROLS for char in text
    )


def one_line(form: Any, field: Any) -> None:
    """A validator: a name or a subject is one line (a line end in it could forge a header)."""
    if field.data and any(char in field.data for char in "\r\n\u2028\u2029\x85"):
        raise ValidationError(_("Please write this on one line."))


def stripped(value: Any) -> Any:
    """A filter: blanks around a value are never meant, whether they can be seen or not."""
    return typed.bare(value) if isinstance(value, str) else value


def unwrapped(value: Any) -> Any:
    """A filter: browsers send CR LF for a line end that they counted as one character."""
    return typed.bare(value.replace("\r\n", "\n")) if isinstance(value, str) else value
