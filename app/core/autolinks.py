"""What readers typed, cut into paragraphs, lines and pieces: words, and addresses that lead somewhere.

Nothing here makes HTML: a template escapes every piece and draws the links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emails import markup, typed

_LINK = re.compile(r"https?://[^\s<>\"'«»“”‘’\u00a0\u202f]+", re.IGNORECASE)
_TAIL = ".,;:!?…*_~"
"""A sign that ends a sentence belongs to the sentence, though an address may hold it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line; `link` is where they lead, or empty."""

    words: str
    link: str = ""


def paragraphs(text: str) -> list[list[list[Piece]]]:
    """Paragraphs (an empty line parts them) of lines of pieces; together they are the text."""
    blocks = re.split(r"\n[ \t]*\n\s*", typed.paragraphs(text).strip())
    return [[_pieces(line) for line in block.split("\n")] for block in blocks if block.strip()]


def count(text: str) -> int:
    """How many links the text holds."""
    return sum(1 for piece in _all(text) if piece.link)


def _all(text: str) -> Iterator[Piece]:
    return (piece for block in paragraphs(text) for line in block for piece in line)


def _pieces(line: str) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _LINK.finditer(line):
        words = _trimmed(match[0])
        link = markup.safe_link(words)
        if not link:
            continue
        if match.start() > at:
            found.append(Piece(line[at : match.start()]))
        found.append(Piece(words, link))
        at = match.start() + len(words)
    if at < len(line) or not found:
        found.append(Piece(line[at:]))
    return found


def _trimmed(words: str) -> str:
    """Without the sentence's own signs at its end; a bracket stays when the address opened it."""
    while words:
        last = words[-1]
        unopened = last in ")]" and words.count(last) > words.count({")": "(", "]": "["}[last])
        if last not in _TAIL and not unopened:
            break
        words = words[:-1]
    return words
