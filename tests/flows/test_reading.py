"""A reader in a real browser, in French and in English, with scripts and without: she signs up for
several newsletters at once, and reads what was published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from app.core import archive, corrections, questions, searches
from app.core.questions import QuestionPlan
from app.extensions import db, links
from app.models import Newsletter, Notice, QuestionKind, Subscription, SubscriptionState, Visibility
from emails import compose
from tasks import notices
from tests import catalogue, pages, people
from tests.browser import LiveServer
from tests.conftest import use_relay
from tests.reader import mine
from tests.relay import StoryRelay

pytestmark = [
    pytest.mark.browser,
    # What a page looks like does not depend on the database.
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]

ARCHIVE = "/archive/essentiel-ia"
LAWFUL = {
    "/legal": "Legal notice",
    "/privacy": "Your data",
    "/accessibility": "Accessibility statement",
}
LOCALES = {"fr": "fr-FR", "en": "en-GB"}

ENDS = pytest.mark.parametrize("reader", ["fr-none", "en-scripts"], indirect=True)
"""Where the pages have no script of their own, one way of each is enough."""


@dataclass
class Reader:
    """Somebody in front of a browser who chose a language."""

    page: Any
    server: LiveServer
    language: str
    has_scripts: bool

    def go(self, path: str) -> None:
        # SQLite lets nobody else write while this test's own transaction is open.
        db.session.rollback()
        self.page.goto(self.server.url + path)

    def press(self, what: str) -> None:
        db.session.rollback()
        self.page.click(what)

    def words(self, part: str = "main") -> str:
        return pages.joined(self.page.inner_text(part))

    def say(self, english: str, **given: object) -> str:
        """A sentence of the house as this reader's pages say it."""
        if self.language == "fr":
            english = catalogue.forms(catalogue.kept()[english].string)[0]
        return pages.joined(english % given if given else english)

    def has_focus(self, field: str) -> bool:
        """Chromium moves it there a moment after the page is shown."""
        self.page.locator(f"{field}:focus").wait_for()
        return True

    def described(self, field: str) -> str:
        """What a screen reader adds to a field's name."""
        parts = (self.page.get_attribute(field, "aria-describedby") or "").split()
        return pages.joined(" ".join(self.page.inner_text(f"[id='{part}']") for part in parts))


