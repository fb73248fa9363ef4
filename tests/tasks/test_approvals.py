"""The press of *send*: what lacks something cannot be ordered, what was approved is what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.core import editions, issues, samples, stories
from app.core.errors import Invalid
from app.extensions import db
from app.models import Edition, EditionState, Issue
from emails import render
from tasks import approvals
from tasks.issues import press


@pytest.fixture
def issue(flask_app: Flask, tmp_path: Path) -> Issue:
    newsletter = samples.plant(tmp_path / "media")
    db.session.commit()
    return issues.listing(newsletter)[0][0]


def test_what_was_approved_is_what_the_worker_prints(issue: Issue) -> None:
    edition = approvals.order(issue)
    assert edition is not None
    db.session.commit()
    press(edition.id)
    db.session.refresh(edition)
    assert edition.state is EditionState.PLANNED
    assert render.digest(edition.subject, edition.html, edition.text) == edition.digest


def test_every_fault_is_said_at_once_and_nothing_is_ordered(issue: Issue) -> None:
    issue.subject = ""
    issue.newsletter.publisher = ""
    for story in stories.of_rubric(issue, issue.newsletter.rubrics[0].id):
        stories.remove(issue, story.id)
    with pytest.raises(Invalid) as refused:
        approvals.order(issue)
    assert set(refused.value.faults) == {"subject", "rubric-une", "newsletter"}
    assert db.session.query(Edition).count() == 0


def test_a_sender_that_no_header_can_hold_is_a_fault(issue: Issue) -> None:
    issue.newsletter.sender_address = "nobody"
    faults = approvals.examine(issue).faults
    assert [fault.where for fault in faults] == ["newsletter"]


def test_a_mail_that_would_be_cut_is_said_and_may_go_out(issue: Issue) -> None:
    assert approvals.examine(issue).advice == ()
    stories.of_rubric(issue, issue.newsletter.rubrics[0].id)[0].body = (
        "Un mot après l'autre. " * 5000
    )
    examined = approvals.examine(issue)
    assert "102" in str(examined.advice[0])
    assert examined.faults == ()


def test_ordering_again_is_none_and_leaves_the_first(issue: Issue) -> None:
    first = approvals.order(issue)
    assert first is not None
    assert approvals.order(issue) is None
    assert editions.of_issue(issue) is first
