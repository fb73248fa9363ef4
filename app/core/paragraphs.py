"""Lines → paragraphs, and how a paragraph of plain text reads: a title, an item, a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.core import sentences
from app.core.manuscripts import Line

_BULLET = re.compile(r"\A[ \t]*(?:[-*+•‣▪–—][ \t\u00a0]+|\d{1,2}[.)][ \t]+(?=\S))")
_INDENTED = re.compile(r"[ \t]+\S")
WIDEST = 100
"""Columns: programs that break lines by themselves do so at 66 to 80."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    number: int
    """The line it begins on."""
    text: str
    """Markdown keeps its line ends; plain text is one line."""
    apart: bool
    """An empty line stands before it."""
    level: int = 0


def blocks(lines: Iterable[Line]) -> list[Paragraph]:
    """Markdown: what stands between empty lines, as it is; a heading is a block of its own."""
    found: list[Paragraph] = []
    open_block: list[Line] = []
    for line in [*lines, Line(0, "")]:
        if line.is_blank or line.level:
            found += _block(open_block)
            open_block = []
        if line.level:
            found.append(Paragraph(line.number, line.text.strip(), True, line.level))
        elif not line.is_blank:
            open_block.append(line)
    return found


def _block(lines: Sequence[Line]) -> list[Paragraph]:
    if not lines:
        return []
    text = "\n".join(line.text.rstrip("\r\n") for line in lines).rstrip()
    return [Paragraph(lines[0].number, text, True)]


def unwrapped(lines: Sequence[Line], width: int) -> list[Paragraph]:
    """Plain text: each line is a paragraph, or goes on the one before where `width` broke it."""
    found: list[Paragraph] = []
    before: Line | None = None
    for line in lines:
        if line.is_blank:
            before = None
        elif before is not None and _goes_on(before, line, width):
            last = found[-1]
            text = f"{last.text} {line.text.strip()}"
            found[-1] = Paragraph(last.number, text, last.apart)
            before = line
        else:
            found.append(Paragraph(line.number, line.text.strip(), before is None))
            before = line
    return found


def width_of(lines: Sequence[Line]) -> int:
    """The column at which a program broke the lines of a text; 0 when nothing broke them.

    In a broken text the next word never fitted: that shows in nearly every pair of lines.
    """
    widest = max((len(line.text.rstrip()) for line in lines), default=0)
    if not 40 <= widest <= WIDEST:
        return 0
    pairs = [
        (one, other)
        for one, other in pairwise(lines)
        if not one.is_blank and not other.is_blank and not is_item(other.text)
    ]
    full = sum(1 for one, other in pairs if not _fits(one, other, widest))
    return widest if full >= 2 and full >= 0.7 * len(pairs) else 0


def is_title(paragraph: Paragraph) -> bool:
    """A short line that does not end as a sentence does."""
    return len(paragraph.text) <= 150 and not sentences.ends(paragraph.text)


def is_item(text: str) -> bool:
    return _BULLET.match(text) is not None


def without_bullet(text: str) -> str:
    return _BULLET.sub("", text, count=1).strip()


def _goes_on(before: Line, line: Line, width: int) -> bool:
    if not width or is_item(line.text):
        return False
    hanging = is_item(before.text) and _INDENTED.match(line.text) is not None
    return hanging or not _fits(before, line, width)


def _fits(one: Line, other: Line, width: int) -> bool:
    first_word = other.text.split(maxsplit=1)[0]
    return len(one.text.rstrip()) + 1 + len(first_word) <= width
