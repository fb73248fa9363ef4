"""The readers' pages in a real browser: what script, pointer and keyboard do, and that none is needed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.core import archive, corrections, searches
from app.extensions import db, links
from app.models import Newsletter, Subscription, SubscriptionState, Visibility
from tests import people
from tests.browser import LOOKS, LiveServer
from tests.reader import mine

pytestmark = [
    pytest.mark.browser,
    # What a page looks like does not depend on the database.
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]


VIOLATIONS = """axe.run({resultTypes: ["violations"]}).then((told) =>
  told.violations.map((each) => `${each.id}: ${each.nodes[0].html}`))"""


@pytest.fixture
def letter(live_server: LiveServer) -> Newsletter:
    made = mine.with_rubrics(people.newsletter())
    people.edition(made, 11)
    edition = people.edition(made, 12)
    corrections.add(edition.issue, "a-la-une-1", "C’était lundi.")
    searches.fill(edition.id)
    archive.expose(people.edition(made, 13).issue, Visibility.SUBSCRIBERS)
    db.session.commit()
    return made


def violations(page: Any) -> list[str]:
    from axe_playwright_python.base import AXE_SCRIPT

    # axe is ours to inject; the pages themselves allow no script from elsewhere.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(VIOLATIONS))


DOTS = """[...document.querySelectorAll(".point")].map((dot) => {
  const [place] = dot.nextElementSibling.getClientRects();
  const own = dot.getBoundingClientRect();
  return [own.width > 0, Math.abs(own.top - place.top) < 9];
})"""
"""Of each dot between two words: whether it is drawn, and whether what follows stands in its line."""


def test_no_line_ends_in_a_dot(browser: Any, live_server: LiveServer, letter: Newsletter) -> None:
    page = browser.new_page()
    seen = []
    for path in ("", "/12", "/13"):
        page.goto(f"{live_server.url}/archive/{letter.slug}{path}")
        for width in range(240, 481, 20):
            page.set_viewport_size({"width": width, "height": 900})
            dots = page.evaluate(DOTS)
            assert all(is_drawn == is_inside for is_drawn, is_inside in dots), (path, width)
            seen += dots
    assert [True, True] in seen
    assert [False, False] in seen


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_form_with_mistakes_is_as_accessible(
    browser: Any, live_server: LiveServer, letter: Newsletter, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    db.session.rollback()
    page.goto(live_server.url)
    page.fill("#address", "lea@hebdo")
    page.click("form[data-check] button")
    assert page.locator(".fault").count() == 1
    assert violations(page) == []
    # As the server answers a browser that let the form go.
    page.evaluate("document.querySelector('form[data-check]').submit()")
    page.wait_for_selector(".summary")
    assert page.locator(".fault").count() == 2
    assert violations(page) == []
    page.close()


def test_what_the_server_says_of_the_boxes_stays_until_one_is_ticked(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    people.asks(letter)
    people.newsletter("autre")
    page = browser.new_page()
    page.goto(live_server.url)
    page.fill("#address", "lea@hebdo.test")
    page.evaluate("document.querySelector('form[data-check]').submit()")
    fault = page.locator("#newsletters-fault")
    fault.wait_for()
    page.check("[value=autre]")
    fault.wait_for(state="detached")
    page.close()


HOLE = """document.querySelector(".latest").getBoundingClientRect().top
  - document.querySelector(".pitch").getBoundingClientRect().bottom"""

STAYS = "getComputedStyle(document.querySelector('.sign-up')).position === 'sticky'"


def test_a_form_that_asks_much_leaves_no_hole_beside_it_and_scrolls_with_the_page(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{live_server.url}/newsletters/{letter.slug}")
    assert page.evaluate(STAYS)
    people.asks(letter)
    page.reload()
    assert not page.evaluate(STAYS)
    assert 0 < page.evaluate(HOLE) < 100
    page.close()


def test_a_storys_link_shows_itself_to_the_pointer_and_to_the_keyboard(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    db.session.rollback()
    page.goto(f"{live_server.url}/archive/essentiel-ia/12")
    link = page.locator("#a-la-une-1 > .permalink")
    assert link.evaluate("each => getComputedStyle(each).opacity") == "0"
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate("each => getComputedStyle(each).opacity") == "1"
    page.keyboard.press("Enter")
    assert page.url.endswith("#a-la-une-1")
    page.locator("#dans-l-actu-1").hover()
    opacity = page.locator("#dans-l-actu-1 > .permalink").evaluate(
        "each => getComputedStyle(each).opacity"
    )
    assert opacity == "1"
    page.close()


def test_without_script_the_server_says_what_to_mend_and_keeps_what_was_typed(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    db.session.rollback()
    page.goto(live_server.url)
    page.fill("#address", "lea@hebdo")
    page.fill("#first_name", "Léa")
    page.check("#consent")
    page.click("form[data-check] button")
    assert page.locator(".summary").is_visible()
    assert page.input_value("#address") == "lea@hebdo"
    assert page.input_value("#first_name") == "Léa"
    assert page.is_checked("#consent")
    assert page.locator("#address:focus").count() == 1
    context.close()


def test_without_script_a_reader_signs_up_confirms_and_leaves(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    db.session.rollback()
    page.goto(live_server.url)
    page.fill("#address", "lea@hebdo.test")
    page.fill("#first_name", "Léa")
    page.check("#consent")
    page.click("form button[type=submit]")
    assert "/subscribed" in page.url

    subscription = db.session.scalars(select(Subscription)).one()
    confirm = links().confirm(subscription.id)
    leave = f"{live_server.url}/unsubscribe/{links().subscription_token(subscription.id)}"
    assert state(subscription) is SubscriptionState.PENDING
    page.goto(confirm)
    page.click("main button")
    assert state(subscription) is SubscriptionState.CONFIRMED
    page.goto(leave)
    page.click("main button")
    assert state(subscription) is SubscriptionState.ENDED
    page.click("main button")
    assert state(subscription) is SubscriptionState.CONFIRMED
    context.close()


def state(subscription: Subscription) -> SubscriptionState:
    """As it is in the database now; leaves no lock behind."""
    db.session.expire_all()
    found = subscription.state
    db.session.rollback()
    return found


def test_with_script_every_mistake_is_shown_before_the_form_leaves(
    browser: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    page = browser.new_page()
    db.session.rollback()
    page.goto(live_server.url)
    page.click("form[data-check] button")
    assert page.url.rstrip("/") == live_server.url
    assert page.locator(".fault").count() == 2
    page.wait_for_selector("#address:focus")
    assert page.get_attribute("#address", "aria-describedby") == "address-fault"
    page.fill("#address", "lea@hebdo.test")
    assert page.locator(".fault").count() == 1
    assert page.get_attribute("#address", "aria-invalid") is None
    page.close()
