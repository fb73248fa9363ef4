"""An issue laid out for the web: the words of the frozen text, not the HTML of the mail.

Markdown goes through the same two locks as in the mail (`emails.markup`); everything else is text
that the template escapes. Slots show their fallback: on the web nobody is known.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from markupsafe import Markup

from app.core import editions
from app.core.archive import Entry
from app.models import Visibility
from app.reader.images import NAME
from emails import markup, slots, typography, words
from emails.values import IssueText, Picture, RubricKind, RubricText, StoryText
from emails.words import Words

WORDS_A_MINUTE = 230
"""Silent reading of ordinary prose: 238 words a minute in English, 214 in French (Brysbaert 2019)."""


@dataclass(frozen=True, slots=True)
class Photograph:
    name: str
    width: int
    height: int
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class Story:
    anchor: str
    title: str
    body: Markup
    link: str
    link_label: str
    photograph: Photograph | None

    @property
    def goes_on(self) -> bool:
        """Whether the body continues the title's sentence: a comma wants no space before it."""
        return self.body.startswith(("<p>,", "<p>."))


@dataclass(frozen=True, slots=True)
class Rubric:
    kind: RubricKind
    title: str
    anchor: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An issue as its page shows it, in the newsletter's own language."""

    subject: str
    preheader: str
    number: str
    date: str
    minutes: int
    words: Words
    rubrics: tuple[Rubric, ...]

    @property
    def photographs(self) -> list[Photograph]:
        """In their order on the page."""
        stories = (story for rubric in self.rubrics for story in rubric.stories)
        return [story.photograph for story in stories if story.photograph is not None]


@dataclass(frozen=True, slots=True)
class Headline:
    """An issue as a list of issues shows it."""

    number: int
    numbered: str
    day: dt.date
    date: str
    subject: str
    preheader: str
    is_kept: bool
    """For subscribers only."""


def headline(entry: Entry) -> Headline:
    spoken = words.spoken(entry.text.masthead.language)
    return Headline(
        number=entry.number,
        numbered=spoken.number.format(number=entry.number),
        day=entry.dated,
        date=words.dated(entry.dated, spoken),
        subject=entry.subject,
        preheader=entry.preheader,
        is_kept=entry.visibility is Visibility.SUBSCRIBERS,
    )


def of_entry(entry: Entry) -> Sheet:
    """An issue of the archive, laid out; what was laid out last serves again."""
    return _laid_out(entry.source)


@lru_cache(maxsize=64)
def _laid_out(source: str) -> Sheet:
    """An edition never changes and laying out is pure: its frozen words are the key, so that nothing
    need be forgotten. It takes 12 ms for a rich issue, the look-up 20 µs."""
    return lay_out(editions.thaw(source))


def lay_out(issue: IssueText) -> Sheet:
    issue = typography.set_issue(issue)
    spoken = words.spoken(issue.masthead.language)
    return Sheet(
        subject=slots.plain(issue.subject),
        preheader=slots.plain(issue.preheader),
        number=spoken.number.format(number=issue.number),
        date=words.dated(issue.dated, spoken),
        minutes=minutes(issue),
        words=spoken,
        rubrics=tuple(_rubric(rubric, spoken) for rubric in issue.rubrics if rubric.stories),
    )


def minutes(issue: IssueText) -> int:
    """How long it takes to read, at least one minute."""
    stories = [story for rubric in issue.rubrics for story in rubric.stories]
    text = " ".join(f"{story.title} {markup.text(story.body)}" for story in stories)
    return max(1, math.ceil(len(re.findall(r"\w+(?:['’-]\w+)*", text)) / WORDS_A_MINUTE))


def _rubric(rubric: RubricText, spoken: Words) -> Rubric:
    stories = tuple(
        _story(story, f"{rubric.anchor}-{n}", spoken)
        for n, story in enumerate(rubric.stories, start=1)
    )
    return Rubric(rubric.kind, slots.plain(rubric.title), rubric.anchor, stories)


def _story(story: StoryText, anchor: str, spoken: Words) -> Story:
    return Story(
        anchor=anchor,
        title=slots.plain(story.title),
        # emails.markup let only known elements through: nothing typed is left unescaped in it.
        body=Markup(markup.html(story.body)),  # noqa: S704
        link=markup.safe_link(story.link),
        link_label=slots.plain(story.link_label) or spoken.read_more,
        photograph=_photograph(story.picture),
    )


def _photograph(picture: Picture | None) -> Photograph | None:
    """Shown from this host, whatever host the mail named; a picture that is not ours is not shown."""
    if picture is None:
        return None
    name = urlsplit(picture.url).path.rpartition("/")[2]
    if not NAME.fullmatch(name):
        return None
    return Photograph(
        name, picture.width, picture.height, slots.plain(picture.alt), slots.plain(picture.credit)
    )
