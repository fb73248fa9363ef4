"""The French site is French: the catalogue is whole and fresh, well set, and no page says an English word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message

from app.catcher import pages as catcher
from app.catcher.inbox import Inbox
from app.models import CommentState, Role
from tests import catalogue, desk, talks
from tests.browser import LiveServer
from tests.catalogue import forms
from tests.conftest import make_settings
from tests.desk import Desk
from tests.flows import test_looking
from tests.flows.test_looking import House

house = test_looking.house

PLACEHOLDER = re.compile(r"%\((\w+)\)([sd])")
PLAIN_SPACE = re.compile(r"[ \n][?!;:»]|«[ \n]")
HIGH_SIGN = re.compile("(?<![\u00a0\u202f])[?!;»]|«(?!\u00a0)")
TORN = re.compile(r"\b[Ee]-mail|[Nn]° ")
"""A browser may end a line after this hyphen, and begin the next one with a number."""

OTHER_WORD = re.compile(r"(?i)courriel|courrier(?!s indésirables)|adresse électronique")
"""An e‑mail has one name; mail programs call their folder of unwanted ones so."""

NOT_TYPOGRAPHIC = re.compile(r"['\"<>&]|\.\.\.")
"""Straight quotes; and signs that a page would take for HTML, since Jinja trusts a translation."""

VOID = frozenset({"meta", "link", "input", "img", "br", "hr", "source", "wbr"})
SHOWN = frozenset(
    {
        *("title", "aria-label", "placeholder", "alt", "content"),
        *(
            "data-ask",
            "data-keep",
            "data-fault-missing",
            "data-fault-wrong",
            "data-fault-low",
            "data-fault-high",
            "data-say-state",
            "data-say-1",
            "data-say-2",
            "data-say-3",
        ),
    }
)
"""Attributes that a person reads or hears, some of them by script."""

MAIL = b"""From: a@hebdo.test\r\nTo: b@hebdo.test\r\nSubject: Essai\r\n\
List-Unsubscribe: <http://hebdo.test/unsubscribe/x>\r\n\
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bonjour</p>\r\n"""


def sentences(of: Catalog) -> dict[tuple[str | None, str], Message]:
    return {
        (each.context, each.id if isinstance(each.id, str) else each.id[0]): each
        for each in of
        if each.id
    }


@pytest.fixture(scope="module")
def french() -> list[Message]:
    return list(sentences(catalogue.kept()).values())


def test_the_catalogue_holds_every_sentence_of_the_source_and_no_other() -> None:
    source, kept = sentences(catalogue.extracted()), sentences(catalogue.kept())
    assert sorted(map(repr, source.keys() - kept.keys())) == [], "make catalogue, then translate"
    assert sorted(map(repr, kept.keys() - source.keys())) == [], "make catalogue"
    assert {key: forms(each.id) for key, each in source.items()} == {
        key: forms(each.id) for key, each in kept.items()
    }


def test_every_sentence_is_said_in_french_and_none_is_a_guess(french: list[Message]) -> None:
    for each in french:
        assert all(forms(each.string)), each.id
        assert len(forms(each.string)) == len(forms(each.id)), each.id
        assert not each.fuzzy, each.id


def test_every_translation_keeps_its_placeholders(french: list[Message]) -> None:
    for each in french:
        for english, said in zip(forms(each.id), forms(each.string), strict=True):
            assert set(PLACEHOLDER.findall(said)) == set(PLACEHOLDER.findall(english)), each.id
            # A sign that is no placeholder would break the sentence when it is completed.
            assert said.count("%") == len(PLACEHOLDER.findall(said)), each.id


def test_french_is_set_as_french_is(french: list[Message]) -> None:
    for each in french:
        for said in forms(each.string):
            assert not PLAIN_SPACE.search(said), said
            assert not HIGH_SIGN.search(said), said
            assert not NOT_TYPOGRAPHIC.search(said), said
            assert not TORN.search(said), said
            assert not OTHER_WORD.search(said), said


def test_no_line_of_an_english_page_ends_in_the_middle_of_e_mail(french: list[Message]) -> None:
    written = [each for message in french for each in forms(message.id)]
    assert any("e\u2011mail" in each for each in written)
    assert [each for each in written if TORN.search(each)] == []


def test_english_is_set_with_its_own_quotes(french: list[Message]) -> None:
    written = [each for message in french for each in forms(message.id)]
    # This one stands in rows: workers write it for the desk to translate.
    kept = "the worker's print differs from the one that was approved"
    assert [each for each in written if NOT_TYPOGRAPHIC.search(each)] == [kept]


class _Passages(HTMLParser):
    """What a person reads of a French page: its texts and spoken attributes, other tongues left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._foreign: list[bool] = [False]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        foreign = given.get("lang", "") == "en" or self._foreign[-1] or tag in {"script", "style"}
        if tag not in VOID:
            self._foreign.append(foreign)
        if not foreign:
            self.found += [value for name, value in given.items() if name in SHOWN]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._foreign.pop()

    def handle_data(self, data: str) -> None:
        if not self._foreign[-1]:
            self.found.append(data)


def passages(page: str) -> Iterator[str]:
    """Each passage whole, and each of its parts where a page joins several."""
    reading = _Passages()
    reading.feed(page)
    for found in reading.found:
        whole = " ".join(found.split())
        yield whole
        for part in re.split(r" · |, | \(|\)| — ", whole):
            yield part.strip()


def pattern_of(english: str) -> str:
    return ".+".join(re.escape(part) for part in re.split(r"%\(\w+\)[sd]", english))


@pytest.fixture(scope="module")
def english(french: list[Message]) -> re.Pattern[str]:
    """Matches any English sentence whose French is another."""
    differing = {
        written
        for each in french
        for written, said in zip(forms(each.id), forms(each.string), strict=True)
        if written != said
    }
    return re.compile("|".join(map(pattern_of, sorted(differing))))


