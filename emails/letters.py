"""The text part of an issue: what a reader of plain mail, a watch or a screen reader gets."""

from __future__ import annotations

import textwrap

from emails import borders, markup, slots, typed, words
from emails.passages import WIDTH, Notes, fold
from emails.values import IssueText, Masthead, RubricKind, RubricText, StoryText
from emails.words import Words


def issue(whole: IssueText) -> str:
    """Masthead, rubrics with their titles underlined, footer; links as numbered notes."""
    spoken = words.spoken(whole.masthead.language)
    notes = Notes()
    parts = [("", _masthead(whole, spoken))]
    parts += [(each.anchor, _rubric(each, spoken, notes)) for each in whole.rubrics if each.stories]
    parts.append(("", _footer(whole, spoken)))
    first, *rest = (f"{text}\n" for _, text in parts)
    marks = (borders.mark(anchor) for anchor, _ in parts[1:])
    return first + "".join(f"\n\n{mark}{text}" for mark, text in zip(marks, rest, strict=True))


def _masthead(whole: IssueText, spoken: Words) -> str:
    number = spoken.number.format(number=whole.number)
    lines = [
        typed.line(whole.masthead.name).upper(),
        fold(typed.line(whole.masthead.tagline)),
        f"{number} · {words.dated(whole.dated, spoken)}",
        f"{spoken.read_online}{spoken.colon} {slots.open_token(whole.own_url)}",
    ]
    return "\n".join(filter(None, lines))


def _rubric(rubric: RubricText, spoken: Words, notes: Notes) -> str:
    title = slots.plain(rubric.title)
    if rubric.kind is RubricKind.SPONSORED:
        title = f"{title} · {spoken.sponsored}"
    heading = fold(title.upper())
    longest = max(len(line) for line in heading.split("\n"))
    return "\n\n".join([f"{heading}\n{'=' * longest}", *_stories(rubric, spoken, notes)])


def _stories(rubric: RubricText, spoken: Words, notes: Notes) -> list[str]:
    if rubric.kind is not RubricKind.LINKS:
        return [written for each in rubric.stories if (written := _story(each, spoken, notes))]
    items = "\n".join(filter(None, (_item(each, notes) for each in rubric.stories)))
    pictures = (_picture(each, spoken) for each in rubric.stories)
    return [part for part in (items, *pictures, notes.take()) if part]


def _item(story: StoryText, notes: Notes) -> str:
    """A line of a list of links; what was written beneath it is set in."""
    link = markup.safe_link(story.link)
    label = slots.open_typed(story.title) or slots.open_typed(story.link_label) or link
    item = fold(label + (notes.add(link) if link else ""), "- ", "  ")
    body = textwrap.indent(markup.open_text(story.body, notes), "  ")
    if not label:
        # Nothing but a body: its first line carries the dash.
        return "-" + body[1:] if body else ""
    return "\n".join(filter(None, [item, body]))


def _story(story: StoryText, spoken: Words, notes: Notes) -> str:
    parts = [
        _title(story),
        _picture(story, spoken),
        markup.open_text(story.body, notes),
        _further(story, spoken, notes),
        notes.take(),
    ]
    return "\n\n".join(filter(None, parts))


def _title(story: StoryText) -> str:
    """Underlined when it fits on one line; a slot in it may make the line a little short or long."""
    title = fold(slots.open_typed(story.title))
    return f"{title}\n{'-' * len(slots.close(title))}" if title and "\n" not in title else title


def _picture(story: StoryText, spoken: Words) -> str:
    if story.picture is None:
        return ""
    alt, credit = slots.plain(story.picture.alt), slots.plain(story.picture.credit)
    shown = [f"[{alt}]" if alt else "", f"{spoken.credit}{spoken.colon} {credit}" if credit else ""]
    return "\n".join(fold(each) for each in shown if each)


def _further(story: StoryText, spoken: Words, notes: Notes) -> str:
    link = markup.safe_link(story.link)
    if not link:
        return ""
    return f"{slots.open_typed(story.link_label) or spoken.read_more}{notes.add(link)}"


def _footer(whole: IssueText, spoken: Words) -> str:
    masthead = whole.masthead
    return "\n".join(
        [
            "-" * WIDTH,
            fold(spoken.why.format(newsletter=typed.line(masthead.name))),
            "",
            f"{spoken.unsubscribe}{spoken.colon} {slots.open_token(masthead.unsubscribe_url)}",
            *_own_page(masthead, spoken),
            f"{spoken.archive}{spoken.colon} {masthead.archive_url}",
            "",
            *_imprint(masthead, spoken),
        ]
    )


def _own_page(masthead: Masthead, spoken: Words) -> list[str]:
    if not masthead.mine_url:
        return []
    return [f"{spoken.mine}{spoken.colon} {slots.open_token(masthead.mine_url)}"]


def _imprint(masthead: Masthead, spoken: Words) -> list[str]:
    publisher = spoken.published_by.format(publisher=typed.line(masthead.publisher))
    return [publisher, *typed.paragraphs(masthead.postal_address).strip().split("\n")]
