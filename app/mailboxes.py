"""The address somebody signs up with: what a door asks of it beyond its spelling, and how it is counted.

Help comes before refusal: a likely slip is offered corrected, and one press takes the offer or keeps
what was typed. All doors share this, whether a form or JSON brings the address.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from wtforms import ValidationError

from app.core import addresses, domains
from app.core.errors import Invalid
from app.extensions import _, db, exchanges, keys
from emails.typed import bare

View = TypeVar("View", bound=Callable[..., Any])

GMAIL = frozenset({"gmail.com", "googlemail.com"})
"""Two names of one domain, whose mailboxes are the same with and without dots before the @."""


def is_writable(form: Any, field: Any) -> None:
    """A validator: refuses what is no address, offers a correction (`form.offered`), and refuses a
    domain that takes no mail. What stands in the form's field `keep` is not offered again."""
    try:
        read = addresses.read(field.data)
    except Invalid as refusal:
        raise ValidationError(refusal.message) from refusal
    form.offered = corrected(field.data)
    if form.offered and form.keep.data != field.data:
        raise ValidationError(_("Did you mean %(address)s?", address=form.offered))
    domain = read.written.rpartition("@")[2]
    if not exchanges.takes_mail(domain):
        raise ValidationError(
            _(
                "No mail can be sent to %(domain)s. Please look again at what stands after the @.",
                domain=domain,
            )
        )


def corrected(typed: str) -> str:
    """The address that was probably meant; empty when this one may well be right."""
    local, at, domain = typed.rpartition("@")
    meant = domains.likely(domain)
    return f"{local}{at}{meant}" if meant else ""


def take_offer(form: Any) -> None:
    """She pressed the offer: it takes the place of what was typed, if it is still about that."""
    form.address.data = _meant(form.address.data or "", form.take.data or "")


def _meant(typed: str, taken: str) -> str:
    return taken if taken and taken == corrected(typed) else typed


def asked_ahead(view: View) -> View:
    """Put the question to the DNS before the view begins a transaction, which must not wait for it."""

    @wraps(view)
    def ask(*args: Any, **kwargs: Any) -> Any:
        try:
            read = addresses.read(_typed())
        except Invalid:
            return view(*args, **kwargs)
        # To read one with accents the relay's row was looked at: let go of it before we wait.
        db.session.rollback()
        exchanges.takes_mail(read.written.rpartition("@")[2])
        return view(*args, **kwargs)

    return cast("View", ask)


def readable(view: View) -> View:
    """Refuse what is too large or broken before `counted` would read it.

    What a limiter meets while it counts it takes for a broker that is away: from then on each process
    would count for itself, from nothing.
    """

    @wraps(view)
    def read(*args: Any, **kwargs: Any) -> Any:
        _typed()
        return view(*args, **kwargs)

    return cast("View", read)


def counted() -> str:
    """Under which name limits count the address of this request; empty when there is none.

    One inbox has many spellings: what stands behind a plus, and dots where they mean nothing, do not
    make it another. Hashed, for the broker has no business with addresses.
    """
    local, _at, domain = addresses.key(_typed()).rpartition("@")
    if not local:
        return ""
    inbox = local.partition("+")[0]
    if domain in GMAIL:
        inbox, domain = inbox.replace(".", ""), "gmail.com"
    return keys.hashes(f"{inbox}@{domain}")[0]


def _typed() -> str:
    """The address that the request is about, in a form or as JSON: an offer that she took, or hers."""
    given: object = request.form.get("address")
    if given is None and request.is_json:
        given = _in_json()
    address = given if isinstance(given, str) else ""
    return _meant(bare(address), request.form.get("take", ""))


def _in_json() -> object:
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        # Nested deeper than Python reads: it names no address.
        return None
    return body.get("address") if isinstance(body, dict) else None
