"""Text as bytes that any relay passes on unchanged: quoted-printable and encoded words.

Quoted-printable (RFC 2045 §6.7) with lines of at most 76 octets, CRLF, and a leading dot written
`=2E`: nothing in it needs dot-stuffing, so the bytes that are previewed, signed and sent are the
same. A leading `From ` becomes `=46rom `: a store that keeps mail in one file (mbox, RFC 4155) would
put a `>` before it, and break the signature with it. A value is a run of whole lines ending in a
soft break, so it can be put between two pieces without looking at either.
"""

from __future__ import annotations

import re

SOFT = b"=\r\n"

_LINE = 75
"""Octets before the `=` of a soft break."""
_QUOTED = tuple(
    bytes((code,)) if 32 <= code <= 126 and code != 61 else f"={code:02X}".encode()
    for code in range(256)
)
_WORD = tuple(
    bytes((code,)) if chr(code).isascii() and chr(code).isalnum()
    else b"_" if code == 32
    else f"={code:02X}".encode()
    for code in range(256)
)  # fmt: skip
"""RFC 2047 §5 (3), the strictest place: a phrase before an address. A space is `_` (§4.2)."""
_WORD_ROOM = 76 - len("Subject: =?utf-8?q??=")
"""So that a word fits beside the name of its header: 76 to a line (RFC 2047 §2)."""
_PLAIN = re.compile(r"(?!From )[A-Za-z0-9 ,_-]{1,72}")
_FROM = [b"F", b"r", b"o", b"m", b" "]


def quoted(text: str) -> bytes:
    """A whole text whose LF are line ends; ends without one."""
    return b"\r\n".join(_lines(line, hard=True) for line in text.split("\n"))


def quoted_piece(text: str) -> bytes:
    """Text before or between slots: it ends in a soft break, so that a value may follow."""
    return quoted(text) + SOFT if text else b""


def quoted_value(value: str) -> bytes:
    """One value on soft-broken lines of its own; nothing for an empty one."""
    if _PLAIN.fullmatch(value):
        return value.encode("ascii") + SOFT
    return _lines(value, hard=False) + SOFT if value else b""


def _lines(text: str, *, hard: bool) -> bytes:
    """One line of text as soft-broken lines; before a hard end, a trailing space is encoded."""
    tokens = [_QUOTED[code] for code in text.encode()]
    if hard and tokens and tokens[-1] == b" ":
        tokens[-1] = b"=20"
    lines: list[bytes] = []
    current: list[bytes] = []
    width = 0
    for place, token in enumerate(tokens):
        if width + len(token) > _LINE:
            lines.append(b"".join(current))
            current, width = [], 0
        if not current and token == b".":
            token = b"=2E"
        elif not current and token == b"F" and tokens[place : place + 5] == _FROM:
            token = b"=46"
        current.append(token)
        width += len(token)
    lines.append(b"".join(current))
    return SOFT.join(lines)


def words(text: str) -> list[bytes]:
    """Encoded words (RFC 2047), utf-8 and Q, each of whole characters and short enough for a line."""
    whole = b"".join([_WORD[code] for code in text.encode()])
    if len(whole) <= _WORD_ROOM:
        return [_word(whole)] if whole else []
    found: list[bytes] = []
    current, width = b"", 0
    for character in text:
        token = b"".join([_WORD[code] for code in character.encode()])
        if width + len(token) > _WORD_ROOM:
            found.append(_word(current))
            current, width = b"", 0
        current += token
        width += len(token)
    return [*found, _word(current)] if current else found


def _word(content: bytes) -> bytes:
    return b"=?utf-8?q?" + content + b"?="
