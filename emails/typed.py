"""Typed text, made fit to print: what a keyboard, a paste or a file may hold and a mail may not.

Nothing visible is taken away. Control characters become spaces (a NUL ends a message for some
servers, RFC 5321 §4.5.2 forbids bare CR and LF), lone surrogates become U+FFFD (they have no
UTF-8), and the characters that mark an open slot or a rubric's border inside a print (see
`emails.slots`, `emails.borders`) become U+FFFD, so that nobody can type a mark that is ours alone.
"""

from __future__ import annotations

import re

_LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNPRINTABLE = re.compile("[\ud800-\udfff\ue000-\ue003]")


def paragraphs(text: str) -> str:
    """Text of several lines; LF is its only line end, TAB stays."""
    return _UNPRINTABLE.sub("\ufffd", _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", text)))


def line(text: str) -> str:
    """Text of one line; runs of spaces are kept to one, no-break spaces stay."""
    return re.sub(r"[ \t\n]+", " ", paragraphs(text)).strip(" ")
