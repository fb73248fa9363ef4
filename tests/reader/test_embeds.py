"""The form on other sites: framed by those an editor listed, written by hand on any, safe on both."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.core import newsletters, origins
from app.core.errors import Invalid
from app.extensions import db
from app.models import Consent, Detail, Newsletter, Notice, Role, Subscriber, Subscription
from tests import desk, pages, people
from tests.browser import LiveServer, Quiet, serving
from tests.ports import free_port

SITE = "https://www.journal.example"
FRAME = "/embed/essentiel-ia"
BY_HAND = "/subscribe/essentiel-ia"
ANSWERS = {f"answer-{name}": value for name, value in people.ANSWERS.items()}
TYPED = {"address": "lea@hebdo.test", "first_name": "Léa", "consent": "y", **ANSWERS}


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    people.asks(made)
    origins.keep(made, SITE)
    db.session.commit()
    return made


@pytest.fixture
def stranger(flask_app: Flask) -> FlaskClient:
    """A browser that keeps none of our cookies, as in a frame of another site."""
    return flask_app.test_client(use_cookies=False)


def from_frame(stranger: FlaskClient, **changes: Any) -> TestResponse:
    fields = pages.hidden(stranger.get(FRAME, headers={"Referer": f"{SITE}/une/page"}).text)
    return stranger.post(FRAME, data={**fields, **TYPED, **changes})


def by_hand(stranger: FlaskClient, **changes: Any) -> TestResponse:
    typed = {name: value for name, value in {**TYPED, **changes}.items() if value is not None}
    return stranger.post(BY_HAND, data=typed, headers={"Origin": "https://blog.example"})


DOORS = [from_frame, by_hand]


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_only_the_sites_on_the_list_may_frame_the_form(
    client: FlaskClient, letter: Newsletter
) -> None:
    def ancestors(path: str) -> str:
        policy = client.get(path).headers["Content-Security-Policy"]
        return policy.partition("frame-ancestors ")[2].partition(";")[0]

    assert ancestors(FRAME) == f"'self' {SITE}"
    assert ancestors(f"{FRAME}/thanks") == f"'self' {SITE}"
    people.newsletter("autre")
    assert ancestors("/embed/autre") == "'self'"
    assert ancestors("/embed/nowhere") == "'self'"
    for page in ("/", "/newsletters/essentiel-ia", "/subscribed", "/legal"):
        assert ancestors(page) == "'none'"


def test_the_page_of_a_frame_asks_for_its_newsletter_once(
    client: FlaskClient, letter: Newsletter
) -> None:
    asked: list[str] = []
    client.get(FRAME)
    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", lambda *what: asked.append(what[2]))
    for page in (FRAME, f"{FRAME}/thanks"):
        asked.clear()
        assert client.get(page).status_code == 200
        assert sum("FROM newsletter" in each for each in asked) == 1, page


def test_a_refusal_is_framed_by_the_sites_that_are_listed_now(
    limited_app: Flask,
) -> None:
    """Also where this process has shown no frame yet."""
    letter = people.newsletter()
    origins.keep(letter, SITE)
    db.session.commit()
    stranger = limited_app.test_client(use_cookies=False)

    def ancestors() -> str:
        return stranger.post(FRAME).headers["Content-Security-Policy"]

    for n in range(31):
        typed = {"consent": "y", "address": f"r{n}@hebdo.test"}
        answer = stranger.post(BY_HAND, data=typed)
    assert answer.status_code == 429
    assert f"frame-ancestors 'self' {SITE}" in ancestors()
    letter.origins = "https://new.example"
    db.session.commit()
    limited_app.test_client().get(FRAME)
    assert "frame-ancestors 'self' https://new.example" in ancestors()


def test_the_frame_sets_no_cookie_and_needs_none(stranger: FlaskClient, letter: Newsletter) -> None:
    page = stranger.get(FRAME)
    assert "Set-Cookie" not in page.headers
    answer = from_frame(stranger)
    assert (answer.status_code, answer.location) == (303, f"{FRAME}/thanks")
    assert "Set-Cookie" not in answer.headers
    thanks = stranger.get(answer.location)
    assert "Set-Cookie" not in thanks.headers
    assert count(Detail) == 4
    assert count(Notice) == 1


def test_the_proof_of_consent_says_on_which_site(stranger: FlaskClient, letter: Newsletter) -> None:
    from_frame(stranger)
    by_hand(stranger, address="max@hebdo.test")
    proofs = db.session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [each.source for each in proofs] == [
        f"{FRAME} ({SITE})",
        f"{BY_HAND} (https://blog.example)",
    ]
    assert all(letter.name in each.wording for each in proofs)


@pytest.mark.parametrize("said", ["https://evil.example/", "not a url", "", "javascript:x"])
def test_a_site_that_is_not_on_the_list_is_not_believed(
    stranger: FlaskClient, letter: Newsletter, said: str
) -> None:
    fields = pages.hidden(stranger.get(FRAME, headers={"Referer": said}).text)
    assert stranger.post(FRAME, data={**fields, **TYPED}).status_code == 303
    assert db.session.scalars(select(Consent.source)).all() == [FRAME]


@pytest.mark.parametrize("ticket", [None, "", "forged", "other"])
def test_a_frame_without_a_ticket_for_it_asks_for_one_more_press_and_loses_nothing(
    stranger: FlaskClient, letter: Newsletter, ticket: str | None
) -> None:
    people.newsletter("autre")
    fields = pages.hidden(stranger.get(FRAME).text)
    given = (
        pages.hidden(stranger.get("/embed/autre").text)["ticket"] if ticket == "other" else ticket
    )
    answer = stranger.post(FRAME, data={**fields, **TYPED, "ticket": given or ""})
    assert answer.status_code == 422
    assert count(Subscriber) == 0
    again = stranger.post(FRAME, data={**TYPED, **pages.hidden(answer.text)})
    assert again.status_code == 303
    assert count(Subscriber) == 1


def test_a_ticket_is_good_for_a_day(stranger: FlaskClient, letter: Newsletter) -> None:
    fields = pages.hidden(stranger.get(FRAME).text)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)):
        assert stranger.post(FRAME, data={**fields, **TYPED}).status_code == 422


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("missing", ["address", "consent", "answer-ville", "answer-naissance"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_each_field_missing_alone_is_told_on_a_page_that_keeps_the_rest(
    stranger: FlaskClient,
    letter: Newsletter,
    door: Callable[..., TestResponse],
    missing: str,
    blank: str,
) -> None:
    blank = "" if missing == "consent" else blank
    answer = door(stranger, **{missing: blank})
    assert answer.status_code == 422
    inputs = pages.elements(answer.text, "input")
    assert [each["name"] for each in inputs if "aria-invalid" in each] == [missing]
    assert [each["name"] for each in inputs if "autofocus" in each] == [missing]
    held = {each["name"]: each.get("value") for each in inputs if "name" in each}
    for name in set(TYPED) - {missing, "consent", "answer-metier"}:
        assert held[name] == TYPED[name]
    assert count(Subscriber) == 0


def test_a_faulty_form_from_elsewhere_goes_on_as_our_own(
    client: FlaskClient, letter: Newsletter
) -> None:
    answer = by_hand(client, address="lea")
    assert pages.element(answer.text, "form", method="post")["action"] == "/subscribe"
    mended = {**TYPED, **pages.hidden(answer.text)}
    again = client.post("/subscribe", data=mended)
    assert (again.status_code, again.location) == (303, "/subscribed?newsletter=essentiel-ia")


@pytest.mark.parametrize("door", DOORS)
def test_the_doors_answer_alike_for_all_and_mail_once_a_day(
    stranger: FlaskClient, letter: Newsletter, door: Callable[..., TestResponse]
) -> None:
    people.confirmed(letter, "known@hebdo.test")
    answers = {
        (each.status_code, each.location, each.text)
        for address in ("known@hebdo.test", "new@hebdo.test", "new@hebdo.test")
        for each in [door(stranger, address=address)]
    }
    assert len(answers) == 1
    assert count(Subscription) == 2
    owed = db.session.scalars(select(Notice.address).where(Notice.kind != "welcome")).all()
    assert owed.count("new@hebdo.test") == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_robot_in_the_trap_is_thanked(
    stranger: FlaskClient, letter: Newsletter, door: Callable[..., TestResponse]
) -> None:
    assert door(stranger, website="http://pills.example").status_code == 303
    assert count(Subscriber) == 0


def test_all_doors_count_together(limited_app: Flask) -> None:
    people.newsletter()
    stranger = limited_app.test_client(use_cookies=False)
    typed = {"consent": "y"}
    statuses = [
        stranger.post(
            FRAME if n % 2 else BY_HAND, data={**typed, "address": f"r{n}@hebdo.test"}
        ).status_code
        for n in range(31)
    ]
    assert statuses[-1] == 429
    assert 429 not in statuses[:30]
    refused = stranger.post(FRAME, data=typed)
    assert "frame-ancestors 'self'" in refused.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.example.org", "https://www.example.org"),
        ("https://WWW.Example.org:443/page?x=1#y", "https://www.example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://élysée.example", "https://xn--lyse-9oad.example"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://example.org", ""),
        ("https://*.example.org", ""),
        ("https://example", ""),
        ("https://example.org 'unsafe-inline'", ""),
        ("https://example.org;script-src *", ""),
        ("https://example.org:99999", ""),
        ("https://a..b.example", ""),
        ("javascript:alert(1)", ""),
        ("*", ""),
        ("https://", ""),
        ("null", ""),
    ],
)
def test_a_site_is_an_https_origin_and_nothing_else(typed: str, kept: str) -> None:
    assert origins.read(typed) == kept


def test_a_list_with_one_that_is_none_is_refused_whole(flask_app: Flask) -> None:
    letter = people.newsletter()
    origins.keep(letter, f"{SITE}/page\n\n {SITE} \nhttps://b.example")
    assert origins.of(letter) == (SITE, "https://b.example")
    with pytest.raises(Invalid, match="nonsense"):
        origins.keep(letter, f"{SITE}\nnonsense")
    with pytest.raises(Invalid):
        origins.keep(letter, "\n".join(f"https://s{n}.example" for n in range(51)))
    assert newsletters.get(letter.slug).origins == f"{SITE}\nhttps://b.example"


@pytest.fixture
def elsewhere(live_server: LiveServer) -> Iterator[tuple[str, dict[str, str]]]:
    """Another site (localhost is another host than 127.0.0.1) and the page that stands there."""
    page = {"html": ""}

    def site(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [page["html"].encode()]

    port = free_port()
    server = make_server("127.0.0.1", port, site, threaded=True, request_handler=Quiet)
    with serving(server):
        yield f"http://localhost:{port}", page


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("language", "scripts"), [("fr", True), ("en", False)], ids=["fr-scripts", "en-none"]
)
def test_a_reader_signs_up_in_a_frame_of_another_site_and_by_a_copied_form(
    browser: Any,
    live_server: LiveServer,
    elsewhere: tuple[str, dict[str, str]],
    language: str,
    scripts: bool,
) -> None:
    site, other = elsewhere
    letter = people.newsletter()
    letter.language = language
    people.asks(letter)
    admin = desk.signed_in(live_server.flask_app, Role.ADMIN, "fr")
    url = "/editor/newsletters/essentiel-ia/embedding"
    assert admin.post(url, {"origins": "ceci"}).status_code == 422
    assert admin.post(url, {"origins": f"{site}/une/page"}).status_code == 303
    frame, plain = copied(admin.get(url).text)
    other["html"] = f"<!doctype html><html lang=fr><title>Ailleurs</title>{frame}{plain}"
    tab = browser.new_page(viewport={"width": 390, "height": 900}, java_script_enabled=scripts)
    tab.goto(site)
    inside = tab.frame_locator("iframe")
    fill(inside, "lea@hebdo")
    inside.locator("form > button").click()
    # The browser takes this address; the server does not, and its answer stands in the frame.
    inside.locator(".summary").wait_for()
    if scripts:
        inside.locator("#address:focus").wait_for()
    assert inside.locator("#answer-ville").input_value() == "Lyon"
    inside.locator("#address").fill("lea@hebdo.test")
    inside.locator("form > button").click()
    inside.locator(".lede").wait_for()
    asked = {"fr": "Regardez vos e\u2011mails", "en": "Look into your inbox"}[language]
    assert asked in inside.locator("h1").inner_text()
    fill(tab, "max@hebdo")
    tab.locator("form button").click()
    # By the form that somebody wrote by hand, the reader is asked again on a page of ours.
    tab.locator("#address:focus").wait_for()
    assert tab.url == f"{live_server.url}{BY_HAND}"
    tab.fill("#address", "max@hebdo.test")
    tab.click("#sign-up form > button")
    tab.wait_for_url("**/subscribed?**")
    assert asked in tab.inner_text("h1")
    tab.goto(site)
    fill(tab, "zoe@hebdo.test")
    tab.locator("form button").click()
    tab.wait_for_url("**/subscribed?**")
    tab.close()
    db.session.rollback()
    sources = db.session.scalars(select(Consent.source).order_by(Consent.id)).all()
    by_hand = f"{BY_HAND} ({site})"
    assert sources == [f"{FRAME} ({site})", "/newsletters/essentiel-ia", by_hand]


def copied(page: str) -> list[str]:
    """What an editor copies out of the page's two boxes."""
    boxes = re.findall(r"(?s)<textarea[^>]*readonly[^>]*>\n(.*?)</textarea>", page)
    return [html.unescape(each) for each in boxes]


def fill(where: Any, address: str) -> None:
    """As a person does: field after field."""
    where.locator("[name=address]").fill(address)
    where.locator("[name=answer-ville]").fill("Lyon")
    where.locator("[name=answer-metier]").select_option("Autre")
    where.locator("[name=answer-naissance]").fill("1990-02-28")
    where.locator("[name=consent]").check()
