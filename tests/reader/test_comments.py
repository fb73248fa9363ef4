"""Reacting under an issue: every mistake said at once, nothing lost, held until an editor has read it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core import comments
from app.extensions import db, links
from app.models import (
    CommentRule,
    CommentState,
    Issue,
    Newsletter,
    Notice,
    NoticeKind,
    Visibility,
)
from tests import pages, people, talks
from tests.hostile import BROKEN_UTF8, PAYLOADS, is_alive
from tests.talks import PAGE, TYPED, Clock, kept, react, said

FIELDS = {"name": "comment-name", "address": "comment-address", "text": "comment-text"}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.fixture
def issue(letter: Newsletter) -> Issue:
    return talks.issue(letter)


def control(page: str, field: str) -> dict[str, str]:
    tag = "textarea" if field == "text" else "input"
    return pages.element(page, tag, id=FIELDS[field])


def faulty(page: str) -> list[str]:
    return [name for name in FIELDS if "aria-invalid" in control(page, name)]


def value(page: str, field: str) -> str:
    if field != "text":
        return control(page, field).get("value", "")
    return page.partition('id="comment-text"')[2].partition(">")[2].partition("</textarea>")[0]


def passed(client: FlaskClient, letter: Newsletter) -> None:
    """Let the visitor come by the link of her mail."""
    reader = people.confirmed(letter)
    token = links().subscription_token(reader.id)
    assert client.get(f"{PAGE}/for/{token}").status_code == 303


def test_a_comment_is_held_and_its_author_told_so(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    answer = react(client, move_clock, tell="y")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/reacted")
    assert "held until an editor has read it" in pages.words(client.get(answer.location).text)
    (made,) = kept()
    assert (made.state, made.name, made.address) == (CommentState.HELD, "Nina", "nina@hebdo.test")
    assert (made.tell, made.by_pass, made.language) == (True, False, "en")
    assert TYPED["text"] not in client.get(PAGE).text


def test_the_form_says_that_all_is_required_in_both_languages(
    client: FlaskClient, issue: Issue
) -> None:
    assert "All fields are required." in pages.words(client.get(PAGE).text)
    page = client.get(f"{PAGE}?lang=fr").text
    assert "Tous les champs sont obligatoires" in pages.words(page)
    assert ">Réagir</h3>" in page
    assert all("required" in control(page, name) for name in FIELDS)
    assert control(page, "address")["type"] == "email"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", None, "Please write the name"),
        ("name", "", "Please write the name"),
        ("name", " \u00a0 ", "Please write the name"),
        ("name", "N" * 81, "Please shorten this to 80 characters."),
        ("name", "Nina\r\nBcc: max@hebdo.test", "Please write this on one line."),
        ("name", "\u202eaniN", "There is an invisible mark in here"),
        ("name", "Nina\x00", "There is an invisible character in here"),
        ("address", None, "Please write your e‑mail address."),
        ("address", "", "Please write your e‑mail address."),
        ("address", "nina", "Please write a whole e‑mail address"),
        ("address", "nina@hebdo.test, max@hebdo.test", "Please write a whole e‑mail address"),
        ("address", "n" * 300 + "@hebdo.test", "An e‑mail address is not as long as this."),
        ("text", None, "Please write what you want to say."),
        ("text", "", "Please write what you want to say."),
        ("text", " \r\n \r\n", "Please write what you want to say."),
        ("text", "x" * 5001, "Please shorten this to 5000 characters."),
        ("text", "Un mot\x1b[31m", "There is an invisible character in here"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: FlaskClient,
    issue: Issue,
    move_clock: Clock,
    field: str,
    typed: str | None,
    sentence: str,
) -> None:
    answer = react(client, move_clock, **{field: typed})
    assert answer.status_code == 422
    assert faulty(answer.text) == [field]
    faulted = control(answer.text, field)
    assert f"{FIELDS[field]}-fault" in faulted["aria-describedby"].split()
    assert "autofocus" in faulted
    fault = answer.text.partition(f'id="{FIELDS[field]}-fault">')[2].partition("</p>")[0]
    assert pages.words(fault).startswith(sentence)
    for name in FIELDS.keys() - {field}:
        assert value(answer.text, name).strip() == TYPED[name]
    assert kept() == []


def test_all_mistakes_are_said_at_once_and_the_first_has_the_focus(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    answer = react(client, move_clock, name="", address="nina", text="")
    assert "3 things need another look" in pages.words(answer.text)
    assert faulty(answer.text) == list(FIELDS)
    assert [name for name in FIELDS if "autofocus" in control(answer.text, name)] == ["name"]
    linked = {each.get("href") for each in pages.elements(answer.text, "a")}
    assert {f"#{each}" for each in FIELDS.values()} <= linked


def test_a_line_end_counts_as_the_browser_counts_it(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    text = "\r\n".join(["x" * 9] * 500)
    assert len(text) > comments.LONGEST_TEXT
    assert react(client, move_clock, text=text).status_code == 303
    assert kept()[0].text.count("\n") == 499


@pytest.mark.parametrize("stale", ["csrf_token", "form"])
@pytest.mark.parametrize("value_", ["", "forged"])
def test_a_stale_form_costs_nobody_her_text(
    client: FlaskClient, issue: Issue, move_clock: Clock, stale: str, value_: str
) -> None:
    answer = react(client, move_clock, **{stale: value_})
    assert answer.status_code == 422
    assert "Please press once more." in pages.words(answer.text)
    assert value(answer.text, "text").strip() == TYPED["text"]
    move_clock(dt.timedelta(seconds=5))
    again = {**pages.hidden(answer.text), **TYPED}
    assert client.post(f"{PAGE}/react", data=again).status_code == 303
    assert len(kept()) == 1


def test_a_form_of_another_issue_is_none_of_this_ones(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    talks.issue(letter, 13)
    fields = {**pages.hidden(client.get("/archive/essentiel-ia/13").text), **TYPED}
    move_clock(dt.timedelta(seconds=5))
    assert client.post(f"{PAGE}/react", data=fields).status_code == 422


def test_who_answers_at_once_is_asked_to_press_again(
    flask_app: Flask, client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    known = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, form_seconds=60.0)
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    answer = client.post(f"{PAGE}/react", data=fields)
    assert answer.status_code == 422
    assert "very quick" in pages.words(answer.text)
    move_clock(dt.timedelta(seconds=61))
    again = {**pages.hidden(answer.text), **TYPED}
    assert client.post(f"{PAGE}/react", data=again).status_code == 303


def test_a_double_press_is_one_comment_and_changed_words_are_another(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    move_clock(dt.timedelta(seconds=5))
    answers = [client.post(f"{PAGE}/react", data=fields) for _ in range(3)]
    assert {(each.status_code, each.location) for each in answers} == {(303, f"{PAGE}/reacted")}
    assert len(kept()) == 1
    client.post(f"{PAGE}/react", data={**fields, "text": "Après le bouton Retour."})
    assert [each.text for each in kept()] == [TYPED["text"], "Après le bouton Retour."]


def test_ten_presses_at_once_are_one_comment(
    flask_app: Flask, client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    session = client.get_cookie("hebdo")
    assert session is not None
    move_clock(dt.timedelta(seconds=5))

    def press(_n: int) -> int:
        other = flask_app.test_client()
        other.set_cookie("hebdo", session.value)
        return other.post(f"{PAGE}/react", data=fields).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(press, range(10))) == {303}
    assert len(kept()) == 1


def test_a_parameter_given_twice_is_taken_once(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    react(client, move_clock, name=["Nina", "Max"])
    assert [each.name for each in kept()] == ["Nina"]


def test_a_robot_that_fills_every_field_is_thanked_and_forgotten(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    answer = react(client, move_clock, website="http://pills.test")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}/reacted")
    assert kept() == []


def test_a_flood_is_slowed_and_the_text_is_kept(limited_app: Flask, move_clock: Clock) -> None:
    talks.issue(people.newsletter())
    client = limited_app.test_client()
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    move_clock(dt.timedelta(seconds=5))

    def press(n: int) -> TestResponse:
        return client.post(f"{PAGE}/react", data={**fields, "text": f"Encore {n}"})

    assert [press(n).status_code for n in range(21)] == [303] * 20 + [429]
    refused = press(22)
    assert "Your text is still here" in pages.words(refused.text)
    assert value(refused.text, "text").strip() == "Encore 22"
    assert client.get(PAGE).status_code == 200


def test_comments_stand_in_order_with_their_answers_and_their_number(
    client: FlaskClient, issue: Issue
) -> None:
    assert "0 comments" in pages.words(client.get(PAGE).text)
    first = said(issue, "La première", "Nina")
    assert "1 comment " in pages.words(client.get(PAGE).text)
    said(issue, "La deuxième", "Max")
    said(issue, "Une réponse", "Léa", answers=first.id)
    said(issue, "Retenue", state=CommentState.HELD)
    page = client.get(PAGE).text
    words = pages.words(page)
    at = [words.index(each) for each in ("La première", "Une réponse", "La deuxième")]
    assert at == sorted(at)
    assert "3 comments" in words
    assert "Retenue" not in words
    assert "nina@" not in page
    assert "3 comments" in pages.words(client.get("/archive/essentiel-ia").text)
    french = pages.words(client.get(f"{PAGE}?lang=fr").text)
    assert "3 commentaires" in french
    assert pages.element(page, "article", id=f"comment-{first.id}")
    moment = pages.elements(page, "time")[-1]["datetime"]
    assert dt.datetime.fromisoformat(moment).tzinfo is not None


def test_no_comment_is_zero_in_the_singular_in_french(client: FlaskClient, issue: Issue) -> None:
    assert "0 commentaire " in pages.words(client.get(f"{PAGE}?lang=fr").text)


def test_the_archive_says_nothing_of_comments_that_are_not_there(
    client: FlaskClient, issue: Issue
) -> None:
    assert "0 comment" not in pages.words(client.get("/archive/essentiel-ia").text)
    said(issue)
    assert "1 comment " in pages.words(client.get("/archive/essentiel-ia?lang=en").text)


def test_an_answer_has_one_level_and_a_form_without_script(
    client: FlaskClient, issue: Issue, move_clock: Clock
) -> None:
    first = said(issue, "La première", "Nina")
    page = client.get(PAGE).text
    (link,) = [
        each["href"] for each in pages.elements(page, "a") if "answer=" in each.get("href", "")
    ]
    assert link == f"{PAGE}?answer={first.id}#react"
    assert "Answer Nina" in pages.words(client.get(f"{PAGE}?answer={first.id}").text)
    react(client, move_clock, f"{PAGE}?answer={first.id}", name="Max")
    answer = kept()[1]
    assert answer.parent_id == first.id
    answer.state = CommentState.SHOWN
    answer_id = answer.id
    db.session.commit()
    react(client, move_clock, f"{PAGE}?answer={answer_id}", name="Léa")
    assert kept()[2].parent_id is None


@pytest.mark.parametrize("odd", ["999", "0", "-1", "9" * 30, "x", "", "1&answer=2", "٣"])
def test_an_answer_to_nothing_is_a_comment(client: FlaskClient, issue: Issue, odd: str) -> None:
    page = client.get(f"{PAGE}?answer={odd}")
    assert page.status_code == 200
    assert ">React</h3>" in page.text


def test_a_reader_with_a_pass_is_not_asked_for_her_address_and_is_held_all_the_same(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    passed(client, letter)
    page = client.get(PAGE).text
    assert "we need no address" in pages.words(page)
    assert 'id="comment-address"' not in page
    react(client, move_clock, address="somebody.else@hebdo.test")
    (made,) = kept()
    assert (made.address, made.by_pass) == (people.ADDRESS, True)
    assert made.state is CommentState.HELD


def test_with_a_pass_it_stands_at_once_where_the_newsletter_says_so(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    letter.comment_rule = CommentRule.SHOWN
    db.session.commit()
    react(client, move_clock, text="Sans preuve")
    passed(client, letter)
    answer = react(client, move_clock, text="Par le lien du courriel")
    many = " ".join(f"https://hebdo.test/{n}" for n in range(comments.MOST_LINKS + 1))
    react(client, move_clock, text=many)
    states = [each.state for each in kept()]
    assert states == [CommentState.HELD, CommentState.SHOWN, CommentState.HELD]
    shown = kept()[1]
    assert answer.location == f"{PAGE}#comment-{shown.id}"
    assert "Par le lien du courriel" in client.get(PAGE).text
    owed = db.session.scalars(select(Notice).where(Notice.comment_id.is_not(None))).one()
    assert (owed.kind, owed.address) == (NoticeKind.COMMENT_SHOWN, people.ADDRESS)


def test_a_pass_fills_no_inbox_and_what_is_too_much_waits_for_an_editor(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    """The mail may have been handed on, and each comment is told to the address it was sent to."""

    def said_at_once(times: int) -> int:
        answers = [react(client, move_clock, text=f"Mot {len(kept()) + n}") for n in range(times)]
        return sum("#comment-" in each.location for each in answers)

    letter.comment_rule = CommentRule.SHOWN
    db.session.commit()
    passed(client, letter)
    why = "an editor reads the next comments first"
    assert why not in pages.words(client.get(PAGE).text)
    assert said_at_once(7) == 5
    page = pages.words(client.get(PAGE).text)
    assert why in page
    assert "Each mail that told you of a comment has a link that takes it back" in page
    move_clock(dt.timedelta(hours=1))
    assert said_at_once(7) == 5
    move_clock(dt.timedelta(hours=2))
    assert said_at_once(1) == 0
    assert why in pages.words(client.get(PAGE).text)
    move_clock(dt.timedelta(hours=22))
    assert said_at_once(1) == 1
    held = sum(each.state is CommentState.HELD for each in kept())
    assert held == 5
    owed = db.session.scalars(select(Notice).where(Notice.comment_id.is_not(None))).all()
    assert len(owed) == 11
    # Nobody else is held up, and one without a pass is told what she always was.
    other = pages.words(client.application.test_client().get(PAGE).text)
    assert why not in other
    assert "It stands here once an editor has read it" in other


def test_what_one_pass_says_at_the_same_moment_is_counted_one_by_one(
    flask_app: Flask, client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    letter.comment_rule = CommentRule.SHOWN
    db.session.commit()
    passed(client, letter)
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    cookies = [client.get_cookie(name) for name in ("hebdo", "pass-essentiel-ia")]
    move_clock(dt.timedelta(seconds=5))

    def press(n: int) -> int:
        other = flask_app.test_client()
        for cookie in cookies:
            assert cookie is not None
            other.set_cookie(cookie.key, cookie.value)
        return other.post(f"{PAGE}/react", data={**fields, "text": f"Mot {n}"}).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(press, range(10))) == {303}
    states = [each.state for each in kept()]
    assert states.count(CommentState.SHOWN) == 5
    assert states.count(CommentState.HELD) == 5


@pytest.mark.parametrize("off", [False, True])
def test_what_was_typed_while_the_comments_closed_is_handed_back(
    client: FlaskClient, issue: Issue, move_clock: Clock, off: bool
) -> None:
    form = {**pages.hidden(client.get(PAGE).text), **TYPED, "text": "Deux <b>lignes</b>\nà garder"}
    if off:
        issue.newsletter.comment_rule = CommentRule.OFF
    else:
        issue.comments_closed = True
    db.session.commit()
    move_clock(dt.timedelta(seconds=5))
    answer = client.post(f"{PAGE}/react", data=form)
    assert answer.status_code == 422
    assert "Deux &lt;b&gt;lignes&lt;/b&gt;\nà garder</textarea>" in answer.text
    assert "were closed while you wrote" in pages.words(answer.text)
    assert kept() == []


def test_closed_comments_stay_and_take_no_more(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    said(issue, "Dit à temps")
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    letter.comment_days = 14
    db.session.commit()
    move_clock(dt.timedelta(days=13, hours=23))
    assert 'id="react"' in client.get(PAGE).text
    move_clock(dt.timedelta(hours=2))
    page = client.get(PAGE).text
    assert "The comments on this issue are closed." in pages.words(page)
    assert 'id="react"' not in page
    assert "Dit à temps" in page
    assert client.post(f"{PAGE}/react", data=fields).status_code == 422
    assert len(kept()) == 1


def test_a_newsletter_without_comments_shows_none(
    client: FlaskClient, letter: Newsletter, issue: Issue
) -> None:
    said(issue, "Dit avant")
    letter.comment_rule = CommentRule.OFF
    db.session.commit()
    for path in (PAGE, "/archive/essentiel-ia"):
        words = pages.words(client.get(path).text)
        assert "Dit avant" not in words
        assert "comment" not in words


def test_bare_links_lead_on_and_vouch_for_nothing(client: FlaskClient, issue: Issue) -> None:
    said(issue, "Voir (https://hebdo.test/a_(b)?x=1&y=2), puis javascript:alert(1).")
    page = client.get(PAGE).text
    (link,) = [each for each in pages.elements(page, "a") if "a_(b)" in each.get("href", "")]
    assert link == {
        "href": "https://hebdo.test/a_(b)?x=1&y=2",
        "rel": "nofollow ugc noopener",
    }


def test_hostile_words_stay_text(client: FlaskClient, issue: Issue, move_clock: Clock) -> None:
    for n, payload in enumerate(PAYLOADS):
        answer = react(client, move_clock, name=payload[:80], text=f"{payload[:4000]} {n}")
        assert answer.status_code in {303, 422}, payload
        assert not is_alive(answer.text), payload
        react(client, move_clock, text=payload[:4000], answers=payload, form=payload[:200])
    for comment in kept():
        comment.state = CommentState.SHOWN
    db.session.commit()
    page = client.get(PAGE).text
    assert len(kept()) > 20
    assert not is_alive(page)
    assert [each for each in pages.scripts(page) if "src" not in each] == []
    without_times = re.sub(r"\d+:\d\d", "", pages.words(page))
    assert "49" not in without_times
    for field in ("name", "text", "answers", "csrf_token"):
        body = b"&".join([b"name=x", field.encode() + b"=" + BROKEN_UTF8])
        answer = client.post(
            f"{PAGE}/react", data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in {400, 422}


def test_nothing_can_be_said_under_what_is_not_out(client: FlaskClient, issue: Issue) -> None:
    for number in ("99", "9" * 30):
        assert client.post(f"/archive/essentiel-ia/{number}/react", data=TYPED).status_code == 404
        assert client.get(f"/archive/essentiel-ia/{number}/reacted").status_code == 404


def test_under_an_issue_for_subscribers_only_they_react_and_read(
    client: FlaskClient, letter: Newsletter, issue: Issue, move_clock: Clock
) -> None:
    said(issue, "Entre nous")
    fields = {**pages.hidden(client.get(PAGE).text), **TYPED}
    issue.visibility = Visibility.SUBSCRIBERS
    db.session.commit()
    move_clock(dt.timedelta(seconds=5))
    assert "Entre nous" not in client.get(PAGE).text
    refused = client.post(f"{PAGE}/react", data=fields)
    assert refused.status_code == 403
    assert "Entre nous" not in refused.text
    # What she was writing when the rule came, or when her pass ended, is hers to take along.
    assert f">\n{TYPED['text']}</textarea>" in refused.text
    passed(client, letter)
    assert "Entre nous" in client.get(PAGE).text
    assert react(client, move_clock).status_code == 303
    assert [each.by_pass for each in kept()] == [False, True]
