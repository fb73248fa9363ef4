"""A written text → what an issue is made of.

Two kinds are read: Markdown with front matter whose headings are the newsletter's rubrics, and
plain text whose rubric titles stand alone on a line. What could not be placed is said line by line
and kept; nothing is invented, no word is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.core import drafts, manuscripts, paragraphs
from app.core.drafts import ImportedStory
from app.core.manuscripts import Line, Manuscript, Section
from app.extensions import _
from app.models import Rubric, RubricKind

LONGEST_TAGLINE = 200
LONGEST_NUMBER = 9
"""Digits: a newsletter of a thousand years has five."""

SUBJECT_KEYS = ("subject", "objet", "sujet")
PREHEADER_KEYS = ("preheader", "accroche")
TAGLINE_KEYS = ("tagline", "devise")
NUMBER_KEYS = ("number", "numero")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing the editor should know: `line` from 1 (0: none in particular), what stands there."""

    line: int
    text: str
    sentence: object


@dataclass(slots=True)
class Imported:
    """What was read. `stories` stand in the order of the text, each with its rubric."""

    subject: str = ""
    preheader: str = ""
    tagline: str = ""
    number: int | None = None
    stories: list[tuple[Rubric, ImportedStory]] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def of(self, rubric: Rubric) -> list[ImportedStory]:
        return [story for owner, story in self.stories if owner is rubric]

    def leave(self, line: Line, sentence: object) -> None:
        """Keep a line that has no place, and say so."""
        if not line.is_blank:
            self.leftovers.append(line.text.strip())
            self.remarks.append(Remark(line.number, line.text.strip(), sentence))


def decode(content: bytes) -> str:
    """A file's bytes as text, whatever it was written with."""
    return manuscripts.decode(content)


def read(text: str, rubrics: Sequence[Rubric]) -> Imported:
    """Read a text for a newsletter with these rubrics. Never raises: what is odd becomes a remark."""
    manuscript = manuscripts.cut(text, rubrics)
    imported = Imported()
    _read_front(imported, manuscript)
    _read_preface(imported, manuscript)
    lines = [line for section in manuscript.sections for line in section.lines]
    width = 0 if manuscript.marked else paragraphs.width_of(lines)
    for section in manuscript.sections:
        if section.rubric is None:
            _leave_section(imported, section)
        else:
            _read_section(imported, section, manuscript.marked, width)
    _name_the_empty(imported, manuscript, rubrics)
    if "\ufffd" in text:
        imported.remarks.append(
            Remark(
                0, "\ufffd", _("Some characters of the file could not be read; look for this sign.")
            )
        )
    imported.remarks.sort(key=lambda remark: remark.line)
    return imported


def _read_front(imported: Imported, manuscript: Manuscript) -> None:
    for key, line in manuscript.front.items():
        if key in SUBJECT_KEYS:
            imported.subject = line.text
        elif key in PREHEADER_KEYS:
            imported.preheader = line.text
        elif key in TAGLINE_KEYS and len(line.text) <= LONGEST_TAGLINE:
            imported.tagline = line.text
        elif key in NUMBER_KEYS and _is_number(line.text):
            imported.number = int(line.text)
        else:
            imported.leave(
                Line(line.number, f"{key}: {line.text}"),
                _("The front matter knows subject, preheader and number; this line was set aside."),
            )
    for line in manuscript.strays:
        imported.leave(
            line, _("This line of the front matter is no “key: value”; it was set aside.")
        )


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= LONGEST_NUMBER and int(text) > 0


def _read_preface(imported: Imported, manuscript: Manuscript) -> None:
    """Line 1 is the subject, line 2 the newsletter's tagline; front matter speaks for itself."""
    lines = list(manuscript.preface)
    if not imported.subject and lines:
        imported.subject = lines.pop(0).text.strip()
        if lines and not manuscript.front and len(lines[0].text.strip()) <= LONGEST_TAGLINE:
            imported.tagline = lines.pop(0).text.strip()
    for line in lines:
        imported.leave(line, _("This line stands before the first rubric; it was set aside."))
    if not imported.subject:
        imported.remarks.append(Remark(0, "", _("The text has no subject: please write one.")))


def _leave_section(imported: Imported, section: Section) -> None:
    imported.leave(
        section.heading,
        _("The newsletter has no rubric of this name; it was set aside with what follows it."),
    )
    for line in section.lines:
        imported.leave(
            line, _("This line stands under no rubric of the newsletter; it was set aside.")
        )


def _read_section(imported: Imported, section: Section, marked: bool, width: int) -> None:
    rubric = section.rubric
    assert rubric is not None
    for story in drafts.of_section(section, marked, width):
        imported.stories.append((rubric, story))
        if RubricKind(rubric.kind) is RubricKind.LINKS and not story.link:
            sentence = _(
                "This line has no link. It is now a story under “%(rubric)s”: delete it there if it"
                " does not belong to the issue.",
                rubric=rubric.title,
            )
            imported.remarks.append(Remark(story.number, story.title, sentence))


def _name_the_empty(imported: Imported, manuscript: Manuscript, rubrics: Sequence[Rubric]) -> None:
    headings = {
        section.rubric: section.heading for section in manuscript.sections if section.rubric
    }
    for rubric in rubrics:
        if imported.of(rubric):
            continue
        heading = headings.get(rubric)
        line = heading.number if heading else 0
        imported.remarks.append(Remark(line, rubric.title, _empty(rubric, heading is not None)))


def _empty(rubric: Rubric, is_there: bool) -> object:
    if rubric.required and is_there:
        return _("This rubric is empty, and the issue cannot go out without it.")
    if rubric.required:
        return _("The text has no such rubric, and the issue cannot go out without it.")
    if is_there:
        return _("This rubric is empty; that is allowed, and it will be left out.")
    return _("The text has no such rubric; that is allowed, and it will be left out.")
