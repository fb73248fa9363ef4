"""An author's hand on her comment: by her link alone, by one press, for good; looking changes nothing."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db, links
from app.models import CommentState, Issue
from tests import pages, people, talks
from tests.talks import PAGE, kept, said


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return talks.issue(people.newsletter())


def own(comment_id: int, more: str = "") -> str:
    return links().own_comment(comment_id).removeprefix("http://hebdo.test") + more


def test_looking_takes_nothing_back_and_one_press_does(client: FlaskClient, issue: Issue) -> None:
    path = own(said(issue, "À retirer").id)
    for method in ("GET", "HEAD", "GET"):
        assert client.open(path, method=method).status_code == 200
    page = client.get(path).text
    assert "À retirer" in page
    assert len(pages.elements(page, "button")) == 1
    for _ in range(2):
        answer = client.post(path)
        assert answer.status_code == 200
        assert "Your comment is gone" in pages.words(answer.text)
    assert "Your comment is gone" in pages.words(client.get(path).text)
    assert kept() == []


def test_her_pages_speak_the_language_of_the_mail_that_led_there(
    flask_app: Flask, issue: Issue
) -> None:
    comment = said(issue, "In English, please", tell=True)
    comment.language = "en"
    db.session.commit()
    visitor = flask_app.test_client(use_cookies=False)
    for more in ("", "/quiet"):
        assert '<html lang="en">' in visitor.get(own(comment.id, more)).text


def test_what_others_answered_keeps_its_place_and_nothing_of_its_author(
    client: FlaskClient, issue: Issue
) -> None:
    first = said(issue, "À retirer", "Nina").id
    said(issue, "Une réponse", "Max", answers=first)
    client.post(own(first))
    page = pages.words(client.get(PAGE).text)
    assert "[comment withdrawn]" in page
    assert "Une réponse" in page
    assert "Nina" not in page
    assert "1 comment " in page
    gone = kept()[0]
    assert gone.state is CommentState.WITHDRAWN
    assert (gone.name, gone.address, gone.address_key, gone.text) == ("", "", "", "")


def test_word_of_answers_is_stopped_by_one_press(client: FlaskClient, issue: Issue) -> None:
    path = own(said(issue, tell=True).id, "/quiet")
    assert "Tell me no more" in pages.words(client.get(path).text)
    assert kept()[0].tell
    for _ in range(2):
        assert "You are told no more" in pages.words(client.post(path).text)
    assert not kept()[0].tell
    assert "You are told no more" in pages.words(client.get(path).text)


def test_a_link_that_was_cut_or_made_for_something_else_opens_nothing(
    client: FlaskClient, issue: Issue
) -> None:
    path = own(said(issue).id)
    other = links().confirm(1).rpartition("/")[2]
    for odd in (path[:-3], "/comments/x", f"/comments/{other}"):
        for way in ("", "/quiet"):
            assert client.get(odd + way).status_code == 404
            assert client.post(odd + way).status_code == 404
    assert len(kept()) == 1


def test_a_number_is_never_given_to_another_comment(client: FlaskClient, issue: Issue) -> None:
    path = own(said(issue, "À retirer").id)
    client.post(path)
    said(issue, "D’une autre personne", "Max")
    client.post(path)
    assert [each.name for each in kept()] == ["Max"]
