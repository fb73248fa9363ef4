"""What holds at every door: who may keep an answer, whom limits count, and that odd numbers break nothing."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app
from app.core import address_changes, editors, own_pages
from app.editor.sessions import EVEN_SECONDS
from app.extensions import db, limiter, links, visitor
from app.models import AddressChange, Role
from app.settings import Settings
from tests import desk, people, talks
from tests.desk import Desk


@pytest.fixture
def limited(settings: Settings) -> Iterator[Flask]:
    """The app behind one proxy of ours, with limits that count in this process."""
    limiter.enabled = True
    limiter._storage_dead = False  # An earlier test's absent broker is not this one's.
    flask_app = create_app(dataclasses.replace(settings, redis_url="memory://", trusted_proxies=1))
    with flask_app.app_context():
        limiter.reset()
        yield flask_app
        limiter.reset()
        db.session.remove()
        db.engine.dispose()
    limiter.enabled = False


MINE = ("reader.mine", "reader.everything_json", "reader.everything_csv", "reader.erasing")


def behind_links(flask_app: Flask) -> list[str]:
    """Every page behind a mailed link, once with a token of ours and once with a forged one."""
    reader = people.confirmed(people.newsletter())
    editor = desk.editor(Role.ADMIN)
    comment = talks.said(talks.issue(reader.newsletter))
    own = links().own_comment(comment.id).rpartition("/")[2]
    fresh = links().fresh_mine(reader.subscriber_id, own_pages.seal(reader.subscriber))
    address_changes.ask(reader.subscriber, "ailleurs@lecteurs.invalid")
    db.session.commit()
    (change,) = db.session.scalars(select(AddressChange))
    tokens = {
        "reader.own_comment": own,
        "reader.quiet_comment": own,
        **dict.fromkeys(MINE, fresh.rpartition("/")[2]),
        "reader.new_address": links().new_address(change.id).rpartition("/")[2],
        "reader.old_address": links().old_address(change.id).rpartition("/")[2],
        "reader.departure": links().subscription_token(reader.id),
        "reader.confirmation": links().confirm(reader.id).rpartition("/")[2],
        "editor.choose_password": links().password(editor.id, editor.stamp).rpartition("/")[2],
    }
    adapter = flask_app.url_map.bind("hebdo.test")
    rules = [rule for rule in flask_app.url_map.iter_rules() if rule.arguments == {"token"}]
    readable = [rule.endpoint for rule in rules if "GET" in (rule.methods or ())]
    return [
        adapter.build(endpoint, {"token": token})
        for endpoint in readable
        for token in (tokens[endpoint], "forged")
    ]


def test_nobody_keeps_a_page_behind_a_mailed_link(flask_app: Flask, client: FlaskClient) -> None:
    paths = behind_links(flask_app)
    assert len(paths) >= 10
    for path in paths:
        db.session.rollback()
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store", path
        assert headers["X-Robots-Tag"] == "noindex", path


def test_what_a_button_behind_a_mailed_link_answers_is_kept_by_nobody(
    flask_app: Flask, client: FlaskClient
) -> None:
    reader = people.confirmed(people.newsletter())
    path = f"/unsubscribe/{links().subscription_token(reader.id)}"
    db.session.rollback()
    assert client.post(path).headers["Cache-Control"] == "no-store"


def test_no_cache_between_serves_one_visitors_page_to_another(
    flask_app: Flask, client: FlaskClient
) -> None:
    people.edition(people.newsletter(), 1)
    for path in ("/", "/archive/essentiel-ia", "/archive/essentiel-ia/1", "/legal", "/nowhere"):
        db.session.rollback()
        assert client.get(path).headers["Cache-Control"] == "private, no-cache", path


def test_what_is_the_same_for_everybody_may_be_kept(flask_app: Flask, client: FlaskClient) -> None:
    people.newsletter()
    db.session.rollback()
    with client.get("/static/hebdo.css") as sheet:
        assert "private" not in sheet.headers["Cache-Control"]
    accent = client.get("/newsletters/essentiel-ia/accent.css").headers["Cache-Control"]
    assert "public" in accent
    assert "private" not in accent


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("[2001:db8:1:2:bbbb::1]:443", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("<script>", "unknown"),
        ("", "unknown"),
    ],
)
def test_limits_count_a_visitor_whatever_form_her_address_has(
    flask_app: Flask, address: str, counted: str
) -> None:
    with flask_app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert visitor() == counted


def guess(flask_app: Flask, times: int, **headers: str) -> list[int]:
    guesser = Desk(flask_app)
    guesser.client.environ_base.update({f"HTTP_{name}": value for name, value in headers.items()})
    address = desk.ADDRESSES[Role.EDITOR]
    return [guesser.sign_in(address, "guess").status_code for _ in range(times)]


def test_a_guesser_does_not_shut_the_editor_out(limited: Flask) -> None:
    desk.editor()
    assert guess(limited, 14, X_FORWARDED_FOR="203.0.113.7")[-1] == 429
    owner = Desk(limited)
    owner.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.1"
    assert owner.sign_in(desk.ADDRESSES[Role.EDITOR]).status_code == 303


def test_a_guesser_who_claims_other_addresses_is_the_one_our_proxy_saw(limited: Flask) -> None:
    desk.editor()
    statuses = [
        guess(limited, 1, X_FORWARDED_FOR=f"192.0.2.{n}, 203.0.113.7")[0] for n in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2


def test_where_signing_in_leads_is_one_line_and_not_endless(flask_app: Flask) -> None:
    desk.editor()
    for odd in ("a%0d%0aSet-Cookie:%20x=y", "%5c%5cevil.example", "x" * 4000):
        stranger = Desk(flask_app)
        answer = stranger.get(f"/editor/newsletters/{odd}")
        assert all(len(each) < 4000 for each in answer.headers.getlist("Set-Cookie"))
        answer = stranger.sign_in(desk.ADDRESSES[Role.EDITOR])
        assert answer.status_code == 303
        assert re.fullmatch(r"/editor/[^\s\\]*", answer.headers["Location"])


ODD_NUMBERS = ["-1", "0", str(2**63), "9" * 30, "-" + "9" * 30, "9" * 5000, "1e9", "x", ""]


@pytest.mark.parametrize("odd", ODD_NUMBERS)
def test_a_number_that_no_page_made_is_no_fault_of_ours(flask_app: Flask, odd: str) -> None:
    issue = desk.draft(flask_app)
    admin = desk.signed_in(flask_app, Role.ADMIN)
    assert admin.get(f"/archive/essentiel-ia?below={odd}").status_code == 200
    assert admin.get(f"/editor/issues/{issue.id}/progress?after={odd}").status_code in {200, 302}
    for way in ("", "/send", "/delete"):
        answer = admin.post(f"/editor/issues/{issue.id}{way}", {"revision": odd})
        assert answer.status_code in {409, 422}, way
    assert editors.find(desk.ADDRESSES[Role.ADMIN]) is not None


@pytest.mark.parametrize("odd", ["0", "999", str(2**63), "9" * 30])
def test_a_field_that_no_form_has_is_said_not_to_be_there(flask_app: Flask, odd: str) -> None:
    desk.draft(flask_app)
    admin = desk.signed_in(flask_app, Role.ADMIN)
    path = f"/editor/newsletters/essentiel-ia/questions/{odd}"
    assert admin.get(path).status_code == 404
    assert admin.post(path).status_code == 404
    for way in ("/up", "/remove"):
        assert admin.post(path + way).status_code == 303
        assert "Nothing changed" in admin.get("/editor/newsletters/essentiel-ia/questions").text


@pytest.mark.parametrize("address", [desk.ADDRESSES[Role.EDITOR], "nobody@hebdo.example"])
def test_a_stopwatch_does_not_tell_who_is_an_editor(flask_app: Flask, address: str) -> None:
    """Both are answered after the same wait, which is longer than either's work."""
    desk.editor()
    stranger = Desk(flask_app)
    stranger.token = desk.token(stranger.get("/editor/password"))
    began = time.perf_counter()
    assert stranger.post("/editor/password", {"address": address}).status_code == 303
    assert time.perf_counter() - began >= EVEN_SECONDS
