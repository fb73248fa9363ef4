"""The desk in a real browser: axe finds nothing, nothing overflows, no word is lost, no script is needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app import figures
from app.core import clock, editions, editors, issues, stories
from app.extensions import db, limiter, links
from app.models import (
    Batch,
    CommentState,
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Issue,
    Role,
)
from tasks import approvals
from tasks.issues import press
from tests import desk, people, talks
from tests.browser import LOOKS, LiveServer
from tests.editor.test_editions import settle
from tests.reader.test_looks import violations

pytestmark = [
    pytest.mark.browser,
    # What a page looks like does not depend on the database.
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]


@pytest.fixture
def server(live_server: LiveServer) -> Iterator[LiveServer]:
    limiter.enabled = False
    desk.editor(Role.ADMIN)
    yield live_server
    limiter.enabled = True


@pytest.fixture
def issue(server: LiveServer) -> Issue:
    """A draft with faults, advice and leftovers, so that the page has all its parts."""
    made = desk.draft(server.flask_app)
    made.leftovers = "Une ligne sans place"
    made.preheader = ""
    stories.of_rubric(made, made.newsletter.rubrics[1].id)[0].link = "nulle part"
    db.session.commit()
    return made


@pytest.fixture
def sent(server: LiveServer, issue: Issue) -> Issue:
    """A second issue, under way, with every kind of answer."""
    second = issues.create(issue.newsletter)
    for story in issue.stories:
        row = stories.append(second, story.rubric)
        row.title, row.body, row.image = story.title, story.body, story.image
        row.image_alt = story.image_alt
    second.subject = "En route"
    edition = approvals.order(second)
    assert edition is not None
    db.session.commit()
    press(edition.id)
    settle(edition, [*DeliveryState] * 2, "no such person here")
    return second


def enter(page: Any, server: LiveServer) -> None:
    db.session.rollback()
    page.goto(f"{server.url}/editor/sign-in")
    page.fill("#address", desk.ADDRESSES[Role.ADMIN])
    page.fill("#password", desk.WORD)
    page.click("main button")
    page.wait_for_url(f"{server.url}/editor/")


def password_link() -> str:
    """What the admin's mail would hold."""
    admin = editors.find(desk.ADDRESSES[Role.ADMIN])
    assert admin is not None
    return links().password(admin.id, admin.stamp)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_at_the_desk_and_nothing_overflows(
    browser: Any, server: LiveServer, issue: Issue, sent: Issue, width: int, scheme: str
) -> None:
    draft, done = f"/editor/issues/{issue.id}", f"/editor/issues/{sent.id}"
    paths = [
        *("/editor/", draft, f"{draft}/preview", f"{draft}/send", f"{done}/progress"),
        *("/editor/issues/new", "/editor/issues/import", "/editor/editors"),
        *("/editor/newsletters", "/editor/newsletters/essentiel-ia"),
        *("/editor/password", "/editor/password/spent", "/editor/issues/999"),
        password_link().removeprefix(server.url),
    ]
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    db.session.rollback()
    page.goto(f"{server.url}/editor/sign-in")
    assert violations(page) == []
    enter(page, server)
    for path in paths:
        page.goto(server.url + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.close()


def test_leaving_with_unsaved_words_asks_first(
    browser: Any, server: LiveServer, issue: Issue
) -> None:
    page = browser.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"{server.url}/editor/")
    assert asked == []
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.fill("#subject", "Pas encore gardé")
    assert page.locator("[data-dirty-word]").is_visible()
    page.goto(f"{server.url}/editor/")
    assert asked == ["beforeunload"]
    page.close()


def test_ctrl_s_saves(browser: Any, server: LiveServer, issue: Issue) -> None:
    page = browser.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    # SQLite lets nobody else write while this test's own transaction is open.
    db.session.rollback()
    page.fill("#subject", "Gardé par le clavier")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    db.session.rollback()
    assert issue.subject == "Gardé par le clavier"
    page.close()


def test_a_page_saved_far_down_comes_back_far_down(
    browser: Any, server: LiveServer, issue: Issue
) -> None:
    page = browser.new_page(reduced_motion="reduce")
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.locator(".desk-story textarea").last.fill("Corrigé tout en bas")
    left_at = page.evaluate("window.scrollY")
    assert left_at > 1000
    db.session.rollback()
    with page.expect_navigation():
        page.click("text=Save >> nth=0")
    assert abs(page.evaluate("window.scrollY") - left_at) < 200
    page.close()


@pytest.mark.parametrize("words", ["x" * 251, "Court"], ids=["a fault", "somebody else saved"])
def test_a_save_that_is_refused_far_down_shows_why(
    browser: Any, server: LiveServer, issue: Issue, words: str
) -> None:
    page = browser.new_page(reduced_motion="reduce")
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.evaluate("document.getElementById('subject').removeAttribute('maxlength')")
    page.fill("#subject", words)
    page.locator(".desk-story textarea").last.fill("Corrigé tout en bas")
    assert page.evaluate("window.scrollY") > 1000
    if words == "Court":
        issues.save(issue, issue.revision, issues.Words("Celui d’une autre", ""))
    db.session.commit()
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    page.wait_for_selector(".summary:focus")
    top = page.locator(".summary").evaluate("part => part.getBoundingClientRect().top")
    assert 0 <= top < 700
    page.close()


