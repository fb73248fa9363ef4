"""Rows become texts: the words of an import are the words of the mail, and the day is Paris's."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from time_machine import travel

from app.core import editions, imports, issues, samples, stories
from app.extensions import db
from app.models import Issue
from emails import compose, render
from emails.values import Addressee
from tasks import texts
from tests.core.test_imports import PLAIN, REAL
from tests.core.test_markdown_imports import MARKDOWN

LEA = Addressee("lea@example.invalid", "Léa", "7-abc", "m@example.invalid", "b@example.invalid")


@pytest.fixture
def issue(flask_app: Flask, tmp_path: Path) -> Issue:
    newsletter = samples.plant(tmp_path / "media")
    db.session.commit()
    return issues.listing(newsletter)[0][0]


def imported(issue: Issue, content: bytes) -> Issue:
    newsletter = issue.newsletter
    made, _ = issues.create_from(
        newsletter, imports.read(imports.decode(content), newsletter.rubrics)
    )
    db.session.commit()
    return made


def mail_of(issue: Issue) -> compose.Reading:
    """What a reader's program shows of the issue: printed, composed, filled, read back."""
    text = texts.of_issue(issue)
    skeleton = compose.compile_issue(render.print_issue(text), text.masthead, issue.created_at)
    return compose.read(skeleton.fill(LEA).data)


def check_words(reading: compose.Reading, lines: list[str]) -> None:
    """Every line's words stand in the mail, whole and in order."""
    words, at = " ".join(reading.text.replace("---", " ").split()), 0
    for line in lines:
        found = words.find(" ".join(line.split()), at)
        assert found >= 0, line
        at = found


@pytest.mark.skipif(not REAL.exists(), reason="the real issue is not beside this clone")
def test_the_words_of_the_real_issue_are_the_words_of_its_mail(issue: Issue) -> None:
    lines = REAL.read_text(encoding="utf-8").splitlines()
    reading = mail_of(imported(issue, REAL.read_bytes()))
    assert reading.subject == lines[0]
    titles = {2, 5, 11, 12, 16}
    check_words(reading, [line for number, line in enumerate(lines[1:], 1) if number not in titles])


def test_the_words_of_a_plain_text_are_the_words_of_its_mail(issue: Issue) -> None:
    made = imported(issue, PLAIN.encode())
    check_words(mail_of(made), ["Premier paragraphe. Avec deux phrases.", "Second paragraphe."])
    assert mail_of(made).subject == "Le titre du numéro"


def test_the_day_is_the_one_in_paris_when_send_is_pressed(issue: Issue) -> None:
    with travel(dt.datetime(2026, 7, 14, 22, 30, tzinfo=dt.UTC)):
        assert texts.of_issue(issue).dated == dt.date(2026, 7, 15)
    with travel(dt.datetime(2026, 1, 14, 22, 30, tzinfo=dt.UTC)):
        assert texts.of_issue(issue).dated == dt.date(2026, 1, 14)


def test_urls_are_whole_and_the_way_out_is_a_slot(issue: Issue) -> None:
    text = texts.of_issue(issue)
    assert text.web_url == "http://hebdo.test/archive/essentiel-ia/1"
    assert text.masthead.unsubscribe_url == "http://hebdo.test/unsubscribe/{{token}}"
    pictures = [story.picture for rubric in text.rubrics for story in rubric.stories]
    (picture,) = [each for each in pictures if each is not None]
    assert picture.url.startswith("http://hebdo.test/media/")


def test_stories_without_words_and_rubrics_without_stories_are_left_out(issue: Issue) -> None:
    before = [len(rubric.stories) for rubric in texts.of_issue(issue).rubrics]
    stories.append(issue, issue.newsletter.rubrics[1])
    for story in stories.of_rubric(issue, issue.newsletter.rubrics[3].id):
        stories.remove(issue, story.id)
    assert [len(rubric.stories) for rubric in texts.of_issue(issue).rubrics] == [
        *before[:3],
        before[4],
    ]


def test_a_frozen_text_thaws_to_the_same(issue: Issue) -> None:
    text = texts.of_issue(imported(issue, MARKDOWN.encode()))
    assert editions.thaw(editions.freeze(text)) == text
