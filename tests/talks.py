"""Comments as tests begin with them: under a printed issue, typed by a visitor who took her time."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core import clock, comments, moderations
from app.core.comments import Words
from app.core.moderations import Verdict
from app.extensions import db
from app.models import Comment, CommentState, Editor, Issue, Newsletter
from tests import pages, people

PAGE = "/archive/essentiel-ia/12"
TYPED = {"name": "Nina", "address": "nina@hebdo.test", "text": "Merci pour ce numéro."}

Clock = Callable[[dt.timedelta], None]


def issue(of: Newsletter, number: int = 12) -> Issue:
    """An issue that is out; committed."""
    edition = people.edition(of, number)
    edition.printed_at = clock.now()
    db.session.commit()
    return edition.issue


def said(
    under: Issue,
    text: str = TYPED["text"],
    name: str = TYPED["name"],
    address: str = TYPED["address"],
    *,
    answers: int | None = None,
    tell: bool = False,
    state: CommentState = CommentState.SHOWN,
) -> Comment:
    """A comment in this state, as if an editor had read it; committed."""
    form = secrets.token_hex(8)
    words = Words(name, address, text, form, answers=answers, tell=tell, language="fr")
    made = comments.post(under, words)
    made.state = state
    db.session.commit()
    return made


def approved(comment: Comment, editor: Editor) -> None:
    moderations.decide([comment.id], Verdict.APPROVE, editor)
    db.session.commit()


def react(client: FlaskClient, pause: Clock, page: str = PAGE, **typed: object) -> TestResponse:
    """Read the page for a while, then send its form; a field given as "" is left empty."""
    fields = {**pages.hidden(client.get(page).text), **TYPED, **typed}
    pause(dt.timedelta(seconds=5))
    return client.post(f"{page.partition('?')[0]}/react", data=fields)


def kept() -> list[Comment]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Comment).order_by(Comment.id)))
