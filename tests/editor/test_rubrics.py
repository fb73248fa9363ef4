"""The desk's page of rubrics: added, worded, ordered, retired and brought back by an admin."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import rubrics, stories
from app.extensions import db
from app.models import Issue, Role
from tests import desk, pages
from tests.desk import Desk

PAGE = "/editor/newsletters/essentiel-ia/rubrics"
FORM = {"title": "Le mot de la fin", "kind": "text", "anchor": "fin", "least": "1", "most": "1"}


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app, Role.ADMIN)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def pressed(at_desk: Desk, path: str) -> str:
    """What the page says after one of its buttons."""
    answer = at_desk.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    return pages.words(at_desk.get(PAGE).text)


def test_an_admin_adds_words_and_orders_rubrics_and_the_writing_page_has_them(
    at_desk: Desk, issue: Issue
) -> None:
    assert at_desk.post(PAGE, FORM).status_code == 303
    made = issue.newsletter.rubrics[-1]
    pressed(at_desk, f"{PAGE}/{made.id}/up")
    own = at_desk.get(f"{PAGE}/{made.id}").text
    assert 'value="Le mot de la fin"' in own
    answer = at_desk.post(f"{PAGE}/{made.id}", {"title": "À bientôt", "least": 1, "most": 2})
    assert answer.status_code == 303
    db.session.expire_all()
    assert [each.title for each in issue.newsletter.rubrics][-2:] == ["À bientôt", "Et aussi"]
    writing = at_desk.get(f"/editor/issues/{issue.id}").text
    assert "rubric-fin" in writing
    assert at_desk.post(f"/editor/issues/{issue.id}", {"revision": 1, "do": f"add:{made.id}"})
    db.session.expire_all()
    assert len(stories.of_rubric(issue, made.id)) == 1


def test_what_could_not_be_kept_comes_back_with_its_faults(at_desk: Desk, issue: Issue) -> None:
    odd = {"title": "Brèves", "kind": "text", "anchor": "une", "least": "3", "most": "deux"}
    answer = at_desk.post(PAGE, odd)
    assert answer.status_code == 422
    assert "whole number" in pages.words(answer.text)
    answer = at_desk.post(PAGE, {**odd, "most": "2"})
    said = pages.words(answer.text)
    assert "already a rubric of this anchor" in said
    assert "more than it may have at the most" in said
    assert 'value="Brèves"' in answer.text
    own = f"{PAGE}/{issue.newsletter.rubrics[0].id}"
    answer = at_desk.post(own, {"title": "Pour {{prenom}}", "least": 1, "most": 1})
    assert (answer.status_code, "double braces" in answer.text) == (422, True)


def test_a_rubric_goes_and_comes_back_however_often_the_button_is_pressed(
    at_desk: Desk, issue: Issue
) -> None:
    links = issue.newsletter.rubrics[-1]
    own = f"{PAGE}/{links.id}"
    for _twice in range(2):
        assert "“Et aussi” stands in no new issue" in pressed(at_desk, f"{own}/retire")
    said = pages.words(at_desk.get(own).text)
    assert "No new issue has it since" in said
    assert "Use it again" in said
    # What is written in this draft stays before the editor's eyes.
    assert "rubric-et-aussi" in at_desk.get(f"/editor/issues/{issue.id}").text
    for _twice in range(2):
        assert "“Et aussi” is back" in pressed(at_desk, f"{own}/bring-back")
    assert "Stop using it" in pages.words(at_desk.get(own).text)


def test_the_last_rubric_cannot_go(at_desk: Desk, issue: Issue) -> None:
    lead, *others = issue.newsletter.rubrics
    for each in others:
        rubrics.retire(each)
    db.session.commit()
    assert "one rubric at least" in pressed(at_desk, f"{PAGE}/{lead.id}/retire")
    db.session.expire_all()
    assert issue.newsletter.rubrics == [lead]


def test_what_was_typed_under_a_rubric_that_an_admin_retired_meanwhile_is_kept(
    at_desk: Desk, issue: Issue
) -> None:
    made = rubrics.add(
        issue.newsletter, rubrics.RubricPlan(rubrics.RubricKind.TEXT, "Fin", "fin", most=1)
    )
    moved = stories.of_rubric(issue, issue.newsletter.rubrics[1].id)[0]
    db.session.commit()
    form = desk.form_of(issue)
    form |= {f"story-{moved.id}-rubric": made.id, f"story-{moved.id}-title": "Au revoir"}
    pressed(at_desk, f"{PAGE}/{made.id}/retire")
    assert at_desk.post(f"/editor/issues/{issue.id}", form).status_code in (200, 303)
    page = at_desk.get(f"/editor/issues/{issue.id}").text
    assert "rubric-fin" in page
    assert "Au revoir" in page


def test_only_admins_keep_rubrics(flask_app: Flask, issue: Issue) -> None:
    editor = desk.signed_in(flask_app, Role.EDITOR)
    own = f"{PAGE}/{issue.newsletter.rubrics[0].id}"
    for path in (PAGE, own):
        assert editor.get(path).status_code == 403
    for path in (PAGE, own, f"{own}/up", f"{own}/retire", f"{own}/bring-back"):
        assert editor.post(path, FORM).status_code == 403
    db.session.expire_all()
    assert len(issue.newsletter.rubrics) == 5
