"""A file as it was written: its lines, its front matter, and its sections under known headings."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.models import Rubric

_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"-{3,}[ \t]*$")
_FIELD = re.compile(r"([^\W\d_][\w \t-]*):(.*)$")
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    """From 1, as the file's own editor counts."""
    text: str
    level: int = 0
    """Of a Markdown heading; 0 for everything else."""

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading. `rubric` is None where the newsletter has none of that name."""

    rubric: Rubric | None
    heading: Line
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Manuscript:
    marked: bool
    """Markdown; else plain text."""
    front: dict[str, Line] = field(default_factory=dict)
    """Front matter by key, in small letters without accents."""
    strays: tuple[Line, ...] = ()
    """Lines of the front matter that are no `key: value`."""
    preface: tuple[Line, ...] = ()
    """What stands before the first known heading; no blank lines."""
    sections: tuple[Section, ...] = ()


def decode(content: bytes) -> str:
    """A file's bytes as text: UTF-16 by its mark, else UTF-8, and what is not is Windows-1252.

    Each byte is judged by itself, so that an old file with one modern paste keeps every accent.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(encoding, "replace")
    return content.decode("utf-8", "hebdo-windows-1252").removeprefix("\ufeff")


def cut(text: str, rubrics: Sequence[Rubric]) -> Manuscript:
    """Cut a text at its headings; never loses a line that is not blank."""
    lines = [
        Line(number, line) for number, line in enumerate(_LINE_ENDS.split(_printable(text)), 1)
    ]
    names = {key_of(rubric.title): rubric for rubric in rubrics}
    front, strays, lines = _take_front(lines)
    marked = bool(front) or any(
        (found := _heading(line)) and key_of(found.text) in names for line in lines
    )
    if marked:
        lines = _mark_headings(lines)
    preface, sections = _cut(lines, names)
    return Manuscript(marked, front, strays, tuple(preface), tuple(sections))


def key_of(title: str) -> str:
    """A title for comparing: without case, accents, apostrophes, punctuation and double blanks."""
    folded = unicodedata.normalize("NFKD", title).casefold().replace("œ", "oe").replace("æ", "ae")
    return " ".join(
        re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
    )


def _printable(text: str) -> str:
    """Control characters become blanks (line ends and tabs aside); a byte order mark goes."""
    return re.sub(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]", " ", text.removeprefix("\ufeff"))


def _take_front(lines: list[Line]) -> tuple[dict[str, Line], tuple[Line, ...], list[Line]]:
    """Front matter between two lines of hyphens at the very top, its keys and what is no key."""
    top = next((index for index, line in enumerate(lines) if not line.is_blank), 0)
    if not lines or not _FENCE.match(lines[top].text):
        return {}, (), lines
    end = next((at for at in range(top + 1, len(lines)) if _FENCE.match(lines[at].text)), None)
    if end is None:
        return {}, (), lines
    front: dict[str, Line] = {}
    strays: list[Line] = []
    for line in lines[top + 1 : end]:
        found = _FIELD.match(line.text)
        if found:
            front[key_of(found[1])] = Line(line.number, _unquoted(found[2].strip()))
        elif not line.is_blank:
            strays.append(line)
    return front, tuple(strays), lines[end + 1 :]


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].replace('\\"', '"') if quoted else value


def _heading(line: Line) -> Line | None:
    """What a line with `##` before it says (CommonMark 0.31 §4.2), without the `##` that may close it.

    By hand: an expression that looks for both ends takes hours over a megabyte of blanks.
    """
    found = _ATX.match(line.text)
    if found is None:
        return None
    text = found[2].rstrip(" \t")
    open_end = text.rstrip("#")
    closed = open_end.rstrip(" \t")
    return Line(line.number, closed if closed and closed != open_end else text, len(found[1]))


def _mark_headings(lines: list[Line]) -> list[Line]:
    """Find the headings of both kinds: `## so`, or a line with `===` or `---` beneath."""
    marked: list[Line] = []
    for line in lines:
        atx, setext = _heading(line), _SETEXT.match(line.text)
        above = marked[-1] if marked else None
        alone = len(marked) < 2 or marked[-2].is_blank
        if atx:
            marked.append(atx)
        elif setext and above and not above.is_blank and not above.level and alone:
            marked[-1] = Line(above.number, above.text.strip(), 1 if setext[1][0] == "=" else 2)
        else:
            marked.append(line)
    return marked


def _cut(lines: list[Line], names: dict[str, Rubric]) -> tuple[list[Line], list[Section]]:
    preface: list[Line] = []
    cuts: list[tuple[Rubric | None, Line, list[Line]]] = []
    # Markdown whose rubrics carry no `#` is read like plain text, titles alone on their lines.
    alone = not any(line.level and key_of(line.text) in names for line in lines)
    for line in lines:
        rubric = names.get(key_of(line.text)) if line.level or alone else None
        if rubric is not None or (cuts and _ends_section(line, cuts)):
            cuts.append((rubric, line, []))
        elif cuts:
            cuts[-1][2].append(line)
        elif not line.is_blank:
            preface.append(line)
    return preface, [Section(rubric, heading, tuple(under)) for rubric, heading, under in cuts]


def _ends_section(line: Line, cuts: list[tuple[Rubric | None, Line, list[Line]]]) -> bool:
    """An unknown heading as high as the rubrics' own begins something we have no place for."""
    return 0 < line.level <= max(heading.level for _, heading, _ in cuts)


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return broken.decode("cp1252", "replace"), error.end


codecs.register_error("hebdo-windows-1252", _as_windows_1252)
