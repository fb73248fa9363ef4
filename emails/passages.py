"""Parsed Markdown written out as plain text: paragraphs, lists, quotations, numbered notes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

WIDTH = 72
"""Columns; leaves room for two levels of `> ` before a terminal's 80 (RFC 3676 §4.2)."""


@dataclass(slots=True)
class Notes:
    """Numbers the links of a text in one run from 1 and holds those not yet written."""

    count: int = 0
    waiting: list[str] = field(default_factory=list)

    def add(self, url: str) -> str:
        self.count += 1
        self.waiting.append(f"[{self.count}] {url}")
        return f" [{self.count}]"

    def take(self) -> str:
        """The notes since the last call, one a line."""
        lines, self.waiting = self.waiting, []
        return "\n".join(lines)


def fold(text: str, first: str = "", rest: str = "") -> str:
    """Lines of at most WIDTH; words and URLs stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def write(tokens: Sequence[Token], notes: Notes) -> str:
    """The blocks, an empty line between them; items of one list follow each other closely."""
    page = _Page(notes)
    for token in tokens:
        page.take(token)
    return "\n".join(page.lines).strip("\n")


class _Page:
    """Walks the flat block tokens once, keeping the prefixes that open containers impose."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.lines: list[str] = []
        self.prefixes: list[str] = []
        self.counters: list[int | None] = []
        self.bullet = ""

    def take(self, token: Token) -> None:
        if token.type == "inline":
            self._paragraph(token)
        elif token.type.endswith("_open"):
            self._enter(token)
        elif token.type.endswith("_close"):
            self._leave(token)

    def _enter(self, token: Token) -> None:
        kind = token.type
        if kind == "bullet_list_open":
            self.counters.append(None)
        elif kind == "ordered_list_open":
            self.counters.append(int(token.attrGet("start") or 1))
        elif kind == "list_item_open":
            self.bullet = self._next_bullet()
            self.prefixes.append(" " * len(self.bullet))
        elif kind == "blockquote_open":
            self.prefixes.append("> ")

    def _leave(self, token: Token) -> None:
        kind = token.type
        if kind in ("bullet_list_close", "ordered_list_close"):
            self.counters.pop()
            self._gap()
        elif kind in ("list_item_close", "blockquote_close"):
            self.prefixes.pop()
            self.bullet = ""
        if kind in ("paragraph_close", "heading_close", "blockquote_close") and not token.hidden:
            self._gap()

    def _next_bullet(self) -> str:
        number = self.counters[-1]
        if number is None:
            return "- "
        self.counters[-1] = number + 1
        return f"{number}. "

    def _gap(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def _paragraph(self, token: Token) -> None:
        rest = "".join(self.prefixes)
        first = "".join(self.prefixes[:-1]) + self.bullet if self.bullet else rest
        self.bullet = ""
        for part in inline(token.children or (), self.notes).split("\n"):
            self.lines.extend(fold(part, first, rest).split("\n"))
            first = rest


def inline(tokens: Sequence[Token], notes: Notes) -> str:
    """One run of text; LF stands only where the editor asked for a line break."""
    parts: list[str] = []
    link = _Link()
    for token in tokens:
        if token.type == "link_open":
            link = _Link(str(token.attrGet("href") or ""), len(parts))
        elif token.type == "link_close":
            label = "".join(parts[link.start :])
            parts.append("" if label == link.shown else notes.add(link.url))
        else:
            parts.append(_word(token))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Link:
    url: str = ""
    start: int = 0

    @property
    def shown(self) -> str:
        """What a link's label is when the label already is the address."""
        return self.url.removeprefix("mailto:")


_SIGNS = {"em_open": "_", "em_close": "_", "strong_open": "*", "strong_close": "*"}


def _word(token: Token) -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak":
        return "\n"
    return _SIGNS.get(token.type, token.content)
