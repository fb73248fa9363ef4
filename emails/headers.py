"""The header lines of a mail: one charset, folded at 78 where it can be, never over 998 octets.

Sources: RFC 5322 (lines, fields), RFC 2047 (words beyond ASCII), RFC 2369 and 2919 (List-*),
RFC 8058 (one-click), RFC 3834 (Auto-Submitted). A control character in any value is refused, not
repaired: it is the beginning of somebody else's header.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from emails import encodings
from emails.errors import UnfitHeader, UnfitValue
from emails.values import Masthead

FOLD = 78
LONGEST = 998
"""RFC 5322 §2.1.1, octets without CRLF."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WITH_ACCENTS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}@[A-Za-z0-9.\[\]:-]{1,200}")
_ATOMS = re.compile(r"(?=.{1,64}$)[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
"""A name that needs no encoding. A longer one goes out in encoded words, which can be folded."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a notice comes from."""

    name: str
    address: str
    reply_to: str = ""


def printable(slot: str, value: str) -> str:
    """The value itself; raises UnfitValue where a control character stands in it."""
    if value.isascii() and value.isprintable():
        return value
    if found := _CONTROLS.search(value):
        raise UnfitValue(slot, f"holds the control character U+{ord(found[0]):04X}")
    return value


@lru_cache(maxsize=8)
def address(slot: str, value: str, *, accents: bool = True) -> str:
    """An address for the wire: the domain in punycode (RFC 5891), the local part in ASCII, or with
    letters beyond it where `accents` may stand (RFC 6531: only a relay that offers SMTPUTF8 is given
    it, see `needs_utf8`).

    Raises UnfitValue; quoted local parts are refused, because relays do not agree on them. The last
    few are remembered: a copy asks twice for its reader's, and once for the return path, which is
    the same in all copies.
    """
    local, at, domain = value.rpartition("@")
    fits = (_WITH_ACCENTS if accents else _LOCAL).fullmatch(local)
    if not at or not fits or len(local.encode("utf-8", "replace")) > 64:
        raise UnfitValue(slot, "is not an address that every relay can carry")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as odd:
            raise UnfitValue(slot, "has a domain that cannot be written in ASCII") from odd
    if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
        raise UnfitValue(slot, "has a domain that cannot exist")
    return f"{local}@{domain}"


def needs_utf8(wire_address: str) -> bool:
    """Whether only a relay with SMTPUTF8 can be given this address."""
    return not wire_address.isascii()


def message_id(value: str) -> bytes:
    if not _MESSAGE_ID.fullmatch(value):
        raise UnfitValue("message_id", "is not of the form left@right")
    return b"Message-ID: <" + value.encode("ascii") + b">\r\n"


def mailbox(field: str, name: str, wire_address: str) -> bytes:
    """`From`, `To` or `Reply-To`; `wire_address` has been through `address`. Where it needs UTF-8 it
    stands in it as it is (RFC 6532 §3.2)."""
    start = field.encode("ascii") + b": "
    target = wire_address.encode()
    if not name:
        return start + target + b"\r\n"
    angled = b"<" + target + b">"
    words = [name.encode("ascii")] if _ATOMS.fullmatch(name) else encodings.words(name)
    return start + b"\r\n ".join(_fitted(len(start), [*words, angled])) + b"\r\n"


def _fitted(start: int, parts: list[bytes]) -> list[bytes]:
    """Parts side by side while the line stays within FOLD."""
    lines = [parts[0]]
    for part in parts[1:]:
        room = FOLD - len(lines[-1]) - (start if len(lines) == 1 else 1)
        if len(part) + 1 <= room:
            lines[-1] += b" " + part
        else:
            lines.append(part)
    return lines


def unstructured(field: str, text: str) -> bytes:
    """A header of free text, such as Subject."""
    if text.isascii() and len(field) + 2 + len(text) <= FOLD and "=?" not in text:
        return f"{field}: {text}\r\n".encode("ascii")
    return unstructured_words(field, encodings.words(text))


def unstructured_words(field: str, words: Iterable[bytes]) -> bytes:
    """The same from encoded words, one a line: spaces between two of them are not shown
    (RFC 2047 §6.2), so none needs to know anything of its neighbours."""
    return field.encode("ascii") + b": " + b"\r\n ".join(words) + b"\r\n"


def structured(field: str, value: str) -> bytes:
    """A header of ASCII tokens or one URL, which has no place where it could be folded."""
    if _CONTROLS.search(value) or not value.isascii() or len(field) + 2 + len(value) > LONGEST:
        raise UnfitHeader(field, f"cannot hold {value[:80]!r}")
    return f"{field}: {value}\r\n".encode("ascii")


def date(at: dt.datetime) -> bytes:
    """`Date`, in UTC; `at` is aware."""
    return f"Date: {format_datetime(at.astimezone(dt.UTC))}\r\n".encode("ascii")


def newsletter(masthead: Masthead, feedback: str) -> bytes:
    """The List-* lines of every copy and Feedback-ID; List-Unsubscribe is the reader's own."""
    host = urlsplit(masthead.home_url).hostname or "localhost"
    owner = _own("reply_to", masthead.reply_to or masthead.sender_address)
    domain = owner.rpartition("@")[2]
    return b"".join(
        (
            structured("List-Id", f"<{masthead.slug}.{host}>"),
            structured("List-Help", f"<{masthead.home_url}>"),
            structured("List-Owner", f"<mailto:{owner}>"),
            structured("List-Archive", f"<{masthead.archive_url}>"),
            b"List-Post: NO\r\n",
            structured("Feedback-ID", f"{feedback}:{masthead.slug}:issue:{domain}"),
        )
    )


def sender(name: str, own_address: str, reply_to: str) -> bytes:
    """`From` and, where it differs, `Reply-To`."""
    lines = mailbox("From", _clean("From", name), _own("From", own_address))
    if reply_to and reply_to != own_address:
        lines += mailbox("Reply-To", "", _own("Reply-To", reply_to))
    return lines


def _own(header: str, value: str) -> str:
    """An address of our settings: what is wrong with it concerns every copy."""
    try:
        return address(header, value, accents=False)
    except UnfitValue as odd:
        raise UnfitHeader(header, str(odd)) from odd


def _clean(header: str, value: str) -> str:
    if _CONTROLS.search(value):
        raise UnfitHeader(header, "holds a control character")
    return value
