"""Reacting in a real browser: the whole way without script, in French; axe, and nothing overflows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app.extensions import db, links
from app.models import CommentState, Issue, Role
from tests import desk, people, talks
from tests.browser import LiveServer
from tests.reader.test_looks import violations
from tests.talks import Clock, kept, said

pytestmark = [
    pytest.mark.browser,
    # What a page looks like does not depend on the database.
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]

LONG = "Un_mot_qui_ne_finit_pas_" * 12


@pytest.fixture
def issue(live_server: LiveServer) -> Issue:
    """An issue with comments of every kind under it, and an editor."""
    desk.editor(Role.ADMIN)
    made = talks.issue(people.newsletter())
    first = said(made, f"D’accord.\n\nVoir https://hebdo.test/{LONG}", "Nina", tell=True)
    said(made, LONG, "Max", "max@hebdo.test", answers=first.id)
    gone = said(made, "À retirer", "Léa", "lea@hebdo.test")
    said(made, "Dommage", "Zoé", "zoe@hebdo.test", answers=gone.id)
    gone.state = CommentState.DELETED
    said(made, f"Retenu {LONG}", LONG[:80], state=CommentState.HELD)
    db.session.commit()
    return made


def enter(page: Any, server: LiveServer) -> None:
    db.session.rollback()
    page.goto(f"{server.url}/editor/sign-in")
    page.fill("#address", desk.ADDRESSES[Role.ADMIN])
    page.fill("#password", desk.WORD)
    page.click("main button")
    page.wait_for_url(f"{server.url}/editor/")


def paths(issue: Issue, server: LiveServer) -> list[str]:
    first = kept()[0].id
    made = [
        "/archive/essentiel-ia",
        f"{talks.PAGE}?answer={first}",
        f"{talks.PAGE}/reacted",
        links().own_comment(first).removeprefix(server.url),
        links().quiet_comment(first).removeprefix(server.url),
        links().own_comment(999).removeprefix(server.url),
        "/editor/comments",
        "/editor/comments?state=shown&undo=" + "0" * 32,
        "/editor/comments?state=refused",
        f"/editor/comments/{first}",
        "/editor/newsletters/essentiel-ia/comments",
    ]
    db.session.rollback()
    return made


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Any, live_server: LiveServer, issue: Issue, width: int, scheme: str
) -> None:
    looked_at = paths(issue, live_server)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    enter(page, live_server)
    for path in looked_at:
        page.goto(live_server.url + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(live_server.url + talks.PAGE)
    page.evaluate("document.querySelector('#react form').submit()")
    page.wait_for_selector(".summary")
    assert page.locator(".fault").count() == 3
    page.wait_for_selector("#comment-name:focus")
    assert violations(page) == []
    page.evaluate("document.getElementById('comment-form').value = ''")
    for name, typed in talks.TYPED.items():
        page.fill(f"#comment-{name}", typed)
    page.click("#react button")
    page.wait_for_selector(".summary")
    page.wait_for_selector(":is(.summary, :has(.summary)):focus")
    assert page.locator(".summary").evaluate("part => part.getBoundingClientRect().top") >= 0
    page.close()


def test_without_script_a_comment_is_sent_approved_answered_and_taken_back(
    browser: Any, live_server: LiveServer, issue: Issue, move_clock: Clock
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    reader, editor = context.new_page(), context.new_page()
    db.session.rollback()
    reader.goto(live_server.url + talks.PAGE)
    reader.fill("#comment-name", "Inès")
    reader.fill("#comment-address", "ines@hebdo.test")
    reader.fill("#comment-text", "Une idée de plus.")
    move_clock(dt.timedelta(seconds=10))
    reader.click("text=Envoyer mon commentaire")
    assert "avant de le publier" in reader.inner_text("main")
    number = kept()[-1].id
    own = links().own_comment(number)
    enter(editor, live_server)
    editor.click("text=Commentaires >> nth=0")
    db.session.rollback()
    editor.click(f"button[value='approve:{number}']")
    assert "1 commentaire paraît sous son numéro" in editor.inner_text("main")
    reader.goto(f"{live_server.url}{talks.PAGE}#comment-{number}")
    assert "Une idée de plus." in reader.inner_text(f"#comment-{number}")
    editor.click("text=publié >> nth=0")
    editor.goto(f"{live_server.url}/editor/comments/{number}")
    editor.fill("#text", "Merci à vous.")
    editor.click("text=Publier la réponse")
    reader.goto(own)
    reader.click("main button")
    assert "n’est plus là" in reader.inner_text("h1")
    reader.goto(live_server.url + talks.PAGE)
    said_there = reader.inner_text("#comments")
    assert "Une idée de plus." not in said_there
    assert "[commentaire retiré]" in said_there
    assert "Merci à vous." in said_there
    context.close()
