"""Slots: the named places that each copy of a mail fills with its reader's own values.

There is no logic in them, and no template language ever meets typed text: a slot is a name and a
fallback, `{{first_name|lecteur}}`. What is not exactly that stays the text it is, braces and all.

A print carries its open slots between two private-use characters (U+E000, U+E001) instead of
braces. Typed text has both taken out first (`emails.typed`), so what is between them was put
there by us: a reader's token can stand in a link of the frame and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from emails import typed
from emails.errors import UnknownSlot

TYPED = ("first_name",)
"""The slots an editor may type in any issue; a newsletter's own questions add theirs (`own`)."""

OPEN, CLOSE = "\ue000", "\ue001"

_own: ContextVar[frozenset[str]] = ContextVar("own", default=frozenset())

_TYPED = re.compile(r"\{\{[ \t]*([a-z][a-z0-9_]{0,39})[ \t]*(?:\|([^{}|<>\n]{0,200}))?\}\}")
_TOKEN = "{{token}}"  # noqa: S105 - the name of a slot, not a secret
_LOOKALIKE = re.compile(
    r"\{\{[ \t]*([a-zA-Z_][a-zA-Z0-9_]{0,60})[ \t]*(?:\|[^{}|<>\n]{0,200})?\}\}"
)
MARK = re.compile(f"{OPEN}([a-z][a-z0-9_]*)(?:\\|([^{OPEN}{CLOSE}]*))?{CLOSE}")
"""An open slot inside a print: group 1 its name, group 2 its fallback or None."""


@contextmanager
def own(names: Collection[str]) -> Iterator[None]:
    """Inside, these names are slots too: an issue is printed with its newsletter's own.

    What is typed anywhere else (a comment, another newsletter's issue) knows none of them.
    """
    token = _own.set(frozenset(names))
    try:
        yield
    finally:
        _own.reset(token)


def _is_known(name: str) -> bool:
    return name in TYPED or name in _own.get()


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    fallback: str = ""

    @property
    def open_frame(self) -> str:
        """How a slot of the frame, which has no fallback, stands in a print."""
        return f"{OPEN}{self.name}{CLOSE}"

    @property
    def mark(self) -> str:
        """How the slot stands, open, in a print."""
        return f"{OPEN}{self.name}|{self.fallback}{CLOSE}"


def parse(text: str, position: int = 0) -> tuple[Slot, int] | None:
    """The slot that starts exactly at `position`, and where it ends; None where there is none."""
    found = _TYPED.match(text, position)
    return (_slot(found), found.end()) if found and _is_known(found[1]) else None


def listed(text: str) -> tuple[Slot, ...]:
    """Every slot of a typed text, in order."""
    return tuple(_slot(found) for found in _TYPED.finditer(text) if _is_known(found[1]))


def unknown(text: str) -> tuple[str, ...]:
    """Names in braces that look like slots and are none: worth a word to the editor."""
    names = (found[1] for found in _LOOKALIKE.finditer(text))
    return tuple(dict.fromkeys(name for name in names if not _is_known(name)))


def validate(text: str) -> None:
    """Raises UnknownSlot for the first name in braces that no copy could fill."""
    for name in unknown(text):
        raise UnknownSlot(name, TYPED)


def open_typed(text: str) -> str:
    """One line of typed text for a print: cleaned, its slots open."""
    return _TYPED.sub(
        lambda found: _slot(found).mark if _is_known(found[1]) else found[0], typed.line(text)
    )


def settle(text: str, names: Collection[str] | None = None) -> str:
    """Typed text with the slots of these names closed by their fallback; all else stays as typed.

    Without names, all that look like slots: in what was ordered, no other may stand.
    """
    return _TYPED.sub(
        lambda found: (found[2] or "").strip() if names is None or found[1] in names else found[0],
        text,
    )


def open_token(url: str) -> str:
    """A URL of the frame for a print: its `{{token}}` becomes the open slot."""
    return typed.line(url).replace(_TOKEN, Slot("token").open_frame)


def close(text: str) -> str:
    """Printed text or HTML with every open slot closed by its fallback (nothing where none)."""
    return MARK.sub(lambda found: " ".join((found[2] or "").split()), text)


def plain(text: str) -> str:
    """One line of typed text where there is no reader: titles, feeds, archives, logs."""
    return close(open_typed(text))


def _slot(found: re.Match[str]) -> Slot:
    return Slot(found[1], (found[2] or "").strip())
