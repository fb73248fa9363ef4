"""Two people at one comment in the same moment: its author takes it back while another answers it."""

from __future__ import annotations

import threading

from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from app.core import comments, threads
from app.core.comments import Words
from app.extensions import db
from app.models import Comment, CommentState, Issue
from tests import people, talks
from tests.service import wait_for


def waits(flask_app: Flask) -> bool:
    """Whether somebody waits for a row that another transaction holds (PostgreSQL tells)."""
    with flask_app.app_context(), db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_an_answer_given_while_its_comment_is_taken_back_keeps_the_place(
    flask_app: Flask,
) -> None:
    under = talks.issue(people.newsletter())
    first = talks.said(under, "À retirer").id
    under_id = under.id
    db.session.commit()
    odd: list[IntegrityError] = []

    def take_back() -> None:
        with flask_app.app_context():
            try:
                comments.withdraw(db.session.get_one(Comment, first))
                db.session.commit()
            except IntegrityError as error:
                odd.append(error)
            finally:
                db.session.remove()

    issue = db.session.get_one(type(under), under_id)
    comments.post(issue, Words("Max", "max@hebdo.test", "Une réponse", "form", answers=first))
    other = threading.Thread(target=take_back)
    other.start()
    if db.engine.dialect.name == "postgresql":
        wait_for(lambda: waits(flask_app), what="the other's waiting")
    db.session.commit()
    other.join(30)
    assert odd == []
    kept = {each.id: each for each in db.session.query(Comment)}
    assert kept[first].state is CommentState.WITHDRAWN
    assert kept[first].text == ""
    assert [each.parent_id for each in kept.values() if each.id != first] == [first]


def test_a_comment_that_is_gone_is_taken_back_again_without_a_word(flask_app: Flask) -> None:
    said = talks.said(talks.issue(people.newsletter()), "À retirer")
    comments.withdraw(said)
    comments.withdraw(said)
    db.session.commit()
    assert db.session.query(Comment).count() == 0


def test_a_page_reads_what_it_shows_however_many_comments_wait(flask_app: Flask) -> None:
    under = talks.issue(people.newsletter())
    under_id = under.id
    shown = talks.said(under, "Montré").id
    gone = talks.said(under, "Repris").id
    answer = talks.said(under, "Réponse", answers=gone).id
    back = talks.said(under, "De nouveau en attente").id
    below = talks.said(under, "Sous elle", answers=back).id
    for state, number in ((CommentState.DELETED, gone), (CommentState.HELD, back)):
        db.session.get_one(Comment, number).state = state
    for state in (CommentState.HELD, CommentState.REFUSED, CommentState.DELETED):
        talks.said(under, "Ni lu ni montré", state=state)
        talks.said(under, "Réponse ni lue ni montrée", answers=shown, state=state)
    db.session.commit()
    db.session.expunge_all()
    read: list[int] = []

    def hear(comment: Comment, _context: object) -> None:
        read.append(comment.id)

    event.listen(Comment, "load", hear)
    found = threads.of_issue(db.session.get_one(Issue, under_id))
    event.remove(Comment, "load", hear)
    told = [(each.comment.id, [other.id for other in each.answers]) for each in found]
    assert told == [(shown, []), (gone, [answer]), (back, [below])]
    assert sorted(read) == sorted([shown, gone, answer, back, below])
