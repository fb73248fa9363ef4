"""Where a first sentence ends, in French and in English.

A mark ends a sentence when a blank and a new beginning follow it, the quotation it may stand in is
closed, and it belongs to no abbreviation, initial or dotted acronym. `97,4`, `1.5 GW` and
`Character.AI` have no blank behind the mark; `médias... et` goes on in small letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARK = re.compile(r"(?:\.{3}|[.!?…])+(?:[ \u00a0\u202f]?[»›]|[”’\"')\]])*(?=\s)")
_BEGINNING = re.compile(r"[\s«‹“‘\"'(\[¿¡–—-]*(\w)")
_LAST_WORD = re.compile(r"([^\s«“\"'’(\[]+)\.$")
_ACRONYM = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]|Inc|Corp|Ltd|Cie")
_ELLIPSIS = re.compile(r"(?:\.{3}|…)$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "M MM Mr Mrs Ms Mme Mmes Mlle Mlles Dr Drs Pr Prs Prof Rev Mgr St Ste Gen Col Cdt Lt"
)
"""What stands before a name, with this very case: `100 m.` and `un prof.` may end a sentence."""

_MID = _words("cf env approx ex vs av bd boul dept dép réf ref tél tel")
"""Abbreviations that something always follows."""

_COUNTED = _words(
    "p pp n no nos art chap fig vol éd ed janv jan févr fév feb avr juil sept sep oct nov déc dec aug"
)
"""Abbreviations when a number follows, else words: `no. 5` goes on, `the answer is no.` ends."""

_OPENERS = _words(
    """
    le la les l un une des du de d il elle ils elles on ce cet cette ces c son sa ses leur leurs en
    dans pour avec sans sur sous après avant mais et ou où or ni car donc si quand comme nous vous
    je j tu qui que qu au aux à a an the it he she they this that these those in on at for with and
    but we you i as if when after before its his her their there
    """
)
"""Words that open a sentence more often than they belong to a name."""


LOOKED_AT = 4000
"""Characters in which a first sentence must end. Each mark looks back over all before it: a megabyte
would take ten seconds (measured), these take 4 ms at the worst."""


def split_first(text: str) -> tuple[str, str]:
    """The first sentence with its mark, and the rest; together they are the text, blanks aside."""
    ends = list(_ends(text[:LOOKED_AT]))
    whole = next((end for end in ends if _is_closed(text[:end])), None)
    end = whole if whole is not None else next(iter(ends), len(text))
    return text[:end].strip(), text[end:].strip()


def ends(text: str) -> bool:
    """Whether a line ends as a sentence does."""
    return bool(re.search(r"[.!?…;:][\s»›”’\"')\]]*$", text))


def _ends(text: str) -> Iterator[int]:
    for mark in _MARK.finditer(text):
        rest = text[mark.end() :]
        before = text[: mark.end()]
        if _begins(rest) and not _is_pause(before, rest) and not _is_abbreviation(before, rest):
            yield mark.end()


def _begins(rest: str) -> bool:
    found = _BEGINNING.match(rest)
    return found is not None and not found[1].islower()


def _is_pause(before: str, rest: str) -> bool:
    """Three points before a name hold the breath (`Et si... OpenAI`); before `Le` they end."""
    return _ELLIPSIS.search(before) is not None and _next_word(rest) not in _OPENERS


def _is_abbreviation(before: str, rest: str) -> bool:
    found = _LAST_WORD.search(before)
    if found is None:
        return False
    word = found[1]
    if word in _TITLES or word.lower() in _MID:
        return True
    if word.lower() in _COUNTED:
        return re.match(r"\s*\d", rest) is not None
    if len(word) == 1 and word.isupper():
        return _is_name(before[: found.start()], rest)
    return bool(_ACRONYM.fullmatch(word)) and _next_word(rest) not in _OPENERS


def _is_name(before: str, rest: str) -> bool:
    """An initial: a capitalised word or nothing before it, and no common opener behind."""
    words = re.split(r"[\s'’]+", before.strip())
    named = not words[-1] or words[-1][0].isupper()
    return named and _next_word(rest) not in _OPENERS


def _next_word(rest: str) -> str:
    found = re.search(r"[^\W_]+", rest)
    return found[0].lower() if found else ""


def _is_closed(text: str) -> bool:
    """No quotation or bracket is left open."""
    pairs = (("«", "»"), ("“", "”"), ("(", ")"), ("[", "]"))
    return text.count('"') % 2 == 0 and all(text.count(a) <= text.count(b) for a, b in pairs)
