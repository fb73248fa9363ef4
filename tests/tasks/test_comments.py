"""The mails that comments lead to: one digest an hour however many beats, authors told once and stopped."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, comments, editors, moderations, suppressions, tidings
from app.core.moderations import Verdict
from app.extensions import db
from app.models import (
    Comment,
    CommentState,
    Editor,
    Issue,
    Notice,
    NoticeKind,
    NoticeState,
    Role,
    SuppressionReason,
)
from tasks import comments as talking
from tasks import notices as posting
from tests import desk, people, talks
from tests.conftest import use_relay
from tests.hostile import PAYLOADS
from tests.relay import StoryRelay
from tests.talks import Clock, said

HOUR = dt.timedelta(hours=1, seconds=1)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return talks.issue(people.newsletter())


@pytest.fixture
def editor(flask_app: Flask) -> Editor:
    made = desk.editor()
    made.wants_digest = True
    db.session.commit()
    return made


def owed() -> list[Notice]:
    db.session.rollback()
    found = select(Notice).where(Notice.state == NoticeState.WAITING).order_by(Notice.id)
    return list(db.session.scalars(found))


def orders() -> int:
    return len(talking.order_digests(clock.now()))


def post_all(flask_app: Flask) -> list[tuple[str, str]]:
    """Subject and words of every mail that is owed by now."""
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice in owed():
            posting.post(notice.id)
    read = [message_from_bytes(each.data, policy=policy.default) for each in relay.received]
    bodies = [each.get_body(("plain",)) for each in read]
    return [
        (each["Subject"], body.get_content())
        for each, body in zip(read, bodies, strict=True)
        if body
    ]


def approve(comment: Comment) -> None:
    decision = moderations.decide([comment.id], Verdict.APPROVE, desk.editor(Role.ADMIN))
    for each in decision.comments:
        tidings.of_shown(each)
    db.session.commit()


def test_a_digest_comes_once_an_hour_at_the_most_and_only_with_news(
    issue: Issue, editor: Editor, move_clock: Clock
) -> None:
    assert orders() == 0
    said(issue, "Une", state=CommentState.HELD)
    assert [orders() for _ in range(3)] == [1, 0, 0]
    move_clock(dt.timedelta(minutes=30))
    said(issue, "Deux", state=CommentState.HELD)
    assert orders() == 0
    move_clock(dt.timedelta(minutes=31))
    assert [orders() for _ in range(3)] == [1, 0, 0]
    move_clock(HOUR)
    assert orders() == 0
    move_clock(dt.timedelta(hours=23))
    assert orders() == 1


def test_beats_at_the_same_moment_order_one(flask_app: Flask, issue: Issue, editor: Editor) -> None:
    said(issue, "Une", state=CommentState.HELD)

    def beat(_n: int) -> None:
        with flask_app.app_context():
            talking.sweep.run()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(beat, range(6)))
    assert [notice.kind for notice in owed()] == [NoticeKind.COMMENT_DIGEST]


def test_whoever_gets_the_number_of_a_removed_editor_is_told_all_the_same(
    issue: Issue, editor: Editor
) -> None:
    said(issue, "Une", state=CommentState.HELD)
    assert orders() == 1
    owed()[0].state = NoticeState.ACCEPTED
    editors.remove(editor)
    editors.add("nina@hebdo.test", "Nina").wants_digest = True
    db.session.commit()
    assert orders() == 1


def test_who_did_not_ask_or_may_not_is_not_told(flask_app: Flask, issue: Issue) -> None:
    desk.editor(Role.ADMIN)
    desk.editor(Role.CONTRIBUTOR).wants_digest = True
    said(issue, "Une", state=CommentState.HELD)
    assert orders() == 0


def test_a_digest_tells_what_waits_and_where(
    flask_app: Flask, issue: Issue, editor: Editor
) -> None:
    for n in range(12):
        said(issue, f"Dit {n}", f"Nina {n}", state=CommentState.HELD)
    orders()
    ((subject, body),) = post_all(flask_app)
    assert "(12)" in subject
    assert "> Nina 0" in body
    assert "Dit 9" in body
    assert "Dit 10" not in body
    assert "http://hebdo.test/editor/comments?newsletter=essentiel-ia" in body
    assert "nina@" not in body


def test_a_digest_is_dropped_when_nothing_waits_any_more(
    flask_app: Flask, issue: Issue, editor: Editor
) -> None:
    one = said(issue, "Une", state=CommentState.HELD)
    orders()
    one.state = CommentState.REFUSED
    db.session.commit()
    assert post_all(flask_app) == []


def test_an_author_is_told_once_after_second_thoughts_with_a_way_to_take_it_back(
    flask_app: Flask, issue: Issue, move_clock: Clock
) -> None:
    one = said(issue, "Une", state=CommentState.HELD)
    approve(one)
    assert post_all(flask_app) == []
    move_clock(tidings.SECOND_THOUGHTS)
    ((subject, body),) = post_all(flask_app)
    assert subject == "Votre commentaire est publié"
    assert f"http://hebdo.test/archive/essentiel-ia/12#comment-{one.id}" in body
    assert "http://hebdo.test/comments/" in body
    assert "Une\n" not in body
    assert tidings.of_shown(one) == []


def test_what_was_undone_in_time_is_told_to_nobody(
    flask_app: Flask, issue: Issue, move_clock: Clock
) -> None:
    one = said(issue, "Une", state=CommentState.HELD)
    approve(one)
    one.state = CommentState.HELD
    db.session.commit()
    move_clock(tidings.SECOND_THOUGHTS)
    assert post_all(flask_app) == []


@pytest.mark.parametrize("tell", [True, False])
def test_who_asked_is_told_of_an_answer_and_can_stop_it(
    flask_app: Flask, issue: Issue, move_clock: Clock, tell: bool
) -> None:
    one = said(issue, "Une question", tell=tell)
    tidings.of_shown(said(issue, "Une réponse", "Max", "max@hebdo.test", answers=one.id))
    db.session.commit()
    move_clock(tidings.SECOND_THOUGHTS)
    told = [each for each in post_all(flask_app) if "répondu" in each[0]]
    assert len(told) == int(tell)
    if tell:
        assert "Max — Une réponse" in told[0][1]
        assert "/quiet" in told[0][1]
    comments.quieten(one)
    move_clock(HOUR)
    again = tidings.of_shown(said(issue, "Encore", "Max", "max@hebdo.test", answers=one.id))
    assert [each.kind for each in again] == [NoticeKind.COMMENT_SHOWN]


def test_answers_within_the_hour_are_one_word_and_ones_own_are_none(
    flask_app: Flask, issue: Issue
) -> None:
    one = said(issue, "Une question", tell=True)
    said_by_herself = said(issue, "Je précise", answers=one.id)
    kinds = [each.kind for each in tidings.of_shown(said_by_herself)]
    assert kinds == [NoticeKind.COMMENT_SHOWN]
    counts = [
        sum(each.kind is NoticeKind.COMMENT_ANSWERED for each in tidings.of_shown(answer))
        for answer in [
            said(issue, f"Réponse {n}", "Max", "max@hebdo.test", answers=one.id) for n in range(3)
        ]
    ]
    assert counts == [1, 0, 0]


def test_an_author_of_much_is_told_of_answers_no_more_than_an_inbox_gets(
    flask_app: Flask, issue: Issue, move_clock: Clock
) -> None:
    asked = [said(issue, f"Question {n}", tell=True) for n in range(12)]

    def told() -> int:
        counted = 0
        for one in asked:
            answer = said(issue, "Une réponse", "Max", "max@hebdo.test", answers=one.id)
            owed = tidings.of_shown(answer)
            counted += sum(each.kind is NoticeKind.COMMENT_ANSWERED for each in owed)
        db.session.commit()
        return counted

    assert told() == 5
    move_clock(HOUR)
    assert told() == 5
    move_clock(HOUR)
    assert told() == 0
    move_clock(24 * HOUR)
    assert told() == 5


def test_a_suppressed_address_is_told_nothing(flask_app: Flask, issue: Issue) -> None:
    suppressions.suppress(talks.TYPED["address"], SuppressionReason.OPERATOR)
    assert tidings.of_shown(said(issue, "Une")) == []


def test_hostile_words_stay_text_in_a_digest(
    flask_app: Flask, issue: Issue, editor: Editor
) -> None:
    for start in range(0, len(PAYLOADS), talking.QUOTED):
        db.session.query(Notice).delete()
        db.session.query(Comment).delete()
        for payload in PAYLOADS[start : start + talking.QUOTED]:
            said(issue, payload[:4000], payload[:80], state=CommentState.HELD)
        orders()
        with StoryRelay() as relay:
            use_relay(flask_app, relay.relay)
            assert [posting.post(notice.id) for notice in owed()] == [True]
        message = message_from_bytes(relay.received[0].data, policy=policy.default)
        assert message["Bcc"] is None
        page = message.get_body(("html",))
        assert page is not None
        html = page.get_content().lower()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "<svg/onload" not in html
        assert 'href="javascript:' not in html


def test_what_was_turned_down_is_erased_after_a_month_and_addresses_after_three_years(
    flask_app: Flask, issue: Issue, move_clock: Clock
) -> None:
    refused = said(issue, "À écarter", state=CommentState.HELD)
    said(issue, "À garder", "Max", "max@hebdo.test")
    moderations.decide([refused.id], Verdict.REFUSE, desk.editor())
    db.session.commit()
    move_clock(dt.timedelta(days=29))
    talking.sweep.run()
    assert len(talks.kept()) == 2
    move_clock(dt.timedelta(days=2))
    talking.sweep.run()
    assert [(each.text, each.address) for each in talks.kept()] == [("À garder", "max@hebdo.test")]
    move_clock(dt.timedelta(days=3 * 365))
    talking.sweep.run()
    (kept,) = talks.kept()
    assert (kept.text, kept.name, kept.address, kept.address_key) == ("À garder", "Max", "", "")
