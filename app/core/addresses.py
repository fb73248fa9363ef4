"""Addresses: one spelling to write to, one key to know a person by.

Syntax only (RFC 5321 §4.1.2, as email-validator reads it). What is probably a slip is for
`core.domains` to know; whether a domain takes mail, for `app.exchanges`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.core.errors import Invalid
from app.extensions import _
from emails.typed import bare

LONGEST = 254
"""Characters of a whole address (RFC 5321 §4.5.3.1.3, less the angle brackets)."""


@dataclass(frozen=True, slots=True)
class Address:
    written: str
    """As she typed it, its domain in lower case and ASCII: what goes on the wire."""
    key: str
    """All in lower case: two addresses with one key are one person."""


def read(typed: str) -> Address:
    """Raises Invalid with a sentence that says what to do.

    Local parts beyond ASCII are refused: they need SMTPUTF8 (RFC 6531) all the way, which relays
    do not promise. Domains beyond ASCII are taken in their IDNA form. `.invalid` and `.test` pass:
    they are reserved for samples and tests and lead nowhere (RFC 2606 §2).
    """
    typed = bare(typed)
    _refuse_accents(typed)
    if typed.lower().endswith(".invalid"):
        # The library knows `.test` only; the rest of the address is checked all the same.
        stood_in = _checked(typed[: -len("invalid")] + "test")
        written = stood_in.removesuffix("test") + "invalid"
    else:
        written = _checked(typed)
    return Address(written=written, key=written.lower())


def _refuse_accents(typed: str) -> None:
    local, at, _domain = typed.rpartition("@")
    if at and re.fullmatch(r"[\w.+-]+", local) and not local.isascii():
        raise _refusal(
            _("We cannot write to an address with accents before the @. Please give one without.")
        )


def _checked(typed: str) -> str:
    try:
        found = validate_email(
            typed,
            check_deliverability=False,
            test_environment=True,
            allow_smtputf8=False,
            strict=True,
        )
    except EmailNotValidError as odd:
        raise _refusal() from odd
    if "." not in found.ascii_domain or found.ascii_email is None:
        raise _refusal()
    return found.ascii_email


def key(typed: str) -> str:
    """The key of an address given by hand, faulty or not: for looking up, never for keeping."""
    try:
        return read(typed).key
    except Invalid:
        return typed.strip().lower()


def veil(address: str) -> str:
    """Enough for its owner to know it, too little for whom a mail was forwarded to."""
    local, _at, domain = address.rpartition("@")
    # A word joiner keeps the two halves on one line.
    return f"{local[:1]}…\u2060@{domain}"


def _refusal(why: object = None) -> Invalid:
    sentence = why or _("Please write a whole e-mail address, such as marie@example.org.")
    return Invalid(sentence, {"address": sentence})
