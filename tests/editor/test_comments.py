"""Comments at the desk: one press for one or for many, undone by another; roles; the audit; who is told."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from app.core import editors, moderations, tidings
from app.core.errors import Conflict
from app.extensions import db
from app.models import (
    Comment,
    CommentRule,
    CommentState,
    Editor,
    Issue,
    Moderation,
    Newsletter,
    Notice,
    NoticeKind,
    Role,
)
from tests import desk, pages, people, talks
from tests.desk import Desk
from tests.hostile import PAYLOADS, is_alive
from tests.talks import kept, said

LIST = "/editor/comments"


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return talks.issue(people.newsletter())


@pytest.fixture
def at_desk(flask_app: Flask, issue: Issue) -> Desk:
    return desk.signed_in(flask_app)


def held(issue: Issue, count: int = 1) -> list[int]:
    return [said(issue, f"Dit {n}", state=CommentState.HELD).id for n in range(count)]


def press(at_desk: Desk, what: str, **form: object) -> TestResponse:
    answer = at_desk.post(LIST, {"do": what, "state": "held", **form})
    assert answer.status_code == 303
    return at_desk.get(answer.headers["Location"])


def states() -> list[CommentState]:
    return [each.state for each in kept()]


def test_what_waits_is_counted_on_every_page_and_approved_by_one_press(
    at_desk: Desk, issue: Issue
) -> None:
    first, second = held(issue, 2)
    assert "Comments 2 waiting" in pages.words(at_desk.get("/editor/").text)
    page = press(at_desk, f"approve:{first}")
    assert "1 comment stands under its issue; its author is told by mail in two minutes." in (
        pages.words(page.text)
    )
    assert tidings.SECOND_THOUGHTS.total_seconds() == 120
    assert states() == [CommentState.SHOWN, CommentState.HELD]
    assert "Comments 1 waiting" in pages.words(page.text)
    assert "Nothing changed" in press(at_desk, f"approve:{first}").text
    assert "Dit 0" in at_desk.get(talks.PAGE).text
    owed = db.session.scalars(select(Notice.kind).where(Notice.comment_id == first)).all()
    assert owed == [NoticeKind.COMMENT_SHOWN]
    assert f"/editor/comments/{second}" in page.text


@pytest.mark.parametrize(
    ("verdict", "after", "sentence"),
    [
        (
            "approve",
            CommentState.SHOWN,
            "3 comments stand under their issues; their authors are told",
        ),
        ("refuse", CommentState.REFUSED, "3 comments are refused."),
        ("delete", CommentState.DELETED, "3 comments are deleted."),
    ],
)
def test_several_at_once_are_decided_undone_and_written_down(
    at_desk: Desk, issue: Issue, verdict: str, after: CommentState, sentence: str
) -> None:
    ids = held(issue, 4)
    page = press(at_desk, verdict, chosen=ids[:3]).text
    assert sentence in pages.words(page)
    assert states() == [after] * 3 + [CommentState.HELD]
    undo = pages.element(page, "input", name="press")["value"]
    again = at_desk.post(f"{LIST}/undo", {"press": undo})
    assert "3 comments are back" in pages.words(at_desk.get(again.headers["Location"]).text)
    again = at_desk.post(f"{LIST}/undo", {"press": undo})
    assert "it was undone already" in pages.words(at_desk.get(again.headers["Location"]).text)
    assert states() == [CommentState.HELD] * 4
    rows = db.session.scalars(select(Moderation).where(Moderation.comment_id == ids[0])).all()
    assert [(row.before, row.after) for row in rows] == [
        (CommentState.HELD, after),
        (after, CommentState.HELD),
    ]
    assert {row.editor.name for row in rows if row.editor} == {"Editor Martin"}


def test_undoing_leaves_alone_what_somebody_decided_since(at_desk: Desk, issue: Issue) -> None:
    (one,) = held(issue)
    page = press(at_desk, f"refuse:{one}").text
    undo = pages.element(page, "input", name="press")["value"]
    press(at_desk, f"approve:{one}")
    at_desk.post(f"{LIST}/undo", {"press": undo})
    assert states() == [CommentState.SHOWN]


def test_nothing_ticked_is_told_and_odd_buttons_do_nothing(at_desk: Desk, issue: Issue) -> None:
    held(issue)
    assert "Tick at least one comment first." in press(at_desk, "approve").text
    assert "Tick at least one" in press(at_desk, "approve", chosen=["x", "-1", "9" * 30]).text
    assert "Nothing changed" in press(at_desk, "approve", chosen=["999", "9" * 18]).text
    for odd in ("", "approve:x", "shout:1", "approve:" + "9" * 30):
        assert at_desk.post(LIST, {"do": odd}).status_code == 404
    assert states() == [CommentState.HELD]


def test_the_list_is_filtered_and_goes_on(flask_app: Flask, at_desk: Desk, issue: Issue) -> None:
    said(issue, "Publié")
    held(issue, moderations.PAGE + 2)
    other = talks.issue(people.newsletter("autre"))
    said(other, "Chez les autres", state=CommentState.HELD)
    first = at_desk.get(LIST).text
    assert "Chez les autres" in first
    assert "Publié" not in first
    assert "Publié" in at_desk.get(f"{LIST}?state=shown").text
    assert "Chez les autres" not in at_desk.get(f"{LIST}?newsletter=essentiel-ia").text
    (more,) = re.findall(r'href="([^"]*below=[^"]*)"', first)
    rest = at_desk.get(more.replace("&amp;", "&")).text
    assert "Dit 0" in rest
    assert "Chez les autres" not in rest
    assert "Nothing here" in at_desk.get(f"{LIST}?state=deleted").text
    for odd in ("state=x", "below=x", "below=" + "9" * 40, "newsletter=%ff", "undo=%3Cscript%3E"):
        assert at_desk.get(f"{LIST}?{odd}").status_code == 200


def test_an_empty_desk_says_what_comes_here(at_desk: Desk) -> None:
    assert "No comment waits" in at_desk.get(LIST).text
    assert "desk-badge" not in at_desk.get(LIST).text


def test_an_editors_answer_stands_at_once_marked_and_once(at_desk: Desk, issue: Issue) -> None:
    asked = said(issue, "Et après ?", tell=True)
    path = f"{LIST}/{asked.id}"
    fields = {**pages.hidden(at_desk.get(path).text), "text": "Bientôt."}
    assert at_desk.post(path, {**fields, "text": "  "}).status_code == 422
    for _ in range(2):
        assert at_desk.post(path, fields).status_code == 303
    assert [(each.text, each.from_desk) for each in kept()[1:]] == [("Bientôt.", True)]
    page = pages.words(at_desk.get(f"{talks.PAGE}?lang=en").text)
    assert "Editor Martin the newsroom" in page
    kinds = db.session.scalars(select(Notice.kind).where(Notice.comment_id == asked.id)).all()
    assert kinds == [NoticeKind.COMMENT_ANSWERED]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_an_answer_to_what_is_taken_back_at_that_moment_is_refused_in_words(
    at_desk: Desk, issue: Issue
) -> None:
    """SQLite's writers wait for each other; here the row goes while the answer is on its way."""
    asked = said(issue, "Et après ?")
    editor = db.session.scalars(select(Editor)).one()
    with db.engine.begin() as author:
        author.execute(delete(Comment).where(Comment.id == asked.id))
    with pytest.raises(Conflict):
        moderations.answer(asked, "Bientôt.", "x", editor)


