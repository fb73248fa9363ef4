"""Who may read an issue on the web: everybody, who has its address, or who came by her mail's link."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import archive, editions, issues, newsletters
from app.extensions import db, links
from app.models import Newsletter, Role, Visibility
from emails.values import Picture, RubricKind, RubricText, StoryText
from tests import desk, pages, people, rows

ISSUE = "/archive/essentiel-ia/12"
SUBJECT = "bibliothèque de quartier"


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def put(letter: Newsletter, number: int, visibility: Visibility) -> None:
    edition = people.edition(letter, number)
    archive.expose(edition.issue, visibility)
    db.session.commit()


def test_an_unlisted_issue_has_its_page_and_stands_in_no_list(
    client: FlaskClient, letter: Newsletter
) -> None:
    put(letter, 11, Visibility.PUBLIC)
    put(letter, 12, Visibility.UNLISTED)
    put(letter, 13, Visibility.PUBLIC)
    answer = client.get(ISSUE)
    assert SUBJECT in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert pages.element(answer.text, "meta", name="robots")["content"] == "noindex"
    for path in ("/archive/essentiel-ia", "/archive/essentiel-ia/11", "/archive/essentiel-ia/13"):
        assert f'"{ISSUE}"' not in client.get(path).text, path


def test_an_unlisted_issue_is_nowhere_the_latest(client: FlaskClient, letter: Newsletter) -> None:
    put(letter, 12, Visibility.UNLISTED)
    assert archive.latest(letter.id) is None
    assert editions.latest(letter.id) is None
    assert ISSUE not in client.get("/newsletters/essentiel-ia").text


def test_the_latest_for_subscribers_shows_its_head_on_the_newsletters_page(
    client: FlaskClient, letter: Newsletter
) -> None:
    title = rows.text(letter).rubrics[0].stories[0].title
    put(letter, 12, Visibility.PUBLIC)
    assert title in client.get("/newsletters/essentiel-ia").text
    put(letter, 13, Visibility.SUBSCRIBERS)
    page = client.get("/newsletters/essentiel-ia").text
    assert "/archive/essentiel-ia/13" in page
    assert title not in page
    assert "For subscribers" in page


@pytest.mark.parametrize("visibility", Visibility)
def test_a_picture_and_what_it_shows_are_told_of_no_issue_for_subscribers(
    client: FlaskClient, letter: Newsletter, visibility: Visibility
) -> None:
    picture = Picture(links().media(f"{'a' * 64}.png"), 1200, 675, "Une usine en feu", "Léa Roux")
    rubric = RubricText(RubricKind.LEAD, "À la Une", "une", (StoryText("T", "C", picture=picture),))
    text = dataclasses.replace(rows.text(letter), rubrics=(rubric,))
    edition = people.edition(letter, 12, text=text)
    archive.expose(edition.issue, visibility)
    db.session.commit()
    page = client.get(ISSUE).text
    told = [each for each in ("a" * 64, "Une usine en feu", "Léa Roux") if each in page]
    assert (told == []) is (visibility is Visibility.SUBSCRIBERS)
    assert "og:title" in page


def test_an_issue_for_subscribers_shows_others_its_head_and_the_way_in(
    client: FlaskClient, letter: Newsletter
) -> None:
    put(letter, 12, Visibility.SUBSCRIBERS)
    answer = client.get(ISSUE)
    page = pages.words(answer.text)
    head, _, told = page.partition("This issue is for subscribers")
    assert rows.text(letter).preheader.split()[0] in head
    assert told
    # Of the stories not a word: neither on the page nor in what programs read of it.
    assert "Villeurbanne" not in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    assert '"isAccessibleForFree": false' in answer.text
    assert "For subscribers" in client.get("/archive/essentiel-ia").text
    typed = {"address": "lea@hebdo.test", "consent": "y"}
    assert pages.submit(client, ISSUE, "/subscribe", typed).status_code in {302, 303}


def test_the_link_in_her_mail_opens_an_issue_for_subscribers(
    client: FlaskClient, letter: Newsletter
) -> None:
    put(letter, 12, Visibility.SUBSCRIBERS)
    reader = people.confirmed(letter)
    token = links().subscription_token(reader.id)
    answer = client.get(f"{ISSUE}/for/{token}", follow_redirects=True)
    assert answer.request.path == ISSUE
    assert "Villeurbanne" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_new_issue_begins_as_its_newsletter_says(letter: Newsletter) -> None:
    settings = newsletters.settings_of(letter)
    assert settings.visibility is Visibility.PUBLIC
    letter.visibility = Visibility.SUBSCRIBERS
    assert issues.create(letter).visibility is Visibility.SUBSCRIBERS


def test_the_desk_changes_it_before_and_after_sending(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app)
    issue = desk.draft(flask_app)
    page = f"/editor/issues/{issue.id}"
    assert 'name="visibility"' in at_desk.get(page).text
    at_desk.post(page, desk.form_of(issue, visibility="subscribers"))
    db.session.refresh(issue)
    assert issue.visibility is Visibility.SUBSCRIBERS
    edition = editions.order(issue, rows.text(issue.newsletter), "0" * 64)
    assert edition is not None
    db.session.commit()
    assert at_desk.post(f"{page}/web", {"visibility": "unlisted"}).status_code == 303
    db.session.refresh(issue)
    assert issue.visibility is Visibility.UNLISTED


def test_where_an_editor_chooses_the_desk_says_that_unlisted_is_no_secret(
    flask_app: Flask, client: FlaskClient, letter: Newsletter
) -> None:
    """For so it is: whoever counts on from the last number finds it."""
    put(letter, 12, Visibility.UNLISTED)
    assert client.get(ISSUE).status_code == 200
    at_desk = desk.signed_in(flask_app)
    issue = issues.create(letter)
    db.session.commit()
    for path in (f"/editor/issues/{issue.id}", f"/editor/issues/{issue.id}/web"):
        page = pages.words(at_desk.get(path).text)
        assert "Unlisted: in no list, feed or search" in page
        assert "no secret: its address ends in its number, which can be guessed" in page


@pytest.mark.parametrize("typed", [None, "", " ", "everybody", "public\x00", "é" * 500])
def test_a_rule_that_is_none_is_refused_with_a_sentence(
    flask_app: Flask, typed: str | None
) -> None:
    at_desk = desk.signed_in(flask_app)
    issue = desk.draft(flask_app)
    form = {} if typed is None else {"visibility": typed}
    answer = at_desk.post(f"/editor/issues/{issue.id}/web", form)
    assert answer.status_code == 422
    assert 'id="visibility-fault"' in answer.text
    db.session.refresh(issue)
    assert issue.visibility is Visibility.PUBLIC


def test_a_contributor_changes_neither_rule_nor_corrections(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    issue = desk.draft(flask_app)
    for path in ("web", "corrections", "corrections/remove"):
        form = {"visibility": "unlisted", "text": "x"}
        assert at_desk.post(f"/editor/issues/{issue.id}/{path}", form).status_code == 403


def test_a_year_leads_to_its_issues(client: FlaskClient, letter: Newsletter) -> None:
    put(letter, 12, Visibility.PUBLIC)
    year = archive.years(letter.id)[0]
    db.session.rollback()
    answer = client.get(f"/archive/essentiel-ia/{year}", follow_redirects=True)
    assert answer.request.path == f"/archive/essentiel-ia/year/{year}"
    assert f'"{ISSUE}"' in answer.text
    assert client.get("/archive/essentiel-ia/year/1999").status_code == 404
    assert client.get("/archive/essentiel-ia/year/99999999999999999999").status_code == 404
    put(letter, year, Visibility.PUBLIC)
    # An issue of that number comes first; its year stays where the lists lead.
    assert "Villeurbanne" in client.get(f"/archive/essentiel-ia/{year}").text


def test_nobody_comments_on_an_issue_that_she_may_not_read(
    client: FlaskClient, letter: Newsletter
) -> None:
    put(letter, 12, Visibility.SUBSCRIBERS)
    answer = client.post(f"{ISSUE}/react", data={"name": "x", "text": "y"})
    assert answer.status_code == 403
    assert "This issue is for subscribers" in answer.text
    assert "Villeurbanne" not in answer.text


def test_after_a_sign_up_earlier_issues_are_offered_where_she_may_read_one(
    client: FlaskClient, letter: Newsletter
) -> None:
    def is_offered() -> bool:
        page = client.get("/subscribed?newsletter=essentiel-ia").text
        assert "Look into your inbox" in page
        return "Meanwhile, read earlier issues" in page

    assert not is_offered()
    put(letter, 11, Visibility.UNLISTED)
    put(letter, 12, Visibility.SUBSCRIBERS)
    assert not is_offered()
    token = links().subscription_token(people.confirmed(letter).id)
    client.get(f"{ISSUE}/for/{token}")
    assert is_offered()
    client.delete_cookie("pass-essentiel-ia")
    assert not is_offered()
    put(people.newsletter("autre"), 1, Visibility.PUBLIC)
    assert not is_offered()
    put(letter, 13, Visibility.PUBLIC)
    assert is_offered()
