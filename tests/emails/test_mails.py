"""Every mail has a snapshot of its HTML and of its text, and all of them keep the house rules."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from emails import compose, notices, render
from emails.values import Masthead
from tests import snapshots
from tests.emails.samples import ISSUE, LEA, MASTHEAD

ENGLISH = replace(
    MASTHEAD,
    name="The Essential AI",
    tagline="Every week, what to remember",
    language="en",
    publisher="Chestnut Press",
    postal_address="12 Printers’ Row\nDublin",
)
SENT_AT = dt.datetime(2026, 11, 24, 6, 30, tzinfo=dt.UTC)
URL = "https://hebdo.example/l/q7Jb1cZkTz"
MINE = "https://hebdo.example/mine/q7Jb1cZkTz"


def issue_in(masthead: Masthead) -> tuple[str, str]:
    printed = render.print_issue(replace(ISSUE, masthead=masthead))
    reading = compose.read(compose.compile_issue(printed, masthead, SENT_AT).fill(LEA).data)
    return reading.html, reading.text


def welcome_to(masthead: Masthead) -> tuple[str, str]:
    notice = notices.welcome(masthead, URL, ISSUE.subject, ISSUE.web_url, "Léa", mine_url=MINE)
    return notice.html, notice.text


def first_welcome_to(masthead: Masthead) -> tuple[str, str]:
    notice = notices.welcome(masthead, URL)
    return notice.html, notice.text


def confirmation_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.confirmation(masthead, URL)
    return notice.html, notice.text


def confirmation_of_several(masthead: Masthead) -> tuple[str, str]:
    notice = notices.confirmation(masthead, URL, [masthead.name, "<b>{first_name}</b> & Co"])
    return notice.html, notice.text


def reminder_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.reminder(masthead, URL)
    return notice.html, notice.text


def reminder_of_several(masthead: Masthead) -> tuple[str, str]:
    notice = notices.reminder(masthead, URL, [masthead.name, "<b>{first_name}</b> & Co"])
    return notice.html, notice.text


def already_in(masthead: Masthead) -> tuple[str, str]:
    notice = notices.already_subscribed(masthead, MINE)
    return notice.html, notice.text


def own_page_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.my_subscription(masthead, URL, 24)
    return notice.html, notice.text


def new_address_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.address_confirmation(masthead, URL, 24)
    return notice.html, notice.text


def taken_address_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.address_taken(masthead, URL)
    return notice.html, notice.text


def old_address_of(masthead: Masthead) -> tuple[str, str]:
    notice = notices.address_changing(masthead, URL)
    return notice.html, notice.text


def reset_in(masthead: Masthead) -> tuple[str, str]:
    notice = notices.password_reset(URL, 2, masthead.language)
    return notice.html, notice.text


def invitation_in(masthead: Masthead) -> tuple[str, str]:
    notice = notices.invitation(URL, 72, masthead.language)
    return notice.html, notice.text


QUOTE = notices.Quote("Yasmine", "Et si l’on goûtait <avant> de mesurer ?\n\nC’est dit.")


def shown_in(masthead: Masthead) -> tuple[str, str]:
    notice = notices.comment_shown(masthead, ISSUE.subject, ISSUE.web_url, URL)
    return notice.html, notice.text


def answered_in(masthead: Masthead) -> tuple[str, str]:
    more = (URL, URL + "/quiet")
    notice = notices.comment_answered(masthead, ISSUE.subject, QUOTE, ISSUE.web_url, *more)
    return notice.html, notice.text


def waiting_in(masthead: Masthead) -> tuple[str, str]:
    notice = notices.comments_wait(masthead, 3, [QUOTE, QUOTE], URL)
    return notice.html, notice.text


MAILS = {
    f"{name}.{masthead.language}": (write, masthead)
    for masthead in (MASTHEAD, ENGLISH)
    for name, write in {
        "issue": issue_in,
        "welcome": welcome_to,
        "first-welcome": first_welcome_to,
        "confirmation": confirmation_of,
        "confirmation-of-several": confirmation_of_several,
        "reminder": reminder_of,
        "reminder-of-several": reminder_of_several,
        "already-subscribed": already_in,
        "my-subscription": own_page_of,
        "address-confirmation": new_address_of,
        "address-taken": taken_address_of,
        "address-changing": old_address_of,
        "password-reset": reset_in,
        "invitation": invitation_in,
        "comment-shown": shown_in,
        "comment-answered": answered_in,
        "comments-wait": waiting_in,
    }.items()
}

every_mail = pytest.mark.parametrize("name", MAILS)


def mail(name: str) -> tuple[str, str]:
    write, masthead = MAILS[name]
    return write(masthead)


class Tags(HTMLParser):
    """Every start tag of a document, Outlook's conditional ones included."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(re.sub(r"<!--\[if[^>]*>(?:<!-->)?|<!(?:--<!)?\[endif\]-->", "", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def named(self, *names: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.found if tag in names]


@every_mail
def test_a_mail_looks_as_it_did(name: str) -> None:
    html, text = mail(name)
    snapshots.matches(f"{name}.html", html)
    snapshots.matches(f"{name}.txt", text)


@every_mail
def test_no_mail_fetches_anything_from_anybody_else(name: str) -> None:
    html, _ = mail(name)
    tags = Tags(html)
    fetched = [attrs.get("src", "") for attrs in tags.named("img", "script", "iframe", "video")]
    fetched += [attrs.get("href", "") for attrs in tags.named("link")]
    fetched += re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", html)
    assert {urlsplit(str(url)).hostname for url in fetched} <= {"hebdo.example"}
    assert "googleapis" not in html


@every_mail
def test_every_table_is_layout_and_every_picture_has_words(name: str) -> None:
    tags = Tags(mail(name)[0])
    assert [table for table in tags.named("table") if table.get("role") != "presentation"] == []
    assert [image for image in tags.named("img") if "alt" not in image] == []


@every_mail
def test_a_mail_has_one_first_heading_and_skips_no_level(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in Tags(mail(name)[0]).found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_mail
def test_a_mail_says_its_language_and_both_lights(name: str) -> None:
    html, _ = mail(name)
    tags = Tags(html)
    assert [each["lang"] for each in tags.named("html")] == [name.rpartition(".")[2]]
    assert {"name": "color-scheme", "content": "light dark"} in tags.named("meta")
    assert "prefers-color-scheme: dark" in html


@every_mail
def test_outlooks_conditional_comments_survive_and_no_other_comment_does(name: str) -> None:
    html, _ = mail(name)
    assert html.count("<!--[if") == html.count("<![endif]") > 2
    assert re.findall(r"<!--(?!\[if|<!\[endif|>)", html) == []


@every_mail
def test_a_mail_is_light_enough_and_its_text_is_narrow(name: str) -> None:
    html, text = mail(name)
    assert len(html.encode()) < render.WEIGHT_LIMIT
    long = [line for line in text.split("\n") if len(line) > 72 and "://" not in line]
    assert long == []


@every_mail
def test_no_slot_is_left_open(name: str) -> None:
    for part in mail(name):
        assert not re.search("[\ue000\ue001]|\\{\\{", part)


@pytest.mark.parametrize("name", [name for name in MAILS if not name.startswith("issue")])
def test_a_notice_has_one_button_and_the_same_address_in_its_text(name: str) -> None:
    html, text = mail(name)
    buttons = re.findall(r'<a href="([^"]+)"[^>]*display:\s?inline-block', html)
    assert len(buttons) == 1
    assert buttons[0] in text
