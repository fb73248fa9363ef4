"""Two readers that know nothing of our composer: the standard library's, and one written from the RFCs.

The second is strict where the first forgives: it fails on a line that is too long, a space at a
line's end, an encoded word that ends within a character.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

_WORD = re.compile(r"=\?utf-8\?q\?([!->@-~]+)\?=")
_QUOTED = re.compile(rb"=([0-9A-F]{2})")


@dataclass(frozen=True)
class Letter:
    """What is in a mail: its headers in order, decoded, and its parts by their subtype."""

    headers: tuple[tuple[str, str], ...]
    parts: dict[str, str]

    def header(self, name: str) -> str:
        (found,) = (value for each, value in self.headers if each == name)
        return found

    @property
    def name(self) -> str:
        """Whom `To` names, without the address."""
        return _phrase(self.header("To"))

    @property
    def sender(self) -> str:
        return _phrase(self.header("From"))


def _phrase(mailbox: str) -> str:
    phrase, _, _ = mailbox.rpartition(" <")
    is_quoted = phrase[:1] == phrase[-1:] == '"' and len(phrase) > 1
    return re.sub(r"\\(.)", r"\1", phrase[1:-1]) if is_quoted else phrase


def by_the_library(data: bytes) -> Letter:
    """Python's own parser, in its modern form."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return Letter(
        tuple(
            (name, _mailbox(raw) if name in ("From", "To") else str(message[name]))
            for name, raw in message.raw_items()
        ),
        {
            part.get_content_subtype(): str(part.get_content()).replace("\r\n", "\n")
            for part in message.walk()
            if isinstance(part, EmailMessage) and not part.is_multipart()
        },
    )


def _mailbox(raw: str) -> str:
    """By the library's older decoder: of a name in several encoded words its modern one shows the
    spaces between them, which RFC 2047 §6.2 says are none."""
    return str(make_header(decode_header(raw)))


def by_hand(data: bytes) -> Letter:
    """RFC 5322 §2.2 (lines, folding), 2046 §5.1.1 (parts), 2045 §6.7 and 2047 §5 and §6 (encodings)."""
    fields, body = _split(data)
    named = dict(fields)
    kind = re.fullmatch(r'multipart/alternative; boundary="(.+)"', named["Content-Type"])
    if not kind:
        return Letter(fields, dict([_part(data)]))
    before, *parts, after = (b"\r\n" + body).split(b"\r\n--" + kind[1].encode("ascii"))
    assert (before, after) == (b"", b"--\r\n")
    return Letter(fields, dict(_part(part.removeprefix(b"\r\n")) for part in parts))


READERS: tuple[Callable[[bytes], Letter], ...] = (by_the_library, by_hand)


def _split(data: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = re.sub(r"\r\n(?=[ \t])", "", head.decode("ascii")).split("\r\n")
    fields = [re.fullmatch(r"([!-9;-~]+): (.*)", line) for line in lines]
    return tuple((field[1], _decoded(field[2])) for field in fields if field), body


def _decoded(value: str) -> str:
    joined = re.sub(r"(\?=)[ \t]+(?==\?)", r"\1", value)
    return _WORD.sub(lambda word: _text(word[1].replace("_", " ").encode("ascii")), joined)


def _part(part: bytes) -> tuple[str, str]:
    fields, content = _split(part)
    named = dict(fields)
    kind = re.fullmatch(r"text/(plain|html); charset=utf-8", named["Content-Type"])
    assert kind
    assert named["Content-Transfer-Encoding"] == "quoted-printable"
    lines = content.split(b"\r\n")
    assert all(len(line) <= 76 and line[-1:] not in (b" ", b"\t") for line in lines)
    return kind[1], _text(content.replace(b"=\r\n", b"")).replace("\r\n", "\n")


def _text(quoted: bytes) -> str:
    """Strict: what is no whole UTF-8, or an `=` that begins nothing, fails."""
    plain = _QUOTED.sub(lambda octet: bytes.fromhex(octet[1].decode("ascii")), quoted)
    assert plain.count(b"=") == quoted.count(b"=3D"), "a bare = that begins nothing"
    return plain.decode("utf-8")
