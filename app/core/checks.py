"""What an issue lacks, in words. Faults keep it from going out; advice does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.core import imprints, stories
from app.extensions import _
from app.models import Issue, Newsletter, Rubric, RubricKind, Story
from emails import markup, slots

_MARKED_LINK = re.compile(r"(?<!\\)\]\(\s*<?([^\s)>]*)")


@dataclass(frozen=True, slots=True)
class Fault:
    where: str
    """`subject`, `preheader`, `leftovers`, `rubric-<anchor>`, `story-<id>-<field>`, `newsletter`,
    `imprint`."""
    sentence: object

    def __str__(self) -> str:
        return str(self.sentence)


def faults(issue: Issue) -> list[Fault]:
    """What must be mended before the issue can be ordered, from top to bottom."""
    known = [*slots.TYPED, *(each.name for each in issue.newsletter.questions)]
    found = [*_subject(issue), *_unknown_slots("subject", (issue.subject,), known)]
    found += _unknown_slots("preheader", (issue.preheader,), known)
    for rubric in issue.rubrics:
        written = _written(issue, rubric)
        found += _count(rubric, len(written))
        for story in written:
            found += _story(story)
            typed = (story.title, story.body, story.link_label)
            found += _unknown_slots(f"story-{story.id}-body", typed, known)
    return [*found, *_newsletter(issue.newsletter)]


def advice(issue: Issue) -> list[Fault]:
    """What is worth a second look; the issue may go out with it."""
    found = []
    if not issue.preheader:
        found.append(
            Fault(
                "preheader",
                _(
                    "Without a preheader, inboxes show the first words of the mail beside the subject."
                ),
            )
        )
    if imprints.missing():
        found.append(
            Fault(
                "imprint",
                _(
                    "The legal notice is not complete; the law asks for it. An admin can fill it in."
                ),
            )
        )
    if issue.leftovers:
        found.append(
            Fault("leftovers", _("The import set lines aside; they will not be in the mail."))
        )
    for rubric in issue.rubrics:
        for story in _written(issue, rubric):
            found += _unfit(rubric, story)
    return found


def _written(issue: Issue, rubric: Rubric) -> list[Story]:
    return [each for each in stories.of_rubric(issue, rubric.id) if not stories.is_empty(each)]


def _subject(issue: Issue) -> Iterator[Fault]:
    if not issue.subject:
        yield Fault("subject", _("The issue has no subject."))


def _count(rubric: Rubric, count: int) -> Iterator[Fault]:
    where = f"rubric-{rubric.anchor}"
    known = {"rubric": rubric.title, "count": count}
    if not count:
        if rubric.required:
            yield Fault(
                where, _("“%(rubric)s” is empty, but no issue goes out without it.", **known)
            )
    elif count < rubric.stories_least:
        least = rubric.stories_least
        yield Fault(
            where,
            _(
                "“%(rubric)s” wants at least %(least)s stories; it has %(count)s.",
                least=least,
                **known,
            ),
        )
    elif count > rubric.stories_most:
        most = rubric.stories_most
        yield Fault(
            where,
            _("“%(rubric)s” takes at most %(most)s stories; it has %(count)s.", most=most, **known),
        )


def _story(story: Story) -> Iterator[Fault]:
    named = _name(story)
    if story.link and not markup.safe_link(story.link):
        yield Fault(
            f"story-{story.id}-link",
            _("The link of %(story)s leads nowhere: it must begin with https://.", story=named),
        )
    for url in _MARKED_LINK.findall(story.body):
        if not markup.safe_link(url):
            yield Fault(
                f"story-{story.id}-body",
                _("In %(story)s the link “%(url)s” leads nowhere.", story=named, url=url),
            )
    if story.image is not None and not story.image_alt.strip():
        yield Fault(
            f"story-{story.id}-image_alt",
            _("The picture of %(story)s needs words for those who cannot see it.", story=named),
        )


def _newsletter(newsletter: Newsletter) -> Iterator[Fault]:
    """CPCE L34-5, CAN-SPAM and CASL: every mail names its sender, a postal address, a way out."""
    wanted = (
        (newsletter.sender_name, _("The newsletter has no sender’s name.")),
        (newsletter.sender_address, _("The newsletter has no sender’s address.")),
        (
            newsletter.publisher,
            _("The newsletter does not say who publishes it; the law asks for it."),
        ),
        (
            newsletter.postal_address,
            _("The newsletter has no postal address; the law asks for it."),
        ),
    )
    for value, sentence in wanted:
        if not value.strip():
            yield Fault("newsletter", sentence)


def _unknown_slots(where: str, texts: Iterable[str], known: Sequence[str]) -> list[Fault]:
    """Names in braces that no copy could fill: every reader would see the braces."""
    with slots.own(known):
        return [
            Fault(
                where,
                _(
                    "{{%(name)s}} is no slot of this newsletter; there is %(known)s. Where braces are"
                    " meant, write \\{\\{ in a story.",
                    name=name,
                    known=", ".join(known),
                ),
            )
            for text in texts
            for name in slots.unknown(text)
        ]


def _unfit(rubric: Rubric, story: Story) -> Iterator[Fault]:
    """What a story of this kind of rubric usually has."""
    known = {"story": _name(story), "rubric": rubric.title}
    if rubric.kind is RubricKind.LINKS and not story.link:
        yield Fault(
            f"story-{story.id}-link",
            _("%(story)s stands under “%(rubric)s” without a link.", **known),
        )
    if rubric.kind is RubricKind.IMAGE and story.image is None:
        yield Fault(
            f"story-{story.id}-picture",
            _("%(story)s stands under “%(rubric)s” without a picture.", **known),
        )


def _name(story: Story) -> object:
    words = story.title or story.body.strip()
    if not words:
        return _("a story without words")
    return _("“%(words)s”", words=f"{words[:60]}…" if len(words) > 60 else words)
