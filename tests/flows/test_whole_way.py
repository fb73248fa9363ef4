"""The whole way once, as a newcomer walks it: `hebdo up`, a browser, and nothing else.

A reader signs up and confirms from her inbox, an editor sends the sample issue, every copy arrives,
the reader leaves by one click, and the next issue goes to everybody but her. Walked twice: with
JavaScript and without. Pages are found by their parts and not by their words, so that the language
does not matter. Pictures of every station go to the folder `HEBDO_PICTURES`, if it is set.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.installation import PATIENCE, Place, Up, get, until

pytestmark = pytest.mark.browser

READER = "lea@lectrices.invalid"
SAMPLES = 25
FIRST, SECOND = "Mistral", "Une semaine plus calme"
"""Words of the subjects of the two issues, by which the inbox finds their copies."""

NEXT_ISSUE = f"""\
---
subject: {SECOND}
preheader: Peu de bruit, et trois brèves.
---

## À la Une

### Les machines se taisent, enfin

Aucune annonce cette semaine : on en profite pour relire les précédentes.

## Dans l'actu

### Une norme avance

Le texte passe en seconde lecture, avec deux notes de bas de page de plus.

### Un laboratoire recrute

Dix postes, dont la moitié hors de Paris.

### Une panne réparée

Elle avait duré quarante minutes.
"""


@dataclass
class Walk:
    """Somebody in front of a browser, who looks at every page she comes to."""

    up: Up
    page: Any
    pictures: Path
    stations: int = 0

    def look(self, name: str, page: Any = None) -> None:
        """Keep a picture of the page, wide and narrow."""
        page = page or self.page
        self.stations += 1
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(
                path=self.pictures / f"{self.stations:02d}-{name}-{width}.png", full_page=True
            )


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def walk(
    request: pytest.FixtureRequest, place: Place, browser: Any, tmp_path: Path
) -> Iterator[Walk]:
    pictures = Path(os.environ.get("HEBDO_PICTURES") or tmp_path / "pictures")
    pictures /= request.node.callspec.id
    pictures.mkdir(parents=True, exist_ok=True)
    # A page that glides to its target would move under the pointer.
    context = browser.new_context(java_script_enabled=request.param, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE * 1000)
    yield Walk(place.running(), context.new_page(), pictures)
    context.close()


def test_a_reader_comes_gets_one_issue_leaves_and_is_not_in_the_next(walk: Walk) -> None:
    sign_up(walk)
    confirm(walk)

    sign_in(walk)
    assert send_newest(walk) == SAMPLES + 1
    assert len(recipients(walk, FIRST)) == SAMPLES + 1
    assert READER in recipients(walk, FIRST)

    read_on_the_web(walk)
    unsubscribe_by_one_click(walk)

    import_next(walk)
    assert send_newest(walk) == SAMPLES
    assert len(recipients(walk, SECOND)) == SAMPLES
    assert READER not in recipients(walk, SECOND)


def sign_up(walk: Walk) -> None:
    page = walk.page
    page.goto(f"{walk.up.web}/newsletters/essentiel-ia")
    walk.look("sign-up")
    page.fill("#address", READER)
    page.fill("#first_name", "Léa")
    page.check("#consent")
    page.click("form[data-check] button")
    page.wait_for_url("**/subscribed?*")
    walk.look("look-into-your-inbox")


def confirm(walk: Walk) -> None:
    """By the button of the mail, then by the button of its page: the mail's alone is no consent."""
    open_mail(walk, READER, mails=1)
    walk.look("confirmation-mail")
    page = follow(walk, "/confirm/")
    walk.look("confirmation", page)
    press_twice_is_once(page)
    walk.look("confirmed", page)
    page.close()
    # The welcome comes because she pressed; nothing was owed to her before.
    open_mail(walk, READER, mails=2)
    walk.look("welcome-mail")


def press_twice_is_once(page: Any) -> None:
    address = page.url
    page.click("main form button")
    page.wait_for_selector("main form", state="detached")
    # The link goes on working, and has nothing more to ask.
    page.goto(address)
    assert page.locator("main form").count() == 0