@pytest.fixture(params=["fr-scripts", "fr-none", "en-scripts", "en-none"])
def reader(
    request: pytest.FixtureRequest, browser: Any, live_server: LiveServer
) -> Iterator[Reader]:
    language, _dash, scripts = request.param.partition("-")
    context = browser.new_context(
        java_script_enabled=scripts == "scripts", locale=LOCALES[language], reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    yield Reader(context.new_page(), live_server, language, scripts == "scripts")
    context.close()


def choose_language(reader: Reader) -> None:
    """By the link at the foot, where the page speaks another: it keeps the choice for all pages."""
    if reader.page.get_attribute("html", "lang") != reader.language:
        reader.press(f".site-foot a[hreflang={reader.language}]")
    assert reader.page.get_attribute("html", "lang") == reader.language


@pytest.fixture
def letters(live_server: LiveServer) -> Newsletter:
    """Three to choose from, of which one asks a question."""
    asking = people.newsletter()
    questions.add(asking, QuestionPlan("ville", QuestionKind.TEXT, "Votre ville", required=True))
    for slug, name in (("matinale", "La matinale"), ("dimanche", "Le dimanche")):
        people.newsletter(slug).name = name
    db.session.commit()
    return asking


def test_a_reader_signs_up_for_several_at_once_and_confirms_by_one_press(
    reader: Reader, letters: Newsletter
) -> None:
    reader.go("/")
    choose_language(reader)
    assert reader.words("h1") == reader.say("Newsletters")
    assert reader.page.locator("input:checked").count() == 0
    miss_the_city(reader)
    reader.page.fill("[name=answer-essentiel-ia-ville]", "Lyon")
    reader.press("form[data-check] button")
    reader.page.wait_for_url("**/subscribed")
    assert reader.words("h1") == reader.say("Look into your inbox")
    confirm(reader)


def miss_the_city(reader: Reader) -> None:
    """The one answer that is asked for because its newsletter was ticked: told, focused, all kept."""
    page = reader.page
    page.check("[value=essentiel-ia]")
    page.check("[value=dimanche]")
    page.fill("#address", "lea@hebdo.test")
    page.fill("#first_name", "Léa")
    reader.press("form[data-check] button")
    page.wait_for_selector(".fault")
    city = "[name=answer-essentiel-ia-ville]"
    assert page.locator(".fault").count() == 1
    assert page.locator(".summary").count() == (0 if reader.has_scripts else 1)
    assert reader.has_focus(city)
    assert page.get_attribute(city, "aria-invalid") == "true"
    assert reader.described(city).endswith(reader.words(".fault"))
    ticked = page.locator("input:checked").all()
    assert {each.get_attribute("value") for each in ticked} == {"essentiel-ia", "dimanche"}
    assert page.input_value("#address") == "lea@hebdo.test"
    assert page.input_value("#first_name") == "Léa"


def confirm(reader: Reader) -> None:
    """By the mail's link and the page's button; the link alone confirms nothing."""
    mail = only_mail(reader)
    assert "La matinale" not in mail.text
    (link,) = set(re.findall(r"http\S+/confirm/\S+", mail.text))
    reader.go(link.removeprefix(reader.server.url))
    named = reader.page.locator(".names a").all_inner_texts()
    assert sorted(named) == ["Le dimanche", "L’essentiel de l’IA"]
    assert states() == {SubscriptionState.PENDING}
    reader.press("main form button")
    reader.page.wait_for_selector("main form", state="detached")
    assert reader.words("h1") == reader.say("You are subscribed")
    assert states() == {SubscriptionState.CONFIRMED}


def only_mail(reader: Reader) -> compose.Reading:
    with StoryRelay() as relay:
        use_relay(reader.server.flask_app, relay.relay)
        assert notices.post(db.session.scalars(select(Notice.id)).one())
    return compose.read(relay.received[0].data)


def states() -> set[SubscriptionState]:
    db.session.rollback()
    return set(db.session.scalars(select(Subscription.state)))


def test_on_one_newsletters_page_a_slip_in_the_address_is_offered_mended(
    reader: Reader, letters: Newsletter
) -> None:
    reader.go("/")
    reader.press("text=La matinale >> nth=0")
    choose_language(reader)
    assert reader.words("#sign-up-title") == reader.say("Receive it by e‑mail")
    reader.page.fill("#address", "lea@gmial.com")
    reader.page.check("#consent")
    reader.press("#sign-up form > button")
    reader.press("button[name=take]")
    reader.page.wait_for_url("**/subscribed?newsletter=matinale")
    # What has no issue yet is not offered to be read; who goes there all the same is told so.
    assert reader.page.locator("main a[href*='/archive/']").count() == 0
    reader.go("/archive/matinale")
    assert reader.words(".lede") == reader.say(
        "No issue has gone out yet. The first will stand here."
    )
    assert states() == {SubscriptionState.PENDING}


@pytest.fixture
def letter(live_server: LiveServer) -> Newsletter:
    """With an issue of another year, one that was corrected, and the newest, for subscribers alone."""
    made = mine.with_rubrics(people.newsletter())
    old = people.edition(made, 11)
    old.ordered_at = old.ordered_at.replace(year=old.ordered_at.year - 1)
    corrected = people.edition(made, 12)
    corrections.add(corrected.issue, "dans-l-actu-2", "Les deux linguistes vivent à Quimper.")
    kept = people.edition(made, 13)
    archive.expose(kept.issue, Visibility.SUBSCRIBERS)
    db.session.commit()
    searches.rebuild()
    db.session.commit()
    return made


@ENDS
def test_the_archive_is_read_from_its_years_to_a_storys_correction(
    reader: Reader, letter: Newsletter
) -> None:
    page = reader.page
    reader.go(ARCHIVE)
    choose_language(reader)
    assert reader.words("h1") == reader.say("All issues")
    assert page.locator(".issues h2").count() == 3
    reader.press(".years li:last-child a")
    assert page.locator(".years [aria-current=page]").count() == 1
    reader.press(".issues h2 a")
    assert page.url.endswith(f"{ARCHIVE}/11")
    assert page.locator("[rel=prev]").count() == 0
    reader.press("a[rel=next]")
    assert page.url.endswith(f"{ARCHIVE}/12")
    leads_to_its_place(reader, ".issue-contents a[href='#dans-l-actu']", "#dans-l-actu")
    leads_to_its_place(reader, "#a-la-une-1 > .permalink", "#a-la-une-1")
    assert reader.words("#corrections-title") == reader.say("Correction")
    assert page.locator("text=Les deux linguistes vivent à Quimper.").count() == 2
    leads_to_its_place(reader, ".corrections .meta a", "#dans-l-actu-2")
    reader.press("a[rel=prev]")
    assert page.url.endswith(f"{ARCHIVE}/11")


def leads_to_its_place(reader: Reader, link: str, target: str) -> None:
    """The address can be passed on, and its place stands at the top of the window."""
    reader.page.hover(link)
    reader.press(link)
    assert reader.page.url.endswith(target)
    top = reader.page.locator(target).bounding_box()["y"]
    assert 0 <= top < 200, target


@ENDS
def test_the_mails_link_opens_what_is_for_subscribers(reader: Reader, letter: Newsletter) -> None:
    token = links().subscription_token(people.confirmed(letter).id)
    reader.go(f"{ARCHIVE}/13")
    choose_language(reader)
    assert reader.words("#wall-title") == reader.say("This issue is for subscribers")
    assert "Villeurbanne" not in reader.page.content()
    reader.page.fill("#address", "max@hebdo")
    reader.page.check("#consent")
    reader.press("#sign-up button")
    # The form's own page tells what is wrong, and keeps what was typed.
    reader.page.wait_for_selector(".fault")
    assert reader.has_focus("#address")
    assert reader.page.input_value("#address") == "max@hebdo"
    reader.go(f"{ARCHIVE}/13/for/{token}")
    assert reader.page.url == f"{reader.server.url}{ARCHIVE}/13"
    assert "Villeurbanne" in reader.words()
    assert reader.page.get_attribute("html", "lang") == reader.language


@ENDS
def test_words_are_searched_and_who_is_responsible_is_a_press_away(
    reader: Reader, letter: Newsletter
) -> None:
    page = reader.page
    reader.go(ARCHIVE)
    choose_language(reader)
    reader.press(".bar a[href^='/search']")
    assert reader.has_focus("#q")
    page.fill("#q", "KILOWATTHEURES")
    page.keyboard.press("Enter")
    page.wait_for_selector(".found li")
    assert set(page.locator("mark").all_inner_texts()) == {"kilowattheures"}
    reader.press(".found h3 a")
    assert page.url.endswith("#dans-l-actu-1")
    page.go_back()
    page.fill("#q", "quimper")
    reader.press(".search button")
    assert reader.words(".found h3") == reader.say("Correction")
    reader.press(".found h3 a")
    assert "Quimper" in reader.words(".correction:target")
    page.go_back()
    page.fill("#q", "introuvable")
    reader.press(".search button")
    nothing = reader.say("Nothing found for “%(words)s”", words="introuvable")
    assert reader.words("#found-title") == nothing
    assert reader.say("Every word must be there: try fewer words, or others.") in reader.words()
    assert page.input_value("#q") == "introuvable"
    for path, title in LAWFUL.items():
        reader.press(f".site-foot a[href='{path}']")
        assert reader.words("h1") == reader.say(title)
        assert page.get_attribute("html", "lang") == reader.language
