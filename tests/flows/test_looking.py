"""Looking changes nothing: GET and HEAD on every route, and on every link of every mail (invariant 9).

Scanners fetch what they find in a mail, in either way and more than once; so do people.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from app.core import (
    address_changes,
    clock,
    editors,
    issues,
    newsletters,
    own_pages,
    questions,
    subscriptions,
    tidings,
)
from app.core.questions import QuestionPlan
from app.extensions import db, links
from app.models import (
    Base,
    Comment,
    CommentState,
    Image,
    Issue,
    Notice,
    NoticeKind,
    QuestionKind,
    Role,
    Subscription,
)
from emails import compose
from tasks import approvals, deliveries, notices
from tasks import issues as printing
from tests import desk, talks
from tests.conftest import use_relay
from tests.desk import Desk
from tests.relay import StoryRelay

LINK = re.compile(r"http://hebdo\.test(/[^\s\"'<>)]*)")

Snapshot = dict[str, list[tuple[Any, ...]]]


@dataclass
class House:
    """A service in the middle of its life: something of everything is there."""

    flask_app: Flask
    values: dict[str, list[Any]]
    """What each part of a route may be filled with: what is there, and what is not."""
    links: set[str]
    """Paths of ours that stood in the mails it sent."""

    def urls(self) -> Iterator[str]:
        """Every route that can be looked at, filled in all ways."""
        adapter = self.flask_app.url_map.bind("hebdo.test")
        for rule in self.flask_app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                for values in self.fillings(rule):
                    yield adapter.build(rule.endpoint, values, method="GET")

    def fillings(self, rule: Rule) -> Iterator[dict[str, Any]]:
        names = sorted(rule.arguments)
        for chosen in itertools.product(*(self.values[name] for name in names)):
            yield dict(zip(names, chosen, strict=True))


@pytest.fixture
def house(flask_app: Flask) -> House:
    sent = desk.draft(flask_app)
    newsletter = sent.newsletter
    draft = issues.create(newsletter)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        edition = approvals.order(sent)
        assert edition is not None
        db.session.commit()
        assert printing.press(edition.id)
        while deliveries.pump():
            pass
        owe_notices(newsletter.slug)
        comment = owe_comment_notices(sent)
        for notice in db.session.scalars(select(Notice)).all():
            assert notices.post(notice.id)
    assert len(relay.received) == 25 + 8 + 4
    first = db.session.scalars(select(Subscription).order_by(Subscription.id)).first()
    editor = editors.find("lea@hebdo.invalid")
    assert first is not None
    assert editor is not None
    question = questions.add(newsletter, QuestionPlan("ville", QuestionKind.TEXT, "Votre ville"))
    db.session.commit()
    made = links()
    tokens = [
        made.subscription_token(first.id),
        made.confirm(first.id).rpartition("/")[2],
        made.own_comment(comment.id).rpartition("/")[2],
        made.fresh_mine(first.subscriber_id, own_pages.seal(first.subscriber)).rpartition("/")[2],
        made.password(editor.id, editor.stamp).rpartition("/")[2],
        "x",
    ]
    values: dict[str, list[Any]] = {
        "slug": [newsletter.slug, "nothing"],
        "year": [2026, 1999],
        "rubric": [newsletter.rubrics[0].anchor, "nothing"],
        "number": [sent.number, draft.number, 999],
        "issue_id": [sent.id, draft.id, 999],
        "name": [db.session.scalars(select(Image.name)).one(), "0" * 64 + ".png"],
        "token": tokens,
        "comment_id": [comment.id, 999],
        "question_id": [question.id, 999],
        "rubric_id": [newsletter.rubrics[0].id, 999],
        "way": ["up", "down"],
        "filename": ["hebdo.css"],
    }
    return House(flask_app, values, {path for mail in relay.received for path in paths(mail.data)})


def owe_notices(slug: str) -> None:
    """One notice of each kind that holds a link: confirmation, reminder, welcome, own page, two
    addresses, two passwords."""
    newsletter = newsletters.get(slug)
    subscriptions.sign_up(newsletter, "nouvelle@lecteurs.invalid", "Nina")
    subscriptions.sign_up(newsletter, "chloe@lecteurs.invalid", "Chloé")
    asked = subscriptions.sign_up(newsletter, "autre@lecteurs.invalid").subscription
    assert asked is not None
    subscriptions.confirm(asked.id)
    own_pages.ask("autre@lecteurs.invalid")
    address_changes.ask(asked.subscriber, "ailleurs@lecteurs.invalid")
    editors.invite("lea@hebdo.invalid", "Léa")
    editors.add("max@hebdo.invalid", "Max", Role.EDITOR, "un mot de passe long")
    editors.forget_password("max@hebdo.invalid")
    db.session.commit()
    # The confirmation of someone who has confirmed since is no longer wanted, and is not sent.
    stale = select(Notice).where(
        Notice.address == "autre@lecteurs.invalid", Notice.kind == NoticeKind.CONFIRMATION
    )
    db.session.delete(db.session.scalars(stale).one())
    db.session.commit()


def owe_comment_notices(under: Issue) -> Comment:
    """One of each kind that a comment leads to; the comment."""
    comment = talks.said(under, tell=True)
    answer = talks.said(under, "Une réponse", "Max", "max@lecteurs.invalid", answers=comment.id)
    talks.said(under, "Une autre", state=CommentState.HELD)
    told = editors.find("max@hebdo.invalid")
    assert told is not None
    told.wants_digest = True
    owed = [*tidings.of_shown(comment), *tidings.of_shown(answer)]
    assert len(owed) == 3
    for notice in owed:
        notice.not_before = clock.now()
    assert len(tidings.order_digests(clock.now())) == 1
    db.session.commit()
    return comment


def paths(data: bytes) -> set[str]:
    """The links of ours in one mail: in its headers, its HTML and its text."""
    reading = compose.read(data)
    headers = " ".join(value for _name, value in reading.headers)
    return set(LINK.findall(" ".join((headers, reading.html, reading.text))))


def snapshot() -> Snapshot:
    """Every row of every table."""
    db.session.rollback()
    found = {
        table.name: sorted(map(tuple, db.session.execute(select(table)).all()), key=repr)
        for table in Base.metadata.sorted_tables
    }
    db.session.rollback()
    return found


def look(visitor: Desk, urls: list[str]) -> None:
    """GET and HEAD, twice, as somebody curious and a scanner would; nothing breaks."""
    before = snapshot()
    for url in urls:
        for method in ("GET", "HEAD", "GET", "HEAD"):
            answer = visitor.open(url, method=method, buffered=True)
            assert answer.status_code < 500 or url == "/readyz", (method, url)
    assert snapshot() == before


def test_looking_at_every_route_changes_nothing_for_a_stranger(house: House) -> None:
    look(Desk(house.flask_app), list(house.urls()))


def test_looking_at_every_route_changes_nothing_for_an_admin(house: House) -> None:
    look(desk.signed_in(house.flask_app, Role.ADMIN), list(house.urls()))


def test_looking_at_every_link_of_every_mail_changes_nothing(house: House) -> None:
    kinds = {path.split("/")[1] for path in house.links}
    assert {
        "comments",
        "unsubscribe",
        "mine",
        "confirm",
        "archive",
        "newsletters",
        "editor",
        "media",
    } <= kinds
    visitor = Desk(house.flask_app)
    for path in sorted(house.links):
        assert visitor.get(path, buffered=True, follow_redirects=True).status_code == 200, path
    look(visitor, sorted(house.links))


def test_the_snapshot_sees_a_change(house: House) -> None:
    before = snapshot()
    issues.create(newsletters.get(house.values["slug"][0]))
    db.session.commit()
    assert snapshot() != before