def sign_in(walk: Walk) -> None:
    page = walk.page
    found = re.search(r"(\S+@\S+)  password: (\S+)\n", walk.up.said())
    assert found is not None, walk.up.said()
    page.goto(f"{walk.up.web}/editor/")
    walk.look("sign-in")
    page.fill("#address", found[1])
    page.fill("#password", found[2])
    page.click("main button")
    page.wait_for_selector(".desk-subject")
    walk.look("issues")


def send_newest(walk: Walk) -> int:
    """Send the issue at the top of the desk's list; how many copies were accepted, of as many planned."""
    page = walk.page
    page.goto(f"{walk.up.web}/editor/")
    page.locator(".desk-subject a").first.click()
    page.wait_for_selector("a.desk-onward")
    walk.look("writing")
    page.click("a.desk-onward")
    page.wait_for_url("**/send")
    walk.look("send")
    page.click("main form button")
    page.wait_for_url("**/progress")
    walk.look("progress")
    page.wait_for_selector("[data-over]", state="attached")
    walk.look("sent")
    figures = equation(page)
    assert figures["planned"] == sum(figures.values()) - figures["planned"]
    assert figures["accepted"] == figures["planned"]
    return figures["accepted"]


def equation(page: Any) -> dict[str, int]:
    """Each term of the progress page by its name."""
    terms = page.locator(".desk-equation [data-figure]")
    return {
        term.get_attribute("data-figure"): int(term.inner_text())
        for term in (terms.nth(index) for index in range(terms.count()))
    }


def read_on_the_web(walk: Walk) -> None:
    open_mail(walk, READER, mails=3)
    walk.look("issue-mail")
    page = follow(walk, "/archive/essentiel-ia/1")
    assert FIRST in page.inner_text("main")
    walk.look("issue-on-the-web", page)
    page.close()


def unsubscribe_by_one_click(walk: Walk) -> None:
    """The inbox's button posts as a mail program does (RFC 8058); the page then knows that she left."""
    page = follow(walk, "/unsubscribe/")
    assert page.locator("form[action^='/unsubscribe/']").count() == 1
    walk.look("leave", page)
    # The page anew: under a mail that was just scrolled, Chromium may still take a press for the mail's.
    open_mail(walk, READER, mails=3)
    for _press in range(2):
        walk.page.click("form[action$='/unsubscribe'] button")
        assert "200" in walk.page.inner_text(".notice[role=status]")
    walk.look("one-click")
    page.reload()
    assert page.locator("form[action^='/unsubscribe/']:not([action$='/why'])").count() == 0
    assert page.locator("form[action^='/resubscribe/']").count() == 1
    walk.look("left", page)
    page.close()


def import_next(walk: Walk) -> None:
    page = walk.page
    page.goto(f"{walk.up.web}/editor/issues/import")
    walk.look("import")
    page.set_input_files(
        "#file",
        {"name": "suite.md", "mimeType": "text/markdown", "buffer": NEXT_ISSUE.encode()},
    )
    page.click("main form button")
    page.wait_for_selector("main a[href^='/editor/issues/2']")
    walk.look("imported")


def open_mail(walk: Walk, address: str, mails: int) -> None:
    """Wait until this address has so many mails, and open the newest."""
    page = walk.page
    rows = page.locator(".catcher-row")

    def looked() -> bool:
        page.goto(f"{walk.up.inbox}/?q={address}")
        return bool(rows.count() == mails)

    until(looked, lambda: str(page.inner_text("main")))
    rows.first.click()
    page.wait_for_selector("iframe")


def follow(walk: Walk, part: str) -> Any:
    """Press the mail's link whose address holds this; the page that it opens beside the inbox."""
    link = walk.page.frame_locator("iframe").locator(f"a[href*='{part}']").first
    with walk.page.expect_popup() as opened:
        link.click()
    opened.value.wait_for_load_state()
    return opened.value


def recipients(walk: Walk, subject: str) -> set[str]:
    """Whom the catcher's mails with these words are for; each got one."""
    known = json.loads(get(f"{walk.up.inbox}/messages.json?limit=1000"))["messages"]
    found = [mail["rcpt_to"] for mail in known if subject in mail["subject"]]
    everybody = {address for (address,) in found}
    assert len(everybody) == len(found)
    return everybody
