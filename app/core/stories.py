"""Stories: the entries of an issue, each at its place within one rubric.

The verbs here change rows of an issue that the caller has claimed (`issues.advance` or
`issues.save`); by themselves they guard nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.errors import NotFound
from app.extensions import _, db
from app.models import Image, Issue, Rubric, Story
from emails import typed

LONGEST = {
    "title": 1000,
    "body": 50_000,
    "link": 2000,
    "link_label": 200,
    "image_alt": 1000,
    "image_credit": 300,
}
"""Characters. A story's title may be a long first sentence; a mail may weigh 102 kB in all."""


@dataclass(frozen=True, slots=True)
class StoryWords:
    """One story as typed. `image` None leaves its picture; `without_image` takes it away, though
    `image` may still be the one that goes: a page that comes back shows it with its box ticked."""

    id: int
    rubric_id: int
    title: str = ""
    body: str = ""
    link: str = ""
    link_label: str = ""
    image_alt: str = ""
    image_credit: str = ""
    image: Image | None = None
    without_image: bool = False


def of_rubric(issue: Issue, rubric_id: int) -> list[Story]:
    """In their order."""
    return sorted(
        (story for story in issue.stories if story.rubric_id == rubric_id),
        key=lambda story: story.position,
    )


def find(issue: Issue, story_id: int) -> Story | None:
    return next((story for story in issue.stories if story.id == story_id), None)


def append(issue: Issue, rubric: Rubric) -> Story:
    """An empty story at the end of a rubric."""
    story = Story(rubric_id=rubric.id, position=len(of_rubric(issue, rubric.id)))
    issue.stories.append(story)
    db.session.flush()
    return story


def remove(issue: Issue, story_id: int) -> None:
    """Twice is the same as once."""
    story = find(issue, story_id)
    if story is None:
        return
    issue.stories.remove(story)
    db.session.flush()
    _number(of_rubric(issue, story.rubric_id))


def shift(issue: Issue, story_id: int, places: int) -> None:
    """Move a story within its rubric: -1 is up, 1 is down; at an end it stays."""
    story = find(issue, story_id)
    if story is None:
        return
    row = of_rubric(issue, story.rubric_id)
    start = row.index(story)
    row.insert(max(0, min(len(row) - 1, start + places)), row.pop(start))
    _number(row)


def write(issue: Issue, words: Iterable[StoryWords]) -> None:
    """Write each story's words; one that somebody removed meanwhile comes back as a new story.

    A changed `rubric_id` moves the story to the end of that rubric.
    """
    rubrics = {rubric.id: rubric for rubric in issue.newsletter.every_rubric}
    for each in words:
        if each.rubric_id not in rubrics:
            raise NotFound(_("There is no such rubric in this newsletter."))
        story = find(issue, each.id)
        if story is None:
            if is_empty(each):
                continue
            story = append(issue, rubrics[each.rubric_id])
        _place(issue, story, each.rubric_id)
        _fill(story, each)


def is_empty(story: Story | StoryWords) -> bool:
    """Nothing was written in it; such a story is not printed."""
    pictured = story.image is not None and not getattr(story, "without_image", False)
    return not (pictured or any((story.title, story.body.strip(), story.link)))


def faults(words: StoryWords) -> dict[str, object]:
    """What cannot be kept, by field name."""
    return {
        f"story-{words.id}-{name}": _(
            "This is too long: %(most)s characters at the most.", most=most
        )
        for name, most in LONGEST.items()
        if len(getattr(words, name)) > most
    }


def _fill(story: Story, words: StoryWords) -> None:
    """Control characters become spaces, one-line fields one line."""
    for name in ("title", "link", "link_label", "image_alt", "image_credit"):
        setattr(story, name, typed.line(getattr(words, name)))
    story.body = typed.paragraphs(words.body).strip()
    if words.without_image:
        story.image = None
    elif words.image is not None:
        story.image = words.image


def _place(issue: Issue, story: Story, rubric_id: int) -> None:
    if story.rubric_id == rubric_id:
        return
    left = story.rubric_id
    story.position = len(of_rubric(issue, rubric_id))
    story.rubric_id = rubric_id
    _number(of_rubric(issue, left))


def _number(row: Iterable[Story]) -> None:
    for position, story in enumerate(row):
        story.position = position
