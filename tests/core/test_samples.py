"""The first start: a whole newsletter, an issue that may go out as it is, readers nobody can mail."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from app.core import audiences, checks, issues, samples
from app.extensions import db
from app.models import Issue, Newsletter, RubricKind, Subscriber, Subscription
from emails import markup


def test_the_sample_issue_is_complete_and_may_go_out(flask_app: Flask, tmp_path: Path) -> None:
    newsletter = samples.plant(tmp_path)
    db.session.commit()
    (issue, _edition), *others = issues.listing(newsletter)
    kinds = [RubricKind(story.rubric.kind) for story in issue.stories]
    assert others == []
    assert checks.faults(issue) == []
    assert checks.advice(issue) == []
    assert issue.leftovers == ""
    assert [kinds.count(kind) for kind in RubricKind] == [1, 5, 1, 3, 4, 0, 0]


def test_the_sample_picture_has_words_and_a_credit(flask_app: Flask, tmp_path: Path) -> None:
    newsletter = samples.plant(tmp_path)
    (issue, _edition), *_ = issues.listing(newsletter)
    (story,) = [each for each in issue.stories if each.image is not None]
    assert story.image is not None
    assert (story.image.width, story.image.height) == (1200, 675)
    assert story.image_alt
    assert story.image_credit
    assert (tmp_path / story.image.name).exists()


def test_each_sample_interview_leads_to_its_page(flask_app: Flask, tmp_path: Path) -> None:
    newsletter = samples.plant(tmp_path)
    (issue, _edition), *_ = issues.listing(newsletter)
    interviews = [each for each in issue.stories if each.rubric.kind is RubricKind.INTERVIEWS]
    assert all(markup.safe_link(each.link) and each.link_label for each in interviews)


def test_twenty_five_readers_wait_whom_no_mail_can_reach(flask_app: Flask, tmp_path: Path) -> None:
    newsletter = samples.plant(tmp_path)
    db.session.commit()
    assert audiences.count(newsletter.id) == 25
    assert all(each.address.endswith(".invalid") for each in db.session.query(Subscriber))


def test_planting_twice_is_the_same_as_once(flask_app: Flask, tmp_path: Path) -> None:
    samples.plant(tmp_path)
    db.session.commit()
    samples.plant(tmp_path)
    db.session.commit()
    counted = [db.session.query(kind).count() for kind in (Newsletter, Issue, Subscription)]
    assert counted == [1, 1, 25]
