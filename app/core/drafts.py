"""Sections of a manuscript → stories. Nothing is invented and no word is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.core import paragraphs, plaintext, sentences
from app.core.manuscripts import Section
from app.core.paragraphs import Paragraph
from app.models import RubricKind

_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*[ \t]*(.*)", re.S)
_PICTURE = re.compile(r'!\[([^\]]*)\]\(\s*<?([^)\s>]+)>?(?:\s+"([^"]*)")?\s*\)')
_LINK = re.compile(r"\[([^\]]+)\]\(\s*<?(https?://[^\s)>]+)>?\s*\)")
_STRONG_LINK = re.compile(rf"(\*{{1,3}}|_{{1,3}})({_LINK.pattern})\1(?![*_])")
_STRONG = re.compile(r"(\*{1,3}|_{1,3})(?=\S)([^*_]+)(?<=\S)\1")
_URL_AT_END = re.compile(r"(?:^|(?<=\s))<?(https?://[^\s<>]+)>?$")

SEVERAL = frozenset({RubricKind.BRIEFS, RubricKind.INTERVIEWS})
"""Rubrics in which each paragraph is a story unless titles say otherwise."""


@dataclass(frozen=True, slots=True)
class ImportedStory:
    number: int
    """The line it begins on."""
    title: str = ""
    body: str = ""
    """Markdown."""
    link: str = ""
    link_label: str = ""
    picture: str = ""
    """The name of a picture, as the text gives it; the file itself is not in there."""
    picture_alt: str = ""
    picture_credit: str = ""


@dataclass(slots=True)
class _Draft:
    """A story being gathered."""

    number: int
    title: str = ""
    parts: list[str] = field(default_factory=list)


def of_section(section: Section, marked: bool, width: int) -> list[ImportedStory]:
    """The stories under one known heading, in order."""
    assert section.rubric is not None
    kind = RubricKind(section.rubric.kind)
    if marked:
        return _from_markdown(kind, paragraphs.blocks(section.lines))
    found = paragraphs.unwrapped(section.lines, width)
    if kind is RubricKind.LINKS:
        return [_plain_link(each) for each in found]
    drafts = _several(found) if kind in SEVERAL else _one(found)
    if kind is RubricKind.BRIEFS:
        drafts = [_titled_by_sentence(draft) for draft in drafts]
    return [_plain_story(draft) for draft in drafts]


def _one(found: Sequence[Paragraph]) -> list[_Draft]:
    """One story of all paragraphs; a first line that is no sentence is its title."""
    if not found:
        return []
    titled = len(found) > 1 and paragraphs.is_title(found[0])
    parts = [each.text for each in found[1 if titled else 0 :]]
    return [_Draft(found[0].number, found[0].text if titled else "", parts)]


def _several(found: Sequence[Paragraph]) -> list[_Draft]:
    """Each paragraph a story; one under a title is that title's, and so are those that go on.

    A title with its text right beneath is closed by the next empty line; one that stands apart
    from its text is closed by the next title.
    """
    drafts: list[_Draft] = []
    close = False
    # A dash before one of them may be speech; before all of them it is layout.
    if all(paragraphs.is_item(each.text) for each in found):
        found = [replace(each, text=paragraphs.without_bullet(each.text)) for each in found]
    for index, each in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        if (
            following is not None
            and paragraphs.is_title(each)
            and not paragraphs.is_title(following)
        ):
            drafts.append(_Draft(each.number, each.text))
            close = not following.apart
        elif drafts and drafts[-1].title and not (close and each.apart and drafts[-1].parts):
            drafts[-1].parts.append(each.text)
        else:
            drafts.append(_Draft(each.number, parts=[each.text]))
    return drafts


def _titled_by_sentence(draft: _Draft) -> _Draft:
    if draft.title or not draft.parts:
        return draft
    title, rest = sentences.split_first(draft.parts[0])
    return _Draft(draft.number, title, [part for part in (rest, *draft.parts[1:]) if part])


def _plain_story(draft: _Draft) -> ImportedStory:
    body = "\n\n".join(plaintext.escape(part) for part in draft.parts)
    return ImportedStory(draft.number, draft.title, body)


def _plain_link(paragraph: Paragraph) -> ImportedStory:
    text = paragraphs.without_bullet(paragraph.text)
    url = _URL_AT_END.search(text)
    if url is None:
        return ImportedStory(paragraph.number, text)
    return ImportedStory(paragraph.number, text[: url.start()].strip(), link=url[1])


def _from_markdown(kind: RubricKind, found: Sequence[Paragraph]) -> list[ImportedStory]:
    if kind is RubricKind.LINKS:
        return [_marked_link(each) for each in _items(found)]
    drafts = _marked(kind, found)
    titled = any(draft.title for draft in drafts)
    if kind is RubricKind.BRIEFS and not titled:
        drafts = [_titled_by_sentence(draft) for draft in drafts]
    return [_marked_story(draft) for draft in drafts]


def _marked(kind: RubricKind, found: Sequence[Paragraph]) -> list[_Draft]:
    """Headings and bold leads begin stories; without any, the kind of the rubric decides."""
    marks = any(each.level or _BOLD.match(each.text) for each in found)
    drafts: list[_Draft] = []
    for each in found:
        lead = _BOLD.match(each.text)
        if each.level:
            drafts.append(_Draft(each.number, each.text))
        elif lead and not (drafts and drafts[-1].title and not drafts[-1].parts):
            drafts.append(_Draft(each.number, lead[1], [lead[2]] if lead[2] else []))
        elif drafts and (marks or kind not in SEVERAL or _is_attachment(each.text)):
            drafts[-1].parts.append(each.text)
        else:
            drafts.append(_Draft(each.number, parts=[each.text]))
    return drafts


def _is_attachment(text: str) -> bool:
    """A picture or a link by itself belongs to the story before it; so does the rest of a quotation."""
    return bool(_PICTURE.fullmatch(text) or _LINK.fullmatch(text) or text.startswith((">", "- ")))


def _marked_story(draft: _Draft) -> ImportedStory:
    story = _with_linked_title(ImportedStory(draft.number, draft.title))
    parts = list(draft.parts)
    for part in draft.parts:
        picture, link = _PICTURE.fullmatch(part.strip()), _LINK.fullmatch(part.strip())
        if picture and not story.picture:
            story = _with_picture(story, picture)
            parts.remove(part)
        elif link and not story.link:
            story = replace(story, link=link[2], link_label=link[1])
            parts.remove(part)
    return replace(story, body="\n\n".join(parts))


def _with_linked_title(story: ImportedStory) -> ImportedStory:
    title = _plain(story.title.strip())
    link = _LINK.fullmatch(title)
    return (
        replace(story, title=_plain(link[1]), link=link[2]) if link else replace(story, title=title)
    )


def _plain(title: str) -> str:
    """A title without the signs that make all of it strong: a title is always set so."""
    strong = _STRONG_LINK.fullmatch(title) or _STRONG.fullmatch(title)
    return strong[2] if strong else title


def _with_picture(story: ImportedStory, found: re.Match[str]) -> ImportedStory:
    return replace(story, picture=found[2], picture_alt=found[1], picture_credit=found[3] or "")


def _items(found: Iterable[Paragraph]) -> list[Paragraph]:
    """Each line an item, with the indented or lazy lines that go on it in a Markdown bullet."""
    items: list[Paragraph] = []
    for block in found:
        listed = False
        for offset, line in enumerate(block.text.split("\n")):
            top = not line.startswith((" ", "\t"))
            if listed and not (top and paragraphs.is_item(line)):
                last = items[-1]
                items[-1] = replace(last, text=f"{last.text}\n{line.strip()}")
                continue
            listed = paragraphs.is_item(line)
            items.append(Paragraph(block.number + offset, line.strip(), False, block.level))
    return items


def _marked_link(item: Paragraph) -> ImportedStory:
    text = paragraphs.without_bullet(item.text) if paragraphs.is_item(item.text) else item.text
    first, _, more = text.partition("\n")
    strong = _STRONG_LINK.match(first)
    if strong is not None:
        first = strong[2] + first[strong.end() :]
    link = _LINK.match(first)
    if link is not None:
        body = "\n".join(filter(None, (first[link.end() :].strip(), more)))
        return ImportedStory(item.number, _plain(link[1]), body, link=link[2])
    url = _URL_AT_END.search(first)
    if url is None:
        return ImportedStory(item.number, _plain(first), more)
    return ImportedStory(item.number, _plain(first[: url.start()].strip()), more, link=url[1])
