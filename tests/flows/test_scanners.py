"""A scanner confirms nobody and unsubscribes nobody, however often it looks, and though it runs scripts.

The links are found by reading the mails themselves, one of every kind, so that new ones are taken in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from app.core import (
    address_changes,
    editions,
    editors,
    issues,
    own_pages,
    unconfirmed,
)
from app.core import notices as orders
from app.core.unconfirmed import REMIND_AFTER
from app.extensions import db
from app.models import Newsletter, Notice, NoticeKind, NoticeState, Role
from tasks import approvals, deliveries, notices, texts
from tasks import issues as printing
from tests import desk, people
from tests.browser import Quiet, serving, whole
from tests.conftest import use_relay
from tests.desk import Desk
from tests.flows.test_looking import paths, snapshot
from tests.ports import free_port
from tests.relay import StoryRelay

Move = Callable[[dt.timedelta], None]

TIMES = 10

ABOUT_COMMENTS = {
    NoticeKind.COMMENT_SHOWN,
    NoticeKind.COMMENT_ANSWERED,
    NoticeKind.COMMENT_DIGEST,
}
"""Neither confirm nor unsubscribe anybody from a newsletter; the tests of comments follow their links."""


@pytest.fixture
def links(flask_app: Flask, move_clock: Move) -> list[str]:
    """The paths of all links of ours in one issue and in a notice of every kind, read in the mails."""
    draft = desk.draft(flask_app)
    of = draft.newsletter
    of.reminds = True
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        edition = approvals.order(draft)
        assert edition is not None
        db.session.commit()
        assert printing.press(edition.id)
        while deliveries.pump():
            pass
        people.pending(of, "reminded@hebdo.test")
        post_all()
        move_clock(REMIND_AFTER + dt.timedelta(minutes=1))
        unconfirmed.remind()
        owe_the_others(of)
        post_all()
    assert mailed() | ABOUT_COMMENTS == set(NoticeKind)
    return sorted({path for mail in relay.received for path in paths(mail.data)})


def owe_the_others(of: Newsletter) -> None:
    """What people and editors do until a notice of each kind is owed."""
    people.pending(of, "asks@hebdo.test")
    known = people.confirmed(of, "known@hebdo.test").subscriber
    people.pending(of, "known@hebdo.test")
    own_pages.ask("known@hebdo.test")
    for address in ("reminded@hebdo.test", "elsewhere@hebdo.test"):
        address_changes.ask(known, address)
    editors.invite("lea@hebdo.invalid", "Léa")
    editors.add("max@hebdo.invalid", "Max", Role.EDITOR, desk.WORD)
    editors.forget_password("max@hebdo.invalid")
    proof = editions.freeze(texts.of_issue(issues.create(of)))
    orders.order(NoticeKind.PROOF, "proof@hebdo.test", newsletter=of, source=proof)
    db.session.commit()


def post_all() -> None:
    for notice_id in db.session.scalars(select(Notice.id).order_by(Notice.id)).all():
        notices.post(notice_id)


def mailed() -> set[NoticeKind]:
    taken = select(Notice.kind).where(Notice.state == NoticeState.ACCEPTED)
    return set(db.session.scalars(taken))


def test_links_fetched_ten_times_over_change_no_row(flask_app: Flask, links: list[str]) -> None:
    kinds = {path.split("/")[1] for path in links}
    assert {"confirm", "unsubscribe", "mine", "archive", "editor"} <= kinds
    before = snapshot()
    scanner = Desk(flask_app)
    for path in links:
        for method in ("GET", "HEAD") * TIMES:
            answer = scanner.open(path, method=method, buffered=True)
            assert answer.status_code < 500, (method, path)
    assert snapshot() == before


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_browser_that_runs_scripts_changes_no_row(
    flask_app: Flask, browser: Any, links: list[str]
) -> None:
    before = snapshot()
    port = free_port()
    server = make_server("127.0.0.1", port, whole(flask_app), threaded=True, request_handler=Quiet)
    with serving(server):
        page = browser.new_page()
        for path in links:
            page.goto(f"http://127.0.0.1:{port}{path}", wait_until="networkidle")
        page.close()
    assert snapshot() == before
