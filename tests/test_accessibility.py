"""Every page there is, in a real browser: axe finds nothing and nothing overflows, narrow and wide, in
light and dark.

The pages are those of the URL map: a new one is visited by itself, or the test says that it cannot be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app import MAX_REQUEST_BYTES
from app.core import archive, clock, corrections, searches
from app.extensions import db, limiter, links
from app.models import (
    AddressChange,
    CommentState,
    Edition,
    Newsletter,
    Role,
    Subscription,
    SubscriptionState,
    Visibility,
)
from tests import desk, people, talks
from tests.browser import LOOKS, LiveServer
from tests.desk import Desk
from tests.flows import test_looking
from tests.flows.test_looking import House
from tests.reader import mine
from tests.reader.test_looks import violations

pytestmark = [
    pytest.mark.browser,
    # What a page looks like does not depend on the database.
    pytest.mark.parametrize("settings", ["sqlite"], indirect=True),
]

house = test_looking.house

ISSUE = "/archive/essentiel-ia/1"
LONG = "Un_mot_qui_ne_finit_pas_" * 4


@pytest.fixture
def flask_app(live_server: LiveServer) -> Flask:
    return live_server.flask_app


@pytest.fixture
def full_house(house: House) -> House:
    """The house with what its links alone do not reach: a change of address under way."""
    change = db.session.scalars(select(AddressChange)).one()
    for url in (links().new_address(change.id), links().old_address(change.id)):
        house.values["token"].append(url.rpartition("/")[2])
    db.session.rollback()
    return house


def mapped(house: House, visitor: Desk, *, of_desk: bool) -> dict[str, str]:
    """The HTML of each GET route, one filling each that answers 200, by its path.

    A route that gives nobody a page, a redirect or a file would go unseen: it fails.
    """
    adapter = house.flask_app.url_map.bind("hebdo.test")
    found, unseen = {}, []
    for rule in house.flask_app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("editor.") is of_desk:
            paths = [adapter.build(rule.endpoint, each) for each in house.fillings(rule)]
            answers = ((path, visitor.get(path, buffered=True)) for path in paths)
            path, answer = next((each for each in answers if each[1].status_code < 400), ("", None))
            if answer is None:
                unseen.append(rule.rule)
            elif answer.status_code == 200 and answer.mimetype == "text/html":
                found[path] = answer.text
    assert set(unseen) <= {"/readyz", "/metrics"}
    return found


CUT_RINGS = """[...document.querySelectorAll("a[href], button, summary, input, select, textarea")]
  .filter((each) => each.getClientRects().length && !each.closest(".skip, .trap"))
  .filter((each) => {
    const own = [...each.getClientRects()];
    for (let box = each.parentElement; box !== document.body; box = box.parentElement) {
      const {overflowX, overflowY} = getComputedStyle(box);
      if (![overflowX, overflowY].some((way) => ["hidden", "auto", "scroll"].includes(way))) continue;
      const {left, top} = box.getBoundingClientRect();
      const start = left + box.clientLeft - box.scrollLeft, head = top + box.clientTop - box.scrollTop;
      if (own.some((part) => part.left - 5 < start - 0.5 || part.top - 5 < head - 0.5)) return true;
    }
    return false;
  }).map((each) => each.outerHTML)"""
"""What shows no whole ring (five pixels around it) when the keyboard comes to it: a box cuts it off."""


def look_at(page: Any, path: str) -> None:
    """The page that now stands in the window, in every look."""
    for look in LOOKS:
        width, scheme = look.values
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], (path, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CUT_RINGS) == [], (path, width)


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    page = browser.new_page()
    yield page
    page.close()


def show(tab: Any, server: LiveServer, path: str, html: str) -> None:
    """What the server answered to a form or a flood, as if this window had sent it."""
    url = server.url + path
    tab.route(url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    tab.goto(url)
    tab.unroute(url)


def test_axe_finds_nothing_on_any_page_of_the_readers_door(
    tab: Any, live_server: LiveServer, full_house: House
) -> None:
    visited = mapped(full_house, Desk(full_house.flask_app), of_desk=False)
    assert {"/", ISSUE, "/search", "/mine", "/embed/essentiel-ia"} <= visited.keys()
    for path in visited:
        tab.goto(live_server.url + path)
        look_at(tab, path)


def test_axe_finds_nothing_on_any_page_of_the_desk(
    tab: Any, live_server: LiveServer, full_house: House
) -> None:
    admin = desk.signed_in(full_house.flask_app, Role.ADMIN)
    visited = mapped(full_house, admin, of_desk=True)
    slug = "/editor/newsletters/essentiel-ia"
    parts = ("comments", "departures", "embedding", "front", "questions", "rubrics")
    assert {f"{slug}/{part}" for part in parts} <= visited.keys()
    cookies = [
        {"name": each.key, "value": each.value, "url": live_server.url}
        for each in (admin.client._cookies or {}).values()
    ]
    tab.context.add_cookies(cookies)
    for path in visited:
        # A mail's preview is the mail, which has its own judges.
        if not path.endswith("/preview/mail"):
            tab.goto(live_server.url + path)
            look_at(tab, path)


@pytest.fixture
def letter(live_server: LiveServer) -> Newsletter:
    """One with issues of every kind, comments of every kind, and a question."""
    made = mine.with_rubrics(people.newsletter())
    people.asks(made)
    made.name = f"L’essentiel {LONG}"
    people.newsletter("autre").name = "Une autre lettre"
    old = people.edition(made, 11)
    old.ordered_at = old.ordered_at.replace(year=2025)
    public = people.edition(made, 12)
    corrections.add(public.issue, "a-la-une-1", f"C’était lundi. {LONG * 2}")
    corrections.add(public.issue, "", "Et mardi.")
    comment(public, "D’accord.", CommentState.SHOWN)
    comment(public, "Non.", CommentState.DELETED)
    archive.expose(people.edition(made, 13).issue, Visibility.SUBSCRIBERS)
    archive.expose(people.edition(made, 14).issue, Visibility.UNLISTED)
    searches.rebuild()
    db.session.commit()
    return made


def comment(under: Edition, text: str, state: CommentState) -> None:
    first = talks.said(under.issue, f"{text} {LONG}", LONG[:80], state=state)
    talks.said(under.issue, "Une réponse", "Max", "max@hebdo.test", answers=first.id)


def states(letter: Newsletter, server: LiveServer) -> list[str]:
    """Pages whose route was visited, in a state that looks different."""
    confirmed = people.confirmed(letter)
    left = people.confirmed(letter, "zoe@hebdo.test")
    left.state, left.ended_at = SubscriptionState.ENDED, clock.now()
    asked = people.pending(letter, "lea@hebdo.test")
    with time_machine.travel(dt.datetime.now(dt.UTC) - dt.timedelta(days=8)):
        old = links().confirm(asked.id)
    own = mine.fresh(confirmed.subscriber)
    made = [
        *("/", "/?lang=en", "/subscribed", "/subscribed?newsletter=essentiel-ia"),
        *("/newsletters/essentiel-ia", "/archive/essentiel-ia", "/archive/autre"),
        *("/archive/essentiel-ia/year/2025", "/archive/essentiel-ia/year/1999"),
        *(f"/archive/essentiel-ia/{number}" for number in (11, 12, 13, 14)),
        *("/search?q=catalogues&newsletter=essentiel-ia", "/search?q=bibliotheque"),
        *("/search?q=introuvable", "/search?q=!!"),
        "/embed/essentiel-ia",
        *(links().confirm(each.id) for each in (confirmed, left)),
        *(links().confirm(asked.id, people.pending(other(), "lea@hebdo.test").id), old),
        f"/unsubscribe/{links().subscription_token(left.id)}",
        f"/unsubscribe/{links().subscription_token(999)}",
        links().own_comment(999),
        *(mine.lasting(confirmed), own, f"{own}/erase"),
        *mine.moving(confirmed),
        *("/nowhere", "/newsletters/nowhere", "/archive/essentiel-ia/999", "/confirm/forged"),
    ]
    db.session.commit()
    return [path.removeprefix(server.url) for path in made]


def other() -> Newsletter:
    return db.session.scalars(select(Newsletter).filter_by(slug="autre")).one()


def answers(flask_app: Flask) -> Iterator[tuple[str, int, str]]:
    """What stands in the window after a faulty form, too much text, too many questions."""
    visitor = Desk(flask_app)
    visitor.token = desk.token(visitor.get("/newsletters/essentiel-ia"))
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/", {}),
        ("/subscribe", {"newsletter": "essentiel-ia", "address": "a"}),
        ("/subscribe", {"newsletter": "autre", "address": "lea@gmial.com", "consent": "y"}),
        ("/embed/essentiel-ia", {"first_name": LONG * 3}),
        ("/subscribe/essentiel-ia", {"answer-naissance": "hier"}),
        ("/mine", {"address": "a"}),
        ("/archive/essentiel-ia/12/react", {}),
        ("/subscribe/nowhere", {}),
    ]
    for path, typed in sent:
        answer = visitor.post(path, typed)
        yield path, answer.status_code, answer.text
    endless = visitor.open("/subscribe", method="POST", data=b"x" * (MAX_REQUEST_BYTES + 1))
    yield "/subscribe", endless.status_code, endless.text
    limiter.enabled = True
    flood = [visitor.get("/search") for _n in range(61)]
    limiter.enabled = False
    yield "/search", flood[-1].status_code, flood[-1].text


def test_axe_finds_nothing_in_any_state_of_a_page(
    tab: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    for path in states(letter, live_server):
        tab.goto(live_server.url + path)
        look_at(tab, path)
    seen = set()
    for path, status, html in answers(live_server.flask_app):
        seen.add(status)
        show(tab, live_server, path, html)
        look_at(tab, path)
    assert seen == {404, 413, 422, 429}


def test_axe_finds_nothing_behind_a_pass(
    tab: Any, live_server: LiveServer, letter: Newsletter
) -> None:
    reader: Subscription = people.confirmed(letter)
    token = links().subscription_token(reader.id)
    db.session.rollback()
    tab.goto(f"{live_server.url}/archive/essentiel-ia/13/for/{token}")
    assert "Villeurbanne" in tab.inner_text("main")
    look_at(tab, "/archive/essentiel-ia/13")
