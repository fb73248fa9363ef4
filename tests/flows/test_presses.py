"""Buttons pressed at the same moment: twice by one hand, or one that ends what the other changes.

Nobody is answered with a fault of ours, and what is left is as if they had been pressed in turn.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import preferences
from app.extensions import db, links
from app.models import Comment, Consent, ConsentAct, Editor, Question, Role, Subscriber
from tests import desk, people, talks
from tests.reader import mine

Press = tuple[str, dict[str, str]]

DESK = "/editor/newsletters/essentiel-ia"


def pressed(flask_app: Flask, presses: Sequence[Press], *sessions: str) -> list[int]:
    """The statuses of all these, sent together, each by a browser of its own, in these sessions by turns."""
    together = threading.Barrier(len(presses))

    def one(press: Press, session: str) -> int:
        client = flask_app.test_client()
        client.set_cookie("hebdo", session)
        together.wait(30)
        return client.post(press[0], data=press[1]).status_code

    db.session.rollback()
    with ThreadPoolExecutor(len(presses)) as hands:
        found = list(hands.map(one, presses, itertools.cycle(sessions or ("",))))
    db.session.expire_all()
    return found


def in_a_month() -> str:
    return (preferences.today() + dt.timedelta(days=30)).isoformat()


def path(url: str) -> str:
    return url.removeprefix(links().url(""))


def test_whatever_is_pressed_while_she_is_erased_is_answered_kindly(flask_app: Flask) -> None:
    reader = people.confirmed(people.newsletter())
    people.newsletter("autre")
    hers = mine.fresh(reader.subscriber)
    leave = f"/unsubscribe/{links().subscription_token(reader.id)}"
    presses: list[Press] = [
        *((f"{hers}/erase", {}),) * 3,
        (leave, {"List-Unsubscribe": "One-Click"}),
        (f"{hers}/language", {"language": "en"}),
        (f"{hers}/address", {"address": "ailleurs@hebdo.test"}),
        (f"{hers}/newsletters/essentiel-ia/pause", {"essentiel-ia-until": in_a_month()}),
        (f"{hers}/newsletters/autre/join", {}),
    ]
    found = pressed(flask_app, presses)
    assert found[:4] == [200] * 4
    assert set(found) <= {200, 303, 404, 422}
    assert db.session.scalars(select(Subscriber)).all() == []


def test_a_pause_pressed_many_times_at_once_is_one_change(flask_app: Flask) -> None:
    reader = people.confirmed(people.newsletter())
    day = {"essentiel-ia-until": in_a_month()}
    pause = f"{mine.fresh(reader.subscriber)}/newsletters/essentiel-ia/pause"
    assert set(pressed(flask_app, [(pause, day)] * 6)) == {303}
    acts = db.session.scalars(select(Consent.act)).all()
    assert acts.count(ConsentAct.CHANGED) == 1


def test_an_author_who_presses_all_her_buttons_at_once_is_answered(flask_app: Flask) -> None:
    said = talks.said(talks.issue(people.newsletter()), "À retirer", tell=True)
    own = path(links().own_comment(said.id))
    presses: list[Press] = [(own, {}), (f"{own}/quiet", {})] * 3
    assert set(pressed(flask_app, presses)) == {200}
    assert db.session.scalars(select(Comment)).all() == []


@pytest.mark.parametrize(
    ("where", "typed", "kept", "refusal"),
    [
        (f"{DESK}/questions", {"label": "Ville", "name": "ville", "kind": "text"}, Question, 422),
        (
            "/editor/editors",
            {"name": "Nina", "address": "nina@hebdo.test", "role": "editor"},
            Editor,
            422,
        ),
    ],
    ids=["a field of the form", "an invitation"],
)
def test_what_an_editor_adds_by_many_presses_stands_once(
    flask_app: Flask, where: str, typed: dict[str, str], kept: type, refusal: int
) -> None:
    at_desk = desk.signed_in(flask_app, Role.ADMIN)
    desk.draft(flask_app)
    before = db.session.query(kept).count()
    session = at_desk.client.get_cookie("hebdo")
    assert session is not None
    press: Press = (where, {"csrf_token": at_desk.token, **typed})
    found = pressed(flask_app, [press] * 6, session.value)
    assert sorted(found) == [303, *[refusal] * 5]
    assert db.session.query(kept).count() == before + 1


def test_a_field_that_is_moved_changed_and_removed_at_once_is_gone(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app, Role.ADMIN)
    letter = desk.draft(flask_app).newsletter
    people.asks(letter)
    one, name = letter.questions[1].id, letter.questions[1].name
    typed = {"csrf_token": at_desk.token, "field": name, "label": "Métier", "choices": "Une\nDeux"}
    session = at_desk.client.get_cookie("hebdo")
    assert session is not None
    paths = ("/remove", "/up", "/down", "", "/remove", "/up")
    presses = [(f"{DESK}/questions/{one}{each}", typed) for each in paths]
    assert set(pressed(flask_app, presses, session.value)) <= {303, 404}
    assert db.session.get(Question, one) is None


def cookie(at_desk: desk.Desk) -> str:
    found = at_desk.client.get_cookie("hebdo")
    assert found is not None
    return found.value


def test_an_editor_who_is_removed_and_given_roles_at_once_is_gone(flask_app: Flask) -> None:
    at_desk = desk.signed_in(flask_app, Role.ADMIN)
    nina = desk.editor()
    number = nina.id
    typed = {"csrf_token": at_desk.token, "address": nina.address, "role": "admin"}
    paths = [f"/editor/editors/{number}/{each}" for each in ("remove", "role") * 3]
    assert set(pressed(flask_app, [(each, typed) for each in paths], cookie(at_desk))) == {303}
    assert db.session.get(Editor, number) is None


def test_who_signs_out_everywhere_in_every_browser_at_once_is_out(flask_app: Flask) -> None:
    browsers = [desk.signed_in(flask_app), *(desk.Desk(flask_app) for _ in range(5))]
    for each in browsers[1:]:
        each.sign_in(desk.ADDRESSES[Role.EDITOR])
    presses: list[Press] = [
        ("/editor/sign-out", {"csrf_token": each.token, "everywhere": "yes"}) for each in browsers
    ]
    assert set(pressed(flask_app, presses, *map(cookie, browsers))) == {303}
    assert {each.get("/editor/").status_code for each in browsers} == {302}