def test_an_answer_that_no_page_sent_is_taken_or_told(at_desk: Desk, issue: Issue) -> None:
    asked = said(issue, "Et après ?")
    assert at_desk.post(f"{LIST}/{asked.id}", {"text": "Bientôt."}).status_code == 303


def test_a_button_says_in_french_what_it_does_with_whose_comment(
    flask_app: Flask, issue: Issue
) -> None:
    held(issue)
    page = pages.words(desk.signed_in(flask_app, language="fr").get(LIST).text)
    for verb in ("Publier", "Refuser", "Supprimer"):
        assert f"{verb} le commentaire de Nina" in page


def test_what_does_not_stand_cannot_be_answered(at_desk: Desk, issue: Issue) -> None:
    (one,) = held(issue)
    assert "Publish the answer" not in at_desk.get(f"{LIST}/{one}").text
    answer = at_desk.post(f"{LIST}/{one}", {"text": "Trop tôt", "form": "x"})
    assert answer.status_code == 422
    assert "Trop tôt" in answer.text
    assert at_desk.get(f"{LIST}/999").status_code == 404


def test_a_contributor_sees_no_comment_and_no_address(flask_app: Flask, issue: Issue) -> None:
    (one,) = held(issue)
    contributor = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    assert LIST not in contributor.get("/editor/").text
    for path in (LIST, f"{LIST}/{one}"):
        assert contributor.get(path).status_code == 403
    for path in (LIST, f"{LIST}/undo", f"{LIST}/mail", f"{LIST}/{one}"):
        assert contributor.post(path, {"do": f"approve:{one}"}).status_code == 403
    assert contributor.post(f"/editor/issues/{issue.id}/comments").status_code == 403
    assert states() == [CommentState.HELD]


