"""My subscription in a real browser: without a script, in French, by the keyboard, with a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import Subscriber, Subscription
from tests import people
from tests.browser import LiveServer
from tests.reader import mine
from tests.reader.test_looks import violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]


@pytest.fixture
def reader(live_server: LiveServer) -> Subscription:
    people.newsletter("autre")
    return people.confirmed(mine.with_rubrics(people.newsletter()))


def kept(subscription: Subscription) -> tuple[str, bool]:
    """Her settings as they are in the database now; leaves no lock behind."""
    db.session.expire_all()
    found = subscription.hidden_rubrics, subscription.text_only
    db.session.rollback()
    return found


def test_without_script_in_french_she_sets_pauses_joins_and_is_erased(
    browser: Any, live_server: LiveServer, reader: Subscription
) -> None:
    path = mine.fresh(reader.subscriber)
    db.session.rollback()
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(live_server.url + path)
    assert page.get_attribute("html", "lang") == "fr"
    page.uncheck("#essentiel-ia-rubrics-a-la-une")
    page.check("#essentiel-ia-text_only")
    page.click("#letter-essentiel-ia .mine-rubrics button")
    assert "enregistré" in page.inner_text("[role=status]")
    assert kept(reader) == ("a-la-une", True)

    page.click("#letter-essentiel-ia summary >> nth=0")
    page.fill("#essentiel-ia-until", page.get_attribute("#essentiel-ia-until", "max"))
    page.click("#letter-essentiel-ia details button")
    assert page.locator("#letter-essentiel-ia .state").inner_text() == "En pause"
    page.click("#letter-essentiel-ia form[action$=go-on] button")
    assert page.locator("#letter-essentiel-ia .state").inner_text() == "Vous la recevez"
    page.click("#letter-autre form[action$=join] button")
    assert page.locator("#letter-autre .state").inner_text() == "Vous la recevez"

    page.click("a[href$=erase]")
    page.click("main form button")
    assert page.locator("h1").inner_text() == "Tout est effacé"
    assert db.session.scalars(select(Subscriber)).all() == []
    db.session.rollback()
    page.go_back()
    page.reload()
    assert "Rien" in page.inner_text("h1") or "rien" in page.inner_text("main")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_a_mistake_takes_the_focus_and_axe_finds_nothing(
    browser: Any, live_server: LiveServer, reader: Subscription, width: int, scheme: str
) -> None:
    path = mine.fresh(reader.subscriber)
    db.session.rollback()
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(live_server.url + path)
    for box in page.locator(".mine-rubrics input[name$=rubrics]").all():
        box.uncheck()
    page.focus("#letter-essentiel-ia .mine-rubrics button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".fault")
    page.wait_for_selector("#essentiel-ia-rubrics-a-la-une:focus")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
