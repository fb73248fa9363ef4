"""Why a copy did not go out is kept in one language and read in the editor's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from app.core import clock, reasons
from app.extensions import db
from app.models import Delivery, DeliveryState, Edition, EditionState
from tests import desk, rows

ROOT = Path(__file__).parents[2]

WRITERS = ("tasks", "app/core")
"""Rooms that write reasons into rows."""

TAKERS = frozenset({"skipped", "in_doubt", "halt", "note_trouble", "_set_down", "skip"})
"""The functions that take one."""


def written() -> Iterator[str]:
    """Every reason that stands in a call of such a function, its places as `…`."""
    for room in WRITERS:
        for path in (ROOT / room).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and name(node.func) in TAKERS:
                    yield from filter(None, map(plain, node.args))


def name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def plain(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(plain(part) or "…" for part in node.values)
    return ""


def test_every_reason_that_a_worker_writes_can_be_said_in_french(flask_app: Flask) -> None:
    found = set(written())
    assert len(found) >= 6
    with flask_app.test_request_context(), force_locale("fr"):
        assert [each for each in found if reasons.said(each) == each] == []


@pytest.mark.parametrize("sentence", reasons.KNOWN)
def test_no_reason_is_known_that_the_code_does_not_write(sentence: str) -> None:
    rooms = [ROOT / "tasks", ROOT / "app" / "core", ROOT / "emails"]
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for room in rooms
        for path in room.glob("*.py")
        if path.name != "reasons.py"
    )
    # Braces that stand in an f-string for themselves are doubled there.
    code = code.replace("{{", "{").replace("}}", "}")
    places = r"\{[^}]*\}".join(re.escape(each) for each in re.split(r"%\(\w+\)s", sentence))
    assert re.search(places, code), sentence


def test_what_a_relay_said_is_shown_as_it_said_it(flask_app: Flask) -> None:
    with flask_app.test_request_context(), force_locale("fr"):
        for answer in ("5.1.1 User unknown: 100% sure", "%(why)s", ""):
            assert reasons.said(answer) == answer
        found = reasons.said("expired after 9 attempts; the last answer was: 4.2.2 boîte pleine")
        assert found == "abandonné après 9 essais\u202f; dernière réponse\u00a0: 4.2.2 boîte pleine"


def test_the_french_desk_says_in_french_why_a_send_rests_and_why_a_copy_was_skipped(
    flask_app: Flask,
) -> None:
    at_desk = desk.signed_in(flask_app, language="fr")
    edition_id = rows.send_to(2)
    edition = db.session.get_one(Edition, edition_id)
    edition.state, edition.trouble = EditionState.PAUSED, "no mail can be made of it: From"
    db.session.add(
        Delivery(
            edition_id=edition_id,
            subscriber_id=1,
            state=DeliveryState.SKIPPED,
            answer="unsubscribed before her turn",
            first_at=clock.now(),
            at=clock.now(),
        )
    )
    db.session.commit()
    page = at_desk.get(f"/editor/issues/{edition.issue_id}/progress?lang=fr").text
    assert "aucun e\u2011mail ne peut en être fabriqué\u00a0: From" in page
    assert "désabonnement avant l’envoi de cet exemplaire" in page
    assert "Cet envoi est en pause" in page
    assert "before her turn" not in page
    assert "ne prend pas" not in page


def test_a_slot_that_there_is_not_is_said_in_french_where_the_issue_is_looked_at(
    flask_app: Flask,
) -> None:
    at_desk = desk.signed_in(flask_app, language="fr")
    issue = desk.draft(flask_app)
    issue.subject = "Bonjour {{prenom}}"
    db.session.commit()
    for page in ("preview", "send"):
        words = at_desk.get(f"/editor/issues/{issue.id}/{page}?lang=fr").text
        assert "{{prenom}}" in words
        assert "is not a slot" not in words
