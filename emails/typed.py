"""Typed text, made fit to print: what a keyboard, a paste or a file may hold and a mail may not.

Nothing visible is taken away. Control characters become spaces (a NUL ends a message for some
servers, RFC 5321 §4.5.2 forbids bare CR and LF), lone surrogates become U+FFFD (they have no
UTF-8), and the characters that mark an open slot or a rubric's border inside a print (see
`emails.slots`, `emails.borders`) become U+FFFD, so that nobody can type a mark that is ours alone.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that show nothing: those of Hangul, and the Braille pattern without a dot."""
_UNPRINTABLE = re.compile("[\ud800-\udfff\ue000-\ue003]")


def paragraphs(text: str) -> str:
    """Text of several lines; LF is its only line end, TAB stays."""
    return _UNPRINTABLE.sub("\ufffd", _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", text)))


def bare(text: str) -> str:
    """Without what cannot be seen at either end: blanks of every kind, marks of no width, fillers."""
    start, end = 0, len(text)
    while start < end and _is_unseen(text[start]):
        start += 1
    while end > start and _is_unseen(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_unseen(char: str) -> bool:
    if char.isspace() or char in _FILLERS:
        return True
    # Marks that turn text around are refused in words, not taken away; tags end a flag's emoji.
    without_width = unicodedata.category(char) == "Cf" and char < "\U000e0000"
    return without_width and unicodedata.bidirectional(char) in {"BN", "L", "R", "AL"}


def line(text: str) -> str:
    """Text of one line; runs of spaces are kept to one, no-break spaces stay."""
    return re.sub(r"[ \t\n]+", " ", paragraphs(text)).strip(" ")