def test_the_desk_works_without_scripts(browser: Any, server: LiveServer, issue: Issue) -> None:
    """Write, add, send, watch: the whole way."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.fill("#subject", "Sans script")
    page.fill(f"#story-{stories.of_rubric(issue, issue.newsletter.rubrics[1].id)[0].id}-link", "")
    db.session.rollback()
    page.click("text=Add a story >> nth=1")
    page.click("text=Send…")
    page.wait_for_selector("h1:has-text('Send to 25 readers?')")
    page.click("text=Send it now")
    page.wait_for_url("**/progress")
    assert page.locator("noscript meta").count() + page.locator("meta[http-equiv=refresh]").count()
    db.session.rollback()
    assert db.session.query(Edition).count() == 1
    context.close()


def test_the_figures_move_by_themselves(browser: Any, server: LiveServer, sent: Issue) -> None:
    """And the names under them: of two refused copies one is taken after all."""
    page = browser.new_context(locale="fr").new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    edition = db.session.query(Edition).one()
    accepted, refusals = (page.locator(f".desk-{name}") for name in ("accepted", "refused"))
    assert accepted.inner_text().split() == ["2", "acceptés"]
    assert refusals.inner_text().split() == ["2", "refusés"]
    refused = db.session.query(Delivery).filter_by(state=DeliveryState.REFUSED).first()
    assert refused is not None
    assert refused.edition_id == edition.id
    refused.state = DeliveryState.ACCEPTED
    db.session.commit()
    accepted.filter(has_text="3").wait_for()
    assert refusals.inner_text().split() == ["1", "refusé"]
    page.context.close()


def test_figures_that_move_are_set_as_those_that_stood(
    browser: Any, server: LiveServer, sent: Issue
) -> None:
    def as_of_a_million(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "accepted": 1_234_567})

    page = browser.new_context(locale="fr").new_page()
    enter(page, server)
    page.route("**/progress.json", as_of_a_million)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    page.locator(".desk-accepted", has_text="234").wait_for()
    with server.flask_app.test_request_context(headers={"Accept-Language": "fr"}):
        said = figures.figure(1_234_567)
    assert page.locator(".desk-accepted b").inner_text() == said == "1\u202f234\u202f567"
    page.context.close()


SPOKEN = "[...document.querySelectorAll('[aria-live], [role=status], [role=alert]')]"
"""What is read out to who listens, whenever it changes."""

LISTEN = f"""() => {{
  window.heard = [];
  const listen = new MutationObserver((changes) => changes.forEach((each) => {{
    if (each.target.textContent) window.heard.push(each.target.textContent);
  }}));
  {SPOKEN}.forEach((each) => listen.observe(each, {{childList: true, characterData: true, subtree: true}}));
}}"""


def test_the_figures_move_without_a_word_and_each_quarter_is_spoken_once(
    browser: Any, server: LiveServer, sent: Issue
) -> None:
    """Of 25 copies 8 are settled at first, then 10, 13 and 15."""
    page = browser.new_context(locale="en").new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    page.evaluate(LISTEN)
    edition = db.session.query(Edition).one()
    spoken = ["Half of the copies are settled."]
    for count, heard in ((2, []), (3, spoken), (2, spoken)):
        before = db.session.query(Delivery).filter_by(state=DeliveryState.ACCEPTED).count()
        accept(edition, count)
        page.locator('b[data-figure="accepted"]', has_text=str(before + count)).wait_for()
        assert page.evaluate("window.heard") == heard
    page.context.close()


def accept(edition: Edition, count: int) -> None:
    """As many copies more, of those that wait."""
    known = {each.subscriber_id for each in db.session.query(Delivery)}
    batch = db.session.query(Batch).filter_by(edition_id=edition.id).one()
    at = clock.now()
    for one in [each for each in batch.subscriber_ids if each not in known][:count]:
        fate = {"state": DeliveryState.ACCEPTED, "code": 250, "answer": "ok"}
        db.session.add(
            Delivery(edition_id=edition.id, subscriber_id=one, first_at=at, at=at, **fate)
        )
        batch.settled += 1
    db.session.commit()


def test_what_becomes_of_a_send_is_spoken_once_the_page_has_followed(
    browser: Any, server: LiveServer, sent: Issue
) -> None:
    page = browser.new_context(locale="en").new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    said = page.locator("[data-say]")
    assert said.inner_text() == ""
    edition = db.session.query(Edition).one()
    steps = (
        ("trouble", "550 5.7.1 Sender not allowed", "The relay does not take our mail"),
        ("trouble", "", "Copies are going out."),
        ("state", EditionState.PAUSED, "This send is paused"),
        ("state", EditionState.SENT, "The send is finished."),
    )
    for name, value, words in steps:
        setattr(edition, name, value)
        db.session.commit()
        page.locator("[data-say]", has_text=words).wait_for(state="attached", timeout=10_000)
    # Whoever loads the page anew knows.
    assert page.evaluate("sessionStorage.length") == 0
    page.context.close()


def test_the_relays_trouble_comes_and_goes_by_itself(
    browser: Any, server: LiveServer, sent: Issue
) -> None:
    page = browser.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    edition = db.session.query(Edition).one()
    trouble = page.get_by_text("550 5.7.1 Sender not allowed")
    for said, state in (("550 5.7.1 Sender not allowed", "visible"), ("", "detached")):
        edition.trouble = said
        db.session.commit()
        trouble.wait_for(state=state, timeout=10_000)
    page.close()


def test_a_send_that_was_stopped_is_looked_at_until_its_last_copy_and_no_longer(
    browser: Any, server: LiveServer, sent: Issue
) -> None:
    edition = db.session.query(Edition).one()
    editions.cancel(edition.id)
    db.session.commit()
    page = browser.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{sent.id}/progress")
    assert page.locator("[data-figures]:not([data-over])").count() == 1
    for batch in db.session.query(Batch).filter_by(edition_id=edition.id):
        rest = {*batch.subscriber_ids} - {
            each.subscriber_id
            for each in db.session.query(Delivery).filter_by(edition_id=edition.id)
        }
        at = clock.now()
        for one in rest:
            db.session.add(
                Delivery(
                    edition_id=edition.id,
                    subscriber_id=one,
                    state=DeliveryState.SKIPPED,
                    code=0,
                    answer="",
                    first_at=at,
                    at=at,
                )
            )
        batch.settled = len(batch.subscriber_ids)
    for each in db.session.query(Delivery).filter_by(state=DeliveryState.DEFERRED):
        each.state = DeliveryState.SKIPPED
    db.session.commit()
    page.locator("[data-over]").wait_for(state="attached", timeout=15_000)
    page.close()


def assert_sound(page: Any) -> None:
    assert violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("width", [390, 1280])
def test_who_is_signed_out_while_she_writes_signs_in_beside_and_loses_no_word(
    browser: Any, server: LiveServer, issue: Issue, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.fill("#subject", "Une heure de travail")
    context.clear_cookies()
    db.session.rollback()
    page.click("text=Save >> nth=0")
    page.wait_for_selector("text=You are not signed in any more")
    assert_sound(page)
    with context.expect_page() as opened:
        page.click("text=Sign in (new window)")
    beside = opened.value
    beside.fill("#address", desk.ADDRESSES[Role.ADMIN])
    beside.fill("#password", desk.WORD)
    beside.click("main button")
    beside.wait_for_url(f"{server.url}/editor/")
    page.click("text=I have signed in: go on")
    page.wait_for_selector(".summary:focus")
    assert_sound(page)
    with page.expect_navigation():
        page.click("text=Save >> nth=0")
    db.session.rollback()
    assert issue.subject == "Une heure de travail"
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_written_into_a_deleted_draft_becomes_another(
    browser: Any, server: LiveServer, issue: Issue, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}")
    page.fill("#subject", "Une heure de travail")
    issues.delete(issue, issue.revision)
    db.session.commit()
    page.click("text=Save >> nth=0")
    page.wait_for_selector("[role=alert]:focus")
    assert_sound(page)
    page.click("main form button:has-text('Import')")
    page.click("text=Open the draft")
    assert page.input_value("#subject") == "Une heure de travail"
    page.close()


def test_enter_on_a_ticked_box_decides_nothing(browser: Any, server: LiveServer) -> None:
    issue = talks.issue(people.newsletter())
    for state in (CommentState.HELD, CommentState.SHOWN):
        talks.said(issue, "Pas encore lu", state=state)
    page = browser.new_page()
    enter(page, server)
    for state in (CommentState.HELD, CommentState.SHOWN):
        page.goto(f"{server.url}/editor/comments?state={state}")
        box = page.locator("input[name=chosen]").first
        box.check()
        with page.expect_navigation():
            box.press("Enter")
        assert page.url == f"{server.url}/editor/comments?state={state}"
    assert [each.state for each in talks.kept()] == [CommentState.HELD, CommentState.SHOWN]
    page.close()


def test_no_script_runs_in_the_frame(browser: Any, server: LiveServer, issue: Issue) -> None:
    page = browser.new_page()
    enter(page, server)
    page.goto(f"{server.url}/editor/issues/{issue.id}/preview")
    frame = page.frames[1]
    frame.wait_for_load_state()
    # A sandboxed frame has no origin: nothing of the desk can be reached from within.
    assert frame.evaluate("window.origin") == "null"
    assert frame.locator("img").first.evaluate("image => image.naturalWidth") == 1200
    page.close()
