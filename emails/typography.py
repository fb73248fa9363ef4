"""Spaces as a typesetter sets them, so that no line begins with `»` or ends in the middle of a price.

Editors type an ordinary space where French asks for one that does not break (Lexique des règles
typographiques en usage à l'Imprimerie nationale). Only spaces that were typed are changed: nothing
is added, no sign is replaced, and words stay the words they were. Subject and preheader are left
as typed, because mail programs search in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from emails import slots
from emails.values import IssueText, Picture, RubricText, StoryText
from emails.words import NBSP

_FRENCH = re.compile(
    r"(?<=[^\s>]) (?=[»:;?!%€])"  # before high signs, but not where Markdown begins a line
    r"|(?<=«) (?=\S)"
    r"|(?<=\d) (?=\d{3}(?!\d))"  # between the groups of a number
)


def french(text: str) -> str:
    """The text with its delicate spaces made unbreakable; twice is the same as once."""
    return _FRENCH.sub(NBSP, text)


def set_issue(issue: IssueText) -> IssueText:
    """The issue ready for printing; one that is not French is returned as it is."""
    if not issue.masthead.language.lower().startswith("fr"):
        return issue
    masthead = replace(
        issue.masthead,
        name=french(issue.masthead.name),
        tagline=french(issue.masthead.tagline),
    )
    return each_text(replace(issue, masthead=masthead), french)


def for_pages(issue: IssueText) -> IssueText:
    """The issue as pages show it, where no reader is known: its own slots closed by their fallback."""
    if not issue.own_slots:
        return issue

    def close(text: str) -> str:
        return slots.settle(text, issue.own_slots)

    closed = replace(issue, subject=close(issue.subject), preheader=close(issue.preheader))
    return each_text(closed, close)


def each_text(issue: IssueText, change: Callable[[str], str]) -> IssueText:
    """The issue with every text of its rubrics changed; subject, preheader and links stay."""
    return replace(issue, rubrics=tuple(_rubric(each, change) for each in issue.rubrics))


def _rubric(rubric: RubricText, change: Callable[[str], str]) -> RubricText:
    stories = tuple(_story(each, change) for each in rubric.stories)
    return replace(rubric, title=change(rubric.title), stories=stories)


def _story(story: StoryText, change: Callable[[str], str]) -> StoryText:
    return replace(
        story,
        title=change(story.title),
        body=change(story.body),
        link_label=change(story.link_label),
        picture=_picture(story.picture, change) if story.picture else None,
    )


def _picture(picture: Picture, change: Callable[[str], str]) -> Picture:
    return replace(picture, alt=change(picture.alt), credit=change(picture.credit))
