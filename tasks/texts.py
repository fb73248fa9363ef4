"""Rows → the values that mail is printed from. Preview, proof, send and notices all begin here."""

from __future__ import annotations

import datetime as dt

from app.core import clock, stories
from app.extensions import links
from app.models import Issue, Newsletter, Rubric, Story
from emails.values import IssueText, Masthead, Picture, RubricKind, RubricText, StoryText


def masthead(newsletter: Newsletter) -> Masthead:
    """A newsletter as every mail of it shows it; the way out stays a slot."""
    made = links()
    return Masthead(
        name=newsletter.name,
        slug=newsletter.slug,
        tagline=newsletter.tagline,
        language=newsletter.language,
        sender_name=newsletter.sender_name,
        sender_address=newsletter.sender_address,
        reply_to=newsletter.reply_to,
        publisher=newsletter.publisher,
        postal_address=newsletter.postal_address,
        accent=newsletter.accent,
        home_url=made.home(newsletter.slug),
        archive_url=made.archive(newsletter.slug),
        unsubscribe_url=made.unsubscribe_slot(),
        mine_url=made.mine_slot(),
    )


def of_issue(issue: Issue, dated: dt.date | None = None) -> IssueText:
    """The issue as it would go out now; `dated` is today in Paris unless told otherwise.

    Stories in which nothing was written are left out, and so are rubrics without stories.
    """
    newsletter = issue.newsletter
    rubrics = (_rubric(issue, rubric) for rubric in issue.rubrics)
    return IssueText(
        masthead=masthead(newsletter),
        number=issue.number,
        subject=issue.subject,
        preheader=issue.preheader,
        dated=dated or clock.now().astimezone(clock.PARIS).date(),
        web_url=links().issue(newsletter.slug, issue.number),
        rubrics=tuple(rubric for rubric in rubrics if rubric.stories),
        reader_url=links().reader_slot(newsletter.slug, issue.number),
        own_slots=tuple(each.name for each in newsletter.questions),
    )


def _rubric(issue: Issue, rubric: Rubric) -> RubricText:
    written = [each for each in stories.of_rubric(issue, rubric.id) if not stories.is_empty(each)]
    return RubricText(
        kind=RubricKind(rubric.kind),
        title=rubric.title,
        anchor=rubric.anchor,
        stories=tuple(_story(each) for each in written),
    )


def _story(story: Story) -> StoryText:
    return StoryText(
        title=story.title,
        body=story.body,
        link=story.link,
        link_label=story.link_label,
        picture=_picture(story),
    )


def _picture(story: Story) -> Picture | None:
    image = story.image
    if image is None:
        return None
    return Picture(
        url=links().media(image.name),
        width=image.width,
        height=image.height,
        alt=story.image_alt,
        credit=story.image_credit,
    )
