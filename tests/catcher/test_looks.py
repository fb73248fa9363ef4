"""The inbox in a real browser: axe finds nothing, nothing overflows, no script is needed, links lead out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from app.catcher import pages
from app.catcher.inbox import Inbox
from app.settings import Settings
from tests.browser import LOOKS, Quiet, serving
from tests.catcher.conftest import Service, message
from tests.ports import free_port

pytestmark = pytest.mark.browser

UNSUBSCRIBE = "List-Unsubscribe: <{}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

MAIL = """\
<!doctype html><html lang="fr"><head><title>La lettre</title></head><body><main><h1>La une</h1>
<p><a href="{}/newsletters/essentiel-ia">Lire en ligne</a></p>
<script>document.title = "ran"; parent.document.title = "ran"</script>
</main></body></html>"""


@pytest.fixture
def url(inbox: Inbox, given: Settings) -> Iterator[str]:
    """Where the inbox page is served."""
    port = free_port()
    app = pages.create(inbox, given)
    with serving(make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def filled(inbox: Inbox, service: Service) -> None:
    way_out = UNSUBSCRIBE.format(f"{service.base_url}/unsubscribe/1-abc")
    mail = message("Un très long objet " * 8, html=MAIL.format(service.base_url), headers=way_out)
    for _ in range(60):
        inbox.keep("lettre@hebdo.invalid", ["quelquun.au.nom-tres-long@lecteurs.invalid"], mail)


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.usefixtures("filled")
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Any, url: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    views = [f"/messages/1?view={view}" for view in ("wide", "narrow", "text", "headers")]
    for path in ("/", "/?page=2", "/?q=nobody", "/messages/999", *views):
        page.goto(url + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.close()


@pytest.mark.usefixtures("filled")
def test_a_link_in_a_mail_opens_beside_the_inbox_and_nothing_in_it_runs(
    browser: Any, url: str, service: Service
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/messages/1")
    frame = page.frame_locator("iframe")
    with context.expect_page() as opened:
        frame.get_by_text("Lire en ligne").click()
    assert opened.value.url == f"{service.base_url}/newsletters/essentiel-ia"
    assert "ran" not in (page.title(), frame.locator("html").evaluate("() => document.title"))
    assert page.url == f"{url}/messages/1"
    context.close()


@pytest.mark.usefixtures("filled")
def test_without_script_one_searches_reads_and_unsubscribes(
    browser: Any, url: str, service: Service
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(url)
    page.fill("#q", "quelquun")
    page.click("form button")
    page.click(".catcher-row >> nth=0")
    page.click("text=Headers")
    assert page.get_by_text("List-Unsubscribe-Post").is_visible()
    page.click("text=Unsubscribe with one click")
    assert page.get_by_text("answered 200").is_visible()
    assert [path for path, _headers, _body in service.posts] == ["/unsubscribe/1-abc"]
    context.close()
