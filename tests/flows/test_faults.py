"""Faults as a browser shows them: told before the form leaves, focus on the first, back and double press."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from app.extensions import db
from app.models import Comment, Subscription
from tests import people, talks
from tests.browser import LiveServer
from tests.talks import Clock


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_browser_refuses_by_the_same_rules_and_back_gives_back_what_was_typed(
    browser: Any, live_server: LiveServer
) -> None:
    people.asks(people.newsletter())
    page = browser.new_page(locale="fr-FR")
    page.goto(live_server.url)
    page.click("form[data-check] button")
    assert page.locator(".fault").count() == 5
    assert page.locator("#answer-metier-fault").inner_text() == "Dites-nous votre métier."
    assert page.get_attribute("#answer-ville", "maxlength") == "40"
    page.fill("#address", "lea@hebdo.test")
    page.fill("#answer-ville", "Lyon")
    page.select_option("#answer-metier", "Autre")
    page.fill("#answer-naissance", "2021-01-01")
    page.fill("#answer-enfants", "21")
    page.check("#consent")
    page.click("form[data-check] button")
    assert page.locator(".fault").count() == 2
    page.wait_for_selector("#answer-naissance:focus")
    page.fill("#answer-naissance", "1990-02-28")
    page.fill("#answer-enfants", "2")
    assert page.locator(".fault").count() == 0
    page.click("form[data-check] button")
    page.wait_for_url("**/subscribed?**")
    page.go_back()
    assert page.input_value("#answer-ville") == "Lyon"
    page.click("form[data-check] button")
    page.wait_for_url("**/subscribed?**")
    page.close()
    assert count(Subscription) == 1


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_without_javascript_the_first_fault_has_the_focus_and_a_double_press_is_one_comment(
    browser: Any, live_server: LiveServer, move_clock: Clock
) -> None:
    talks.issue(people.newsletter())
    # Reading it began a transaction; left open, it would keep SQLite's other writers out.
    db.session.rollback()
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + talks.PAGE)
    # Something that nobody sees passes the browser's own check, and not ours.
    page.fill("#comment-name", "\u00a0\u200b")
    page.fill("#comment-address", "nina@hebdo.test")
    page.fill("#comment-text", "\u200b")
    page.click(".react button")
    assert page.locator(".react .fault").count() == 2
    assert page.locator(":focus").get_attribute("id") == "comment-name"
    assert page.input_value("#comment-address") == "nina@hebdo.test"
    page.keyboard.type("Nina")
    page.fill("#comment-text", "Merci pour ce numéro.")
    move_clock(dt.timedelta(seconds=5))
    page.dblclick(".react button")
    page.wait_for_url("**/reacted")
    page.go_back()
    assert page.input_value("#comment-text") == "Merci pour ce numéro."
    page.click(".react button")
    page.wait_for_url("**/reacted")
    context.close()
    assert count(Comment) == 1
