"""The desk's door: a stranger gets nowhere, a session ends when it should, a role is a role."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from app import create_app
from app.core import editors, sessions
from app.editor import guard
from app.extensions import db, limiter
from app.models import DeskSession, Issue, Notice, Role
from app.settings import Settings
from tests import desk, pages
from tests.desk import Desk

FILLED = {
    **dict.fromkeys(("issue_id", "editor_id", "comment_id", "question_id", "rubric_id"), 1),
    **{"slug": "essentiel-ia", "token": "x", "way": "up"},
}


@pytest.fixture
def stranger(flask_app: Flask) -> Desk:
    return Desk(flask_app)


def doors(flask_app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """Every desk URL that takes this method, with its endpoint."""
    adapter = flask_app.url_map.bind("hebdo.test")
    for rule in flask_app.url_map.iter_rules():
        if rule.endpoint.startswith("editor.") and method in (rule.methods or ()):
            values = {name: FILLED[name] for name in rule.arguments}
            yield rule.endpoint, adapter.build(rule.endpoint, values, method=method)


def test_every_page_of_the_desk_sends_a_stranger_to_sign_in(
    flask_app: Flask, stranger: Desk
) -> None:
    desk.draft(flask_app)
    closed = [url for name, url in doors(flask_app, "GET") if name not in guard.OPEN]
    assert len(closed) > 8
    for url in closed:
        answer = stranger.get(url)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/editor/sign-in"), url


def test_every_button_of_the_desk_refuses_a_stranger(flask_app: Flask, stranger: Desk) -> None:
    desk.draft(flask_app)
    closed = [url for name, url in doors(flask_app, "POST") if name not in guard.OPEN]
    assert len(closed) > 8
    for url in closed:
        stranger.token = desk.token(stranger.get("/editor/sign-in"))
        assert stranger.post(url).status_code == 403, url
        stranger.token = ""
        # Where the form checks its own token, the guard comes first.
        assert stranger.post(url).status_code in {400, 403}, url
    assert db.session.query(Issue).count() == 1
    assert db.session.query(Notice).count() == 0


def test_a_button_without_the_pages_token_does_nothing(flask_app: Flask) -> None:
    admin = desk.signed_in(flask_app, Role.ADMIN)
    issue = desk.draft(flask_app)
    admin.token = "forged"
    for name, url in doors(flask_app, "POST"):
        if name not in guard.OPEN:
            # A form that keeps what was typed asks for a second press, where there is what it is about.
            assert admin.post(url).status_code in {400, 404, 422}, url
    db.session.refresh(issue)
    assert issue.revision == 1


def test_signing_in_leads_to_the_page_that_was_wanted(flask_app: Flask, stranger: Desk) -> None:
    desk.editor()
    stranger.get("/editor/issues/import?from=here")
    answer = stranger.sign_in(desk.ADDRESSES[Role.EDITOR])
    assert answer.headers["Location"] == "/editor/issues/import?from=here"


def test_no_address_can_say_where_signing_in_leads(flask_app: Flask, stranger: Desk) -> None:
    desk.editor()
    stranger.get("/editor/sign-in?next=//evil.example&wanted=//evil.example")
    answer = stranger.sign_in(desk.ADDRESSES[Role.EDITOR])
    assert answer.headers["Location"] == "/editor/"


def test_a_session_begins_empty_at_the_sign_in(flask_app: Flask, stranger: Desk) -> None:
    desk.editor()
    with stranger.client.session_transaction() as session:
        session["planted"] = "by somebody"
    stranger.sign_in(desk.ADDRESSES[Role.EDITOR])
    with stranger.client.session_transaction() as session:
        assert "planted" not in session


def test_a_wrong_word_and_an_unknown_address_get_the_same_page(
    flask_app: Flask, stranger: Desk
) -> None:
    desk.editor()
    pages = []
    for address in (desk.ADDRESSES[Role.EDITOR], "nobody@hebdo.example"):
        answer = stranger.sign_in(address, "not the password")
        # The page's token carries the second in which it was made.
        page = answer.text.replace(address, "ADDRESS").replace(desk.token(answer), "TOKEN")
        pages.append((answer.status_code, page))
    assert pages[0] == pages[1]
    assert pages[0][0] == 422


def test_a_new_password_ends_every_session(flask_app: Flask) -> None:
    signed_in = desk.signed_in(flask_app)
    assert signed_in.get("/editor/").status_code == 200
    found = editors.find(desk.ADDRESSES[Role.EDITOR])
    assert found is not None
    editors.set_password(found, "un autre mot de passe")
    db.session.commit()
    assert signed_in.get("/editor/").status_code == 302


def test_signing_out_ends_the_session(flask_app: Flask) -> None:
    signed_in = desk.signed_in(flask_app)
    assert signed_in.post("/editor/sign-out").status_code == 303
    assert signed_in.get("/editor/").status_code == 302


def test_a_session_ends_after_a_week(
    flask_app: Flask, move_clock: Callable[[dt.timedelta], None]
) -> None:
    signed_in = desk.signed_in(flask_app)
    move_clock(sessions.LONGEST - dt.timedelta(minutes=1))
    assert signed_in.get("/editor/").status_code == 200
    move_clock(dt.timedelta(minutes=1))
    assert signed_in.get("/editor/").status_code == 302


def test_sessions_that_are_over_leave_no_rows(
    flask_app: Flask, move_clock: Callable[[dt.timedelta], None]
) -> None:
    desk.signed_in(flask_app)
    move_clock(sessions.LONGEST)
    desk.signed_in(flask_app, Role.CONTRIBUTOR)
    assert db.session.query(DeskSession).count() == 1


@pytest.mark.parametrize("key", [None, 1, "", "x", ["x"]])
def test_a_session_that_is_not_ours_is_no_session(
    flask_app: Flask, stranger: Desk, key: object
) -> None:
    begun = sessions.begin(desk.editor()).key
    db.session.commit()
    serializer = SecureCookieSessionInterface().get_signing_serializer(flask_app)
    assert serializer is not None
    for kept, status in (({"key": begun}, 200), ({"key": key}, 302), ({}, 302)):
        stranger.client.set_cookie("hebdo", serializer.dumps(kept), domain="localhost")
        assert stranger.get("/editor/").status_code == status


def copied(browser: Desk) -> Desk:
    """Somebody who has the cookie that this browser has now."""
    thief = Desk(browser.flask_app)
    cookie = browser.client.get_cookie("hebdo")
    assert cookie is not None
    thief.client.set_cookie("hebdo", cookie.value)
    assert thief.get("/editor/").status_code == 200
    return thief


def is_in(browser: Desk) -> bool:
    return browser.get("/editor/").status_code == 200


def test_signing_out_ends_the_session_also_for_who_copied_its_cookie(flask_app: Flask) -> None:
    here = desk.signed_in(flask_app)
    thief = copied(here)
    assert here.post("/editor/sign-out").status_code == 303
    assert not is_in(thief)


def test_signing_out_here_leaves_the_other_browsers_in_and_says_so(flask_app: Flask) -> None:
    here, there = desk.signed_in(flask_app), Desk(flask_app)
    there.sign_in(desk.ADDRESSES[Role.EDITOR])
    assert "In 2 browsers, this one among them" in here.get("/editor/password").text
    here.post("/editor/sign-out")
    told = pages.words(here.get("/editor/sign-in").text)
    assert "signed out of this browser, and still signed in in another" in told
    assert not is_in(here)
    assert is_in(there)
    assert "In this browser alone" in there.get("/editor/password").text


def test_signing_out_everywhere_ends_every_session_of_hers_and_nobody_elses(
    flask_app: Flask,
) -> None:
    here, there, admin = (
        desk.signed_in(flask_app),
        Desk(flask_app),
        desk.signed_in(flask_app, Role.ADMIN),
    )
    there.sign_in(desk.ADDRESSES[Role.EDITOR])
    here.post("/editor/sign-out", {"everywhere": "yes"})
    assert "signed out everywhere" in here.get("/editor/sign-in").text
    assert (is_in(here), is_in(there), is_in(admin)) == (False, False, True)
    assert here.sign_in(desk.ADDRESSES[Role.EDITOR]).status_code == 303


def test_signing_in_anew_ends_the_session_that_this_browser_had(flask_app: Flask) -> None:
    here = desk.signed_in(flask_app)
    thief = copied(here)
    form = {"address": desk.ADDRESSES[Role.EDITOR], "password": desk.WORD}
    assert here.post("/editor/sign-in", form).status_code == 303
    assert is_in(here)
    assert not is_in(thief)


@pytest.mark.parametrize("everywhere", [{}, {"everywhere": "yes"}])
def test_signing_out_in_a_second_tab_finds_it_done(
    flask_app: Flask, everywhere: dict[str, str]
) -> None:
    here = desk.signed_in(flask_app)
    for _ in range(2):
        answer = here.post("/editor/sign-out", everywhere)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/editor/sign-in")


def test_another_site_signs_nobody_out(flask_app: Flask) -> None:
    here = desk.signed_in(flask_app)
    here.token = "forged"
    assert here.post("/editor/sign-out", {"everywhere": "yes"}).status_code == 400
    assert is_in(here)


def test_a_contributor_writes_and_does_not_send(flask_app: Flask) -> None:
    contributor = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    issue = desk.draft(flask_app)
    url = f"/editor/issues/{issue.id}"
    assert contributor.get(url).status_code == 200
    assert contributor.get(f"{url}/send").status_code == 403
    assert contributor.post(f"{url}/send", {"revision": 1}).status_code == 403


@pytest.mark.parametrize("role", [Role.EDITOR, Role.CONTRIBUTOR])
@pytest.mark.parametrize("url", ["/editor/editors", "/editor/newsletters/essentiel-ia"])
def test_only_an_admin_keeps_editors_and_newsletters(
    flask_app: Flask, role: Role, url: str
) -> None:
    signed_in = desk.signed_in(flask_app, role)
    desk.draft(flask_app)
    assert signed_in.get(url).status_code == 403
    assert signed_in.post(url).status_code == 403


def test_no_page_of_the_desk_stays_in_a_cache(flask_app: Flask) -> None:
    assert desk.signed_in(flask_app).get("/editor/").headers["Cache-Control"] == "no-store"


@pytest.fixture
def limited(settings: Settings) -> Iterator[Flask]:
    """The app with its limits on, counted in this process."""
    limiter.enabled = True
    flask_app = create_app(dataclasses.replace(settings, redis_url="memory://"))
    with flask_app.app_context():
        limiter.reset()
        yield flask_app
        limiter.reset()
        db.session.remove()
        db.engine.dispose()


def test_guessing_is_throttled_by_address_from_wherever_it_comes(limited: Flask) -> None:
    desk.editor()
    statuses = []
    for visitor in range(22):
        guesser = Desk(limited)
        guesser.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{visitor}"
        statuses.append(guesser.sign_in(desk.ADDRESSES[Role.EDITOR], "guess").status_code)
    assert statuses == [422] * 20 + [429] * 2


def test_guessing_is_throttled_by_visitor_whatever_the_address(limited: Flask) -> None:
    guesser = Desk(limited)
    statuses = [guesser.sign_in(f"a{n}@hebdo.example", "guess").status_code for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2


def test_signing_in_well_counts_for_nothing(limited: Flask) -> None:
    desk.editor()
    for _ in range(12):
        assert Desk(limited).sign_in(desk.ADDRESSES[Role.EDITOR]).status_code == 303


def test_a_link_older_than_a_day_is_spent(flask_app: Flask, stranger: Desk) -> None:
    from time_machine import travel

    editor = desk.editor()
    url = flask_app.extensions["hebdo.links"].password(editor.id, editor.stamp)
    path = url.removeprefix("http://hebdo.test")
    assert stranger.get(path).status_code == 200
    with travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=24, minutes=1)):
        assert stranger.get(path).status_code == 404
