"""The preview shows the bytes that would be sent, in a frame that can do nothing."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import clock, editions
from app.editor.previews import SAMPLE
from app.extensions import db
from app.models import Issue, Notice, NoticeKind, Role
from emails import compose, render
from tasks import texts
from tests import desk
from tests.desk import Desk
from tests.papers import faulty, written


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def url(issue: Issue, page: str = "preview") -> str:
    return f"/editor/issues/{issue.id}/{page}"


def test_the_frame_shows_the_very_html_that_would_be_sent(at_desk: Desk, issue: Issue) -> None:
    text = texts.of_issue(issue)
    skeleton = compose.compile_issue(render.print_issue(text), text.masthead, clock.now())
    sent = compose.read(skeleton.fill(SAMPLE).data).html
    assert at_desk.get(url(issue, "preview/mail")).text == sent


def test_the_frame_has_a_policy_of_its_own(at_desk: Desk, issue: Issue) -> None:
    policy = at_desk.get(url(issue, "preview/mail")).headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"
    assert "sandbox" in rules
    assert "script-src" not in rules
    assert rules["img-src"] == "'self' data: http://hebdo.test"


def test_the_page_holds_two_frames_without_rights_and_the_text(at_desk: Desk, issue: Issue) -> None:
    page = at_desk.get(url(issue)).text
    assert page.count(" sandbox src=") == 2
    assert 'width="640"' in page
    assert 'width="375"' in page
    assert "MISTRAL" not in page
    assert "À LA UNE" in page


def test_empty_stories_and_rubrics_are_not_printed(at_desk: Desk, issue: Issue) -> None:
    for story in issue.stories:
        if story.rubric.anchor == "entretiens":
            story.title = story.body = story.link = ""
    db.session.commit()
    assert "rythmé" not in at_desk.get(url(issue, "preview/mail")).text


def test_a_proof_holds_the_issue_as_it_stood_at_the_press(at_desk: Desk, issue: Issue) -> None:
    answer = at_desk.post(url(issue, "proof"), {"address": "Amie@Exemple.example"})
    assert answer.status_code == 303
    notice = db.session.query(Notice).one()
    assert (notice.kind, notice.address) == (NoticeKind.PROOF, "Amie@exemple.example")
    before = issue.subject
    issue.subject = "Changé depuis"
    db.session.commit()
    assert editions.thaw(notice.source).subject == before


@pytest.mark.parametrize("address", ["", "x", "a@b", "a@b.fr\r\nBcc: c@d.fr"])
def test_a_proof_to_no_address_is_refused_in_words(
    at_desk: Desk, issue: Issue, address: str
) -> None:
    assert at_desk.post(url(issue, "proof"), {"address": address}).status_code == 422
    assert db.session.query(Notice).count() == 0


def test_a_contributor_sends_proofs_to_herself_alone(flask_app: Flask, issue: Issue) -> None:
    contributor = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    refused = contributor.post(url(issue, "proof"), {"address": "a@b.example"})
    assert refused.status_code == 403
    assert faulty(refused.text) == ["address"]
    assert written(refused.text)["address"] == ["a@b.example"]
    assert db.session.query(Notice).count() == 0
    own = {"address": desk.ADDRESSES[Role.CONTRIBUTOR]}
    assert contributor.post(url(issue, "proof"), own).status_code == 303


def test_an_issue_that_cannot_be_printed_says_why(at_desk: Desk, issue: Issue) -> None:
    issue.newsletter.sender_address = "nobody"
    db.session.commit()
    assert at_desk.get(url(issue)).status_code == 200
    assert at_desk.get(url(issue, "preview/mail")).status_code == 422
    assert at_desk.get(url(issue, "send")).status_code == 200