def test_an_editor_closes_an_issue_and_opens_it_again(at_desk: Desk, issue: Issue) -> None:
    path = f"/editor/issues/{issue.id}"
    assert "Close the comments" in at_desk.get(f"{path}/progress").text
    at_desk.post(f"{path}/comments", {"closed": "yes"})
    assert "are closed" in at_desk.get(f"{talks.PAGE}?lang=en").text
    assert "Open the comments" in at_desk.get(f"{path}/progress").text
    at_desk.post(f"{path}/comments", {"closed": "no"})
    assert 'id="react"' in at_desk.get(talks.PAGE).text


def test_an_admin_says_who_may_comment_and_for_how_long(flask_app: Flask, issue: Issue) -> None:
    path = "/editor/newsletters/essentiel-ia/comments"
    assert desk.signed_in(flask_app).get(path).status_code == 403
    admin = desk.signed_in(flask_app, Role.ADMIN)
    for odd in ({"rule": "x"}, {}, {"rule": "held", "days": "-1"}, {"rule": "held", "days": "x"}):
        assert admin.post(path, odd).status_code == 422, odd
    assert admin.post(path, {"rule": "shown", "days": "21"}).status_code == 303
    db.session.rollback()
    newsletter = db.session.scalars(select(Newsletter)).one()
    assert (newsletter.comment_rule, newsletter.comment_days) == (CommentRule.SHOWN, 21)
    assert 'value="21"' in admin.get(path).text
    assert admin.post(path, {"rule": "off", "days": ""}).status_code == 303


def test_an_editor_asks_to_be_told_and_stops_it(at_desk: Desk) -> None:
    def wants() -> bool:
        db.session.rollback()
        return db.session.scalars(select(Editor.wants_digest)).one()

    at_desk.post(f"{LIST}/mail", {"wanted": "yes"})
    assert wants()
    assert "Mail me no more" in at_desk.get(LIST).text
    at_desk.post(f"{LIST}/mail", {"wanted": "no"})
    assert not wants()


def test_what_an_editor_did_stays_when_she_leaves(flask_app: Flask, issue: Issue) -> None:
    (one,) = held(issue)
    desk.editor(Role.ADMIN)
    talks.approved(kept()[0], desk.editor())
    gone = editors.find(desk.ADDRESSES[Role.EDITOR])
    assert gone is not None
    editors.remove(gone)
    db.session.commit()
    (row,) = moderations.history(db.session.get_one(Comment, one))
    assert (row.editor_id, row.after) == (None, CommentState.SHOWN)


def test_hostile_words_stay_text_at_the_desk(at_desk: Desk, issue: Issue) -> None:
    for n, payload in enumerate(PAYLOADS):
        said(issue, f"{payload[:4000]} {n}", payload[:80].strip() or "x", state=CommentState.HELD)
    page = at_desk.get(LIST).text
    assert not is_alive(page)
    assert "49" not in re.sub(r"\d\d:\d\d", "", pages.words(page))
    for comment in kept()[::4]:
        assert not is_alive(at_desk.get(f"{LIST}/{comment.id}").text)
    for payload in PAYLOADS:
        answer = at_desk.post(LIST, {"do": payload, "chosen": payload, "state": payload})
        assert answer.status_code in {303, 404}
        assert not is_alive(at_desk.post(f"{LIST}/undo", {"press": payload}).text)
