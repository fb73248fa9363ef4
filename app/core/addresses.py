"""Addresses: one spelling to write to, one key to know a person by.

Syntax only (RFC 5321 §4.1.2, as email-validator reads it). What is probably a slip is for
`core.domains` to know; whether a domain takes mail, for `app.exchanges`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from app.core import relays
from app.core.errors import Invalid
from app.extensions import _
from emails.typed import bare

LONGEST = 254
"""Characters of a whole address (RFC 5321 §4.5.3.1.3, less the angle brackets)."""

_CONTROLS = frozenset(map(chr, (*range(9), *range(10, 32), *range(127, 160))))

LONGEST_LOCAL = 64
"""Octets before the @ (RFC 5321 §4.5.3.1.1)."""


@dataclass(frozen=True, slots=True)
class Address:
    written: str
    """As she typed it, its domain in lower case and ASCII: what goes on the wire."""
    key: str
    """All in lower case: two addresses with one key are one person."""


def read(typed: str, *, is_ours: bool = False) -> Address:
    """Raises Invalid with a sentence that says what to do.

    Local parts beyond ASCII need SMTPUTF8 (RFC 6531) all the way: they are taken while the relay
    offers it, and never for an address of ours (`is_ours`), to which answers come from everywhere.
    Such a one is written in lower case, because SQLite knows no other case of it. Domains beyond
    ASCII are taken in their IDNA form. `.invalid` and `.test` pass: they are reserved for samples
    and tests and lead nowhere (RFC 2606 §2).
    """
    if not _CONTROLS.isdisjoint(typed):
        raise _refusal()
    # Some keyboards write an accent as a sign of its own.
    typed = unicodedata.normalize("NFC", bare(typed))
    accents = _has_accents(typed)
    if accents and (is_ours or not relays.takes_accents()):
        raise _refusal(
            _("We cannot write to an address with accents before the @. Please give one without.")
        )
    if typed.lower().endswith(".invalid"):
        # The library knows `.test` only; the rest of the address is checked all the same.
        stood_in = _checked(typed[: -len("invalid")] + "test", accents)
        written = stood_in.removesuffix("test") + "invalid"
    else:
        written = _checked(typed, accents)
    return kept(written)


def _has_accents(typed: str) -> bool:
    """Whether letters beyond ASCII stand before the @."""
    local, at, _domain = typed.rpartition("@")
    return bool(at and re.fullmatch(r"[\w.+-]+", local)) and not local.isascii()


def _checked(typed: str, accents: bool) -> str:
    try:
        found = validate_email(
            typed,
            check_deliverability=False,
            test_environment=True,
            allow_smtputf8=accents,
            strict=True,
        )
    except EmailNotValidError as odd:
        raise _refusal() from odd
    if "." not in found.ascii_domain:
        raise _refusal()
    local = found.local_part.lower() if accents else found.local_part
    # RFC 6531 §3.3 counts octets.
    if len(local.encode()) > LONGEST_LOCAL or len(local) + len(found.ascii_domain) >= LONGEST:
        raise _refusal()
    return f"{local}@{found.ascii_domain}"


def kept(written: str) -> Address:
    """One that stands in a row already: it was read once, and stays hers when the relay's offer ends."""
    return Address(written=written, key=written.lower())


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
    sentence = why or _("Please write a whole e‑mail address, such as marie@example.org.")
    return Invalid(sentence, {"address": sentence})
