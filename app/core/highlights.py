"""Where the words that were looked for stand in a text: pieces, some of them marked.

The text stays text: pages put <mark> around a marked piece and escape both.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SNIPPET = 220
"""Characters of a story shown around the first word found: about three lines."""

LEAD = 60
"""Of these, characters before that word."""

SHORT = 4
"""A stem shorter than this marks only itself: "ia" is not the beginning of "ialtitude"."""

_WORD = re.compile(r"[^\W_]+")
_BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """The words to mark, folded; a longer one marks every word that begins with it."""

    stems: frozenset[str]

    def whole(self, text: str) -> tuple[Piece, ...]:
        """All of the text."""
        pieces: list[Piece] = []
        end = 0
        for found in _WORD.finditer(text):
            if self._fits(found[0]):
                if found.start() > end:
                    pieces.append(Piece(text[end : found.start()]))
                pieces.append(Piece(found[0], True))
                end = found.end()
        return tuple([*pieces, Piece(text[end:])] if end < len(text) else pieces)

    def around(self, text: str) -> tuple[Piece, ...]:
        """The part of the text around the first word found, else its beginning; cut between words."""
        text = _BLANKS.sub(" ", text).strip()
        first = next((each for each in _WORD.finditer(text) if self._fits(each[0])), None)
        start = max(0, first.start() - LEAD) if first else 0
        end = min(len(text), start + SNIPPET)
        cut = text[start:end]
        if start:
            cut = "… " + cut.partition(" ")[2]
        if end < len(text):
            cut = cut.rpartition(" ")[0] + " …"
        return self.whole(cut)

    def _fits(self, word: str) -> bool:
        spread = unicodedata.normalize("NFKD", word.casefold())
        bare = "".join(char for char in spread if not unicodedata.combining(char))
        bare = bare.replace("œ", "oe").replace("æ", "ae")
        return any(
            bare == stem or (len(stem) >= SHORT and bare.startswith(stem)) for stem in self.stems
        )
