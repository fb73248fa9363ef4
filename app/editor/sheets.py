"""The writing page's sheet: an issue as it stands in the form, whether saved or just typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from flask import Request

from app.core import images, stories
from app.core.errors import Invalid
from app.core.issues import Words
from app.core.stories import StoryWords
from app.extensions import _, db, settings
from app.models import Image, Issue, Rubric, Story, Visibility

FIELDS = ("title", "body", "link", "link_label", "image_alt", "image_credit")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page shows. `stories` are in the order of the page."""

    subject: str
    preheader: str
    leftovers: str
    revision: int
    stories: tuple[StoryWords, ...]
    visibility: str

    def of(self, rubric: Rubric) -> list[StoryWords]:
        return [story for story in self.stories if story.rubric_id == rubric.id]


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with one press of a button."""

    sheet: Sheet
    revision: int
    words: Words
    action: str
    """`save`, `preview`, `add`, `up`, `down`, `remove` or `without-leftovers`."""
    target: int
    """The rubric of `add`, the story of `up`, `down`, `remove`."""
    faults: dict[str, object]
    """Of pictures that could not be kept, by field."""


def of_issue(issue: Issue) -> Sheet:
    rows = [
        _words(story) for rubric in issue.rubrics for story in stories.of_rubric(issue, rubric.id)
    ]
    written = (issue.subject, issue.preheader, issue.leftovers, issue.revision)
    return Sheet(*written, tuple(rows), issue.visibility)


def read(request: Request, issue: Issue, *, keeps_pictures: bool = True) -> Typed:
    """The form as it was sent. Pictures are kept at once, so that a refusal of the rest loses none;
    unless nothing may be kept, which is then said at their fields.
    """
    form = request.form
    action, _colon, target = form.get("do", "save").partition(":")
    faults: dict[str, object] = {}
    rows = tuple(_rows(request, issue, keeps_pictures, faults))
    leftovers = "" if action == "without-leftovers" else form.get("leftovers")
    typed = (form.get("subject", ""), form.get("preheader", ""))
    chosen = form.get("visibility")
    # What is no word of ours came from no page of ours: it changes nothing.
    visibility = Visibility(chosen) if chosen in set(Visibility) else None
    # Of a story that goes nothing is written: it would come back where somebody else removed it first.
    gone = _number(target) if action == "remove" else 0
    written = tuple(each for each in rows if each.id != gone)
    words = Words(*typed, leftovers, written, visibility)
    # The revision stays the one that the page began from: a stale page is told so, also later.
    revision = _number(form.get("revision", ""))
    return Typed(
        sheet=Sheet(*typed, leftovers or "", revision, rows, visibility or issue.visibility),
        revision=revision,
        words=words,
        action=action,
        target=_number(target),
        faults=faults,
    )


def over(issue: Issue, typed: Typed) -> Sheet:
    """What was typed, ready to be saved over what somebody else saved meanwhile."""
    return replace(typed.sheet, revision=issue.revision)


def _rows(
    request: Request, issue: Issue, keeps_pictures: bool, faults: dict[str, object]
) -> Iterator[StoryWords]:
    known = {rubric.id for rubric in issue.newsletter.every_rubric}
    for story_id in dict.fromkeys(map(_number, request.form.getlist("story"))):
        name = f"story-{story_id}"
        rubric_id = _number(request.form.get(f"{name}-rubric", ""))
        if not story_id or rubric_id not in known:
            continue
        typed = {field: request.form.get(f"{name}-{field}", "") for field in FIELDS}
        shown = images.find(request.form.get(f"{name}-image", ""))
        new = _uploaded(request, f"{name}-picture", keeps_pictures, faults)
        # Who ticked the old picture away and chose another means the other.
        without = new is None and f"{name}-without_picture" in request.form
        yield StoryWords(story_id, rubric_id, **typed, image=new or shown, without_image=without)


def _uploaded(
    request: Request, name: str, keeps_pictures: bool, faults: dict[str, object]
) -> Image | None:
    """The picture that was just chosen, kept; None where there is none or it was refused."""
    upload = request.files.get(name)
    if upload is None or not upload.filename:
        return None
    with closing(upload):
        content = upload.read(images.MOST_BYTES + 1)
    if not keeps_pictures:
        faults[name] = _("Please choose this picture once more.")
        return None
    try:
        image = images.keep(content, settings().media_dir)
    except Invalid as refused:
        faults[name] = refused.message
        return None
    db.session.commit()
    return image


def _words(story: Story) -> StoryWords:
    typed = {field: getattr(story, field) for field in FIELDS}
    return StoryWords(story.id, story.rubric_id, **typed, image=story.image)


def _number(typed: str) -> int:
    """A row's number, or 0 where the form does not hold one."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 18 else 0
