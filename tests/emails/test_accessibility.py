"""Every mail in a real browser: axe finds nothing, by day and by night, wide and narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.emails.test_mails import MAILS, mail

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "light"), [(700, "light"), (375, "dark")])
@pytest.mark.parametrize("name", MAILS)
def test_axe_finds_nothing_in_a_mail(browser: Browser, name: str, width: int, light: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if light == "dark" else "light",
    )
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(mail(name)[0])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