def leftovers(page: str, english: re.Pattern[str]) -> list[str]:
    return [each for each in passages(page) if english.fullmatch(each)]


def assert_french(visitor: Desk, paths: list[str], english: re.Pattern[str]) -> None:
    seen = 0
    for path in paths:
        answer = visitor.get(path, buffered=True)
        if answer.mimetype == "text/html" and '<html lang="fr"' in answer.text:
            seen += 1
            assert leftovers(answer.text, english) == [], path
    assert seen > 10


def test_the_search_for_english_finds_it(flask_app: Any, english: re.Pattern[str]) -> None:
    page = Desk(flask_app).get("/editor/sign-in?lang=en").text.replace('lang="en"', "")
    assert {"Sign in", "Password", "E‑mail address", "Please fill this in."} <= set(
        leftovers(page, english)
    )


def test_no_page_says_an_english_word_to_a_stranger(house: House, english: re.Pattern[str]) -> None:
    assert_french(Desk(house.flask_app, language="fr"), [*house.urls(), "/nowhere"], english)


def test_no_page_says_an_english_word_to_an_admin(house: House, english: re.Pattern[str]) -> None:
    admin = desk.signed_in(house.flask_app, Role.ADMIN, "fr")
    previews = ("/preview/mail", "/media/")
    assert_french(
        admin, [each for each in house.urls() if not any(p in each for p in previews)], english
    )


FORMS = [
    ("/editor/sign-in", {}),
    ("/editor/password", {"address": ""}),
    ("/editor/editors", {"name": "x" * 300, "role": "chef"}),
    ("/editor/newsletters/essentiel-ia", {"name": "x" * 300, "accent": "rouge", "language": "de"}),
    ("/editor/newsletters/essentiel-ia/questions", {"name": "Ville", "kind": "date", "least": "x"}),
    ("/editor/newsletters/essentiel-ia/questions", {"name": "address", "kind": "choice"}),
    ("/editor/newsletters/essentiel-ia/rubrics", {"anchor": "Fin", "least": "x", "most": "101"}),
    (
        "/editor/newsletters/essentiel-ia/rubrics",
        {"title": "{{x}}", "kind": "text", "anchor": "une", "least": "2", "most": "1"},
    ),
    ("/editor/newsletters/essentiel-ia/embedding", {"origins": "ceci"}),
    ("/", {"address": "a"}),
    ("/embed/essentiel-ia", {"address": "a"}),
    ("/subscribe/essentiel-ia", {"address": "a"}),
    ("/editor/issues/new", {"newsletter": "nulle-part"}),
    ("/editor/issues/import", {"newsletter": "essentiel-ia"}),
    ("/editor/issues/import", {"newsletter": "essentiel-ia", "text": "Objet\nSlogan\n\nSeule\n"}),
    ("/subscribe", {"newsletter": "essentiel-ia", "address": "a", "first_name": "x" * 300}),
]


@pytest.mark.parametrize(("path", "typed"), FORMS)
def test_no_fault_of_a_form_is_told_in_english(
    flask_app: Any, english: re.Pattern[str], path: str, typed: dict[str, str]
) -> None:
    desk.draft(flask_app)
    admin = desk.signed_in(flask_app, Role.ADMIN, "fr")
    answer = admin.post(path, typed)
    assert answer.mimetype == "text/html"
    assert leftovers(answer.text, english) == []
    # WTForms has a catalogue of its own.
    assert not re.search(r"\b(Field|Invalid|Not a valid|required\.|longer than)\b", answer.text)


@pytest.mark.parametrize("view", ["wide", "narrow", "text", "headers"])
def test_the_inbox_page_says_no_english_word(
    tmp_path: Path, english: re.Pattern[str], view: str
) -> None:
    inbox = Inbox(tmp_path / "inbox")
    caught = inbox.keep("a@hebdo.test", ["b@hebdo.test"], MAIL)
    client = catcher.create(inbox, make_settings("sqlite://", tmp_path)).test_client()
    shown = ["/", "/?q=rien", f"/messages/{caught.id}?view={view}", "/messages/999"]
    for path in shown:
        page = client.get(path, base_url="http://127.0.0.1").text
        assert '<html lang="fr"' in page
        # The mail's own headers keep their names.
        own = re.sub(r'(?s)<dl class="catcher-headers.*?</dl>', "", page)
        assert leftovers(own, english) == [], path
    inbox.close()


LINES = """new Set(
  [...document.querySelectorAll(".desk-nav > li")].map((each) => each.offsetTop)).size"""
"""In how many lines the desk's navigation stands."""


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_french_words_fit_the_desk(browser: Any, live_server: LiveServer, width: int) -> None:
    """Playwright's own browser asks for English, so no other test sees the desk's longer words."""
    issue = desk.draft(live_server.flask_app)
    talks.said(issue, state=CommentState.HELD)
    desk.editor(Role.ADMIN)
    draft = f"/editor/issues/{issue.id}"
    desk.db.session.rollback()
    page = browser.new_context(viewport={"width": width, "height": 900}, locale="fr-FR").new_page()
    page.goto(f"{live_server.url}/editor/sign-in")
    page.fill("#address", desk.ADDRESSES[Role.ADMIN])
    page.fill("#password", desk.WORD)
    page.click("main button")
    page.wait_for_url(f"{live_server.url}/editor/")
    for path in ("/editor/", draft, f"{draft}/preview", f"{draft}/send", "/editor/editors"):
        page.goto(live_server.url + path)
        assert page.get_attribute("html", "lang") == "fr"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(LINES) == 1, path
    page.context.close()
