"""Buttons pressed once more, in a second tab, or about what is gone: answered kindly, and to no harm."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import imports, issues, questions, samples
from app.core.questions import QuestionPlan
from app.extensions import db, links
from app.models import Image, Issue, IssueState, Newsletter, Question, QuestionKind, Role
from tests import desk, pages, people
from tests.desk import Desk

LETTER = "/editor/newsletters/essentiel-ia"


@pytest.fixture
def at_desk(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app, Role.ADMIN)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


@pytest.fixture
def letter(issue: Issue) -> Newsletter:
    people.asks(issue.newsletter)
    return issue.newsletter


def told(at_desk: Desk, page: str) -> str:
    return pages.words(at_desk.get(page).text)


def test_a_draft_deleted_twice_is_said_to_be_gone(at_desk: Desk, issue: Issue) -> None:
    path = f"/editor/issues/{issue.id}/delete"
    for _ in range(2):
        answer = at_desk.post(path, {"revision": 1})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/editor/")
    assert "this draft had been deleted already" in told(at_desk, "/editor/")


@pytest.mark.parametrize("button", ["", "/delete", "/send"])
def test_a_page_of_a_deleted_draft_does_not_reach_the_next_one(
    at_desk: Desk, issue: Issue, button: str
) -> None:
    path, form = f"/editor/issues/{issue.id}", desk.form_of(issue, subject="Tapé avant")
    newsletter, words = issue.newsletter, (samples.FOLDER / samples.ISSUE).read_text("utf-8")
    picture = {samples.PICTURE: db.session.query(Image).one()}
    issues.delete(issue, 1)
    following, _remarks = issues.create_from(
        newsletter, imports.read(words, newsletter.rubrics), picture
    )
    following.subject = "Le suivant"
    db.session.commit()
    at_desk.post(f"{path}{button}", form)
    found = db.session.scalars(select(Issue)).one()
    said = (found.subject, found.revision, found.state)
    assert said == ("Le suivant", 1, IssueState.DRAFT)


@pytest.mark.parametrize("button", ["remove", "up", "down"])
def test_a_button_about_a_field_that_is_gone_is_answered_kindly(
    at_desk: Desk, letter: Newsletter, button: str
) -> None:
    path, name = f"{LETTER}/questions/{letter.questions[1].id}", letter.questions[1].name
    for press in ("remove", button):
        assert at_desk.post(f"{path}/{press}", {"field": name}).status_code == 303
    assert "this field had been removed already" in told(at_desk, f"{LETTER}/questions")
    assert at_desk.post(path, {"field": name, "label": "Encore"}).status_code == 404


@pytest.mark.parametrize("button", ["", "/remove", "/up"])
def test_a_button_of_an_old_page_does_not_reach_the_field_that_got_the_number_since(
    at_desk: Desk, letter: Newsletter, button: str
) -> None:
    """SQLite numbers the next field like the last one that was removed."""
    last = letter.questions[-1]
    number, name = last.id, last.name
    questions.remove(last)
    questions.add(letter, QuestionPlan("pays", QuestionKind.TEXT, "Votre pays")).id = number
    db.session.commit()
    path = f"{LETTER}/questions/{number}{button}"
    assert at_desk.post(path, {"field": name, "label": "Autre"}).status_code in {303, 404}
    db.session.expire_all()
    assert [(each.id, each.label) for each in letter.questions][-1] == (number, "Votre pays")


def test_the_pages_of_fields_name_the_field_in_each_of_their_forms(
    at_desk: Desk, letter: Newsletter
) -> None:
    one = letter.questions[1]
    number = one.id
    forms = at_desk.get(f"{LETTER}/questions").text.count(f'name="field" value="{one.name}"')
    own = at_desk.get(f"{LETTER}/questions/{number}").text
    assert (forms, own.count(f'name="field" value="{one.name}"')) == (2, 2)
    at_desk.post(f"{LETTER}/questions/{number}/up", pages.hidden(own))
    db.session.expire_all()
    assert letter.questions[0].id == number
    at_desk.post(f"{LETTER}/questions/{number}/remove", pages.hidden(own))
    db.session.expire_all()
    assert db.session.get(Question, number) is None


def test_who_would_undo_the_list_of_sites_of_another_tab_is_told_so_first(
    at_desk: Desk, letter: Newsletter
) -> None:
    path, ours, theirs = f"{LETTER}/embedding", "https://a.hebdo.test", "https://b.hebdo.test"
    seen = pages.hidden(at_desk.get(path).text)
    assert at_desk.post(path, {**seen, "origins": theirs}).status_code == 303
    answer = at_desk.post(path, {**seen, "origins": ours})
    assert answer.status_code == 422
    assert "Somebody changed this while you were at it" in pages.words(answer.text)
    assert f">\n{ours}</textarea>" in answer.text.replace("\r", "")
    db.session.expire_all()
    assert letter.origins == theirs
    both = f"{ours}\r\n{theirs}"
    assert at_desk.post(path, {**pages.hidden(answer.text), "origins": both}).status_code == 303
    db.session.expire_all()
    assert letter.origins.split() == [ours, theirs]


def test_a_link_pressed_twice_says_that_the_password_chosen_holds(flask_app: Flask) -> None:
    nina = desk.editor()
    path = links().password(nina.id, nina.stamp).removeprefix(links().url(""))
    hers = Desk(flask_app)
    hers.token = desk.token(hers.get(path))
    answers = [hers.post(path, {"password": "une phrase à moi"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 404]
    assert "that password holds" in answers[1].text
    assert 'href="/editor/sign-in"' in answers[1].text


def test_a_desk_without_newsletters_offers_no_form_that_cannot_be_sent(at_desk: Desk) -> None:
    for page in ("/editor/issues/new", "/editor/issues/import"):
        text = at_desk.get(page).text
        assert "There is no newsletter yet" in text
        main = text.partition("<main")[2]
        assert "<button" not in main


def test_a_list_of_issues_below_the_last_says_that_there_are_none(
    at_desk: Desk, issue: Issue
) -> None:
    page = at_desk.get(f"/editor/?below={issue.id}").text
    assert "There are no earlier ones." in page
    assert "From the beginning" in page
    assert "<table" not in page
    issues.delete(issue, 1)
    db.session.commit()
    assert "Nothing written yet" in at_desk.get("/editor/").text
