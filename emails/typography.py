"""Spaces as a typesetter sets them, so that no line begins with `»` or ends in the middle of a price.

Editors type an ordinary space where French asks for one that does not break (Lexique des règles
typographiques en usage à l'Imprimerie nationale). Only spaces that were typed are changed: nothing
is added, no sign is replaced, and words stay the words they were. Subject and preheader are left
as typed, because mail programs search in them.
"""

from __future__ import annotations

import re
from dataclasses import replace

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
    return replace(issue, masthead=masthead, rubrics=tuple(_rubric(each) for each in issue.rubrics))


def _rubric(rubric: RubricText) -> RubricText:
    stories = tuple(_story(each) for each in rubric.stories)
    return replace(rubric, title=french(rubric.title), stories=stories)


def _story(story: StoryText) -> StoryText:
    return replace(
        story,
        title=french(story.title),
        body=french(story.body),
        link_label=french(story.link_label),
        picture=_picture(story.picture) if story.picture else None,
    )


def _picture(picture: Picture) -> Picture:
    return replace(picture, alt=french(picture.alt), credit=french(picture.credit))
