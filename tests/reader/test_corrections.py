"""Corrections: dated notes beside an issue that is out; its own words never change."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import corrections, editions
from app.core.errors import Conflict, Invalid
from app.extensions import db
from app.models import Correction, Edition, EditionState, Issue, Newsletter
from tests import desk, pages, people, rows
from tests.desk import Desk
from tests.papers import written

ISSUE = "/archive/essentiel-ia/12"
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} </div>"


@pytest.fixture
def edition(flask_app: Flask) -> Edition:
    return people.edition(people.newsletter(), 12)


@pytest.fixture
def at_desk(flask_app: Flask, edition: Edition) -> Desk:
    return desk.signed_in(flask_app)


def test_a_correction_stands_at_the_top_and_at_its_story(
    client: FlaskClient, edition: Edition
) -> None:
    before = client.get(ISSUE).text
    corrections.add(edition.issue, "a-la-une-1", "Le projet a coûté 1 300 €.\n\nPardon.")
    corrections.add(edition.issue, "", "La date était fausse.")
    db.session.commit()
    page = client.get(ISSUE).text
    assert page.count("Le projet a coûté 1 300 €.</p>") == 2
    assert page.count("La date était fausse.</p>") == 1
    assert "Corrected on" in page
    assert "CorrectionComment" in page
    # The words that were mailed are the same.
    assert "1 200" in pages.words(before)
    assert "1 200" in pages.words(page)
    assert "Corrections" not in before


def test_what_an_editor_types_stays_text(client: FlaskClient, edition: Edition) -> None:
    corrections.add(edition.issue, "", HOSTILE)
    db.session.commit()
    page = client.get(ISSUE).text
    assert pages.scripts(page) == []
    assert pages.joined(HOSTILE) in pages.words(page)


def test_an_editor_adds_and_takes_off_a_correction(
    client: FlaskClient, edition: Edition, at_desk: Desk
) -> None:
    path = f"/editor/issues/{edition.issue_id}"
    typed = {"anchor": "a-la-une-1", "text": "C’était lundi."}
    assert at_desk.post(f"{path}/corrections", typed).status_code == 303
    note = db.session.scalars(select(Correction)).one()
    number = note.id
    assert (note.anchor, note.text) == ("a-la-une-1", "C’était lundi.")
    assert note.editor_id is not None
    assert "C’était lundi." in at_desk.get(f"{path}/web").text
    for _press in range(2):
        gone = at_desk.post(f"{path}/corrections/remove", {"correction": str(number)})
        assert gone.status_code == 303
    assert "C’était lundi." not in client.get(ISSUE).text


def test_a_page_left_open_takes_off_no_newer_note(edition: Edition, at_desk: Desk) -> None:
    gone = corrections.add(edition.issue, "", "C’était lundi.").id
    corrections.remove(edition.issue, gone)
    corrections.add(edition.issue, "", "C’était mardi.")
    db.session.commit()
    path = f"/editor/issues/{edition.issue_id}/corrections/remove"
    assert at_desk.post(path, {"correction": str(gone)}).status_code == 303
    assert [each.text for each in corrections.of_issue(edition.issue_id)] == ["C’était mardi."]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"anchor": ""}, "text"),
        ({"anchor": "", "text": ""}, "text"),
        ({"anchor": "", "text": " \n "}, "text"),
        ({"anchor": "", "text": "x" * 2001}, "text"),
        ({"anchor": "", "text": "a\x00b"}, "text"),
        ({"anchor": "nowhere-9", "text": "x"}, "anchor"),
        ({"anchor": "\x00", "text": "x"}, "anchor"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_a_sentence(
    edition: Edition, at_desk: Desk, typed: dict[str, str], field: str
) -> None:
    answer = at_desk.post(f"/editor/issues/{edition.issue_id}/corrections", typed)
    assert answer.status_code == 422
    tag = "select" if field == "anchor" else "textarea"
    control = pages.element(answer.text, tag, id=field)
    assert f"{field}-fault" in control["aria-describedby"]
    assert "autofocus" in control
    assert db.session.scalars(select(Correction)).all() == []


@pytest.mark.parametrize("state", [EditionState.SCHEDULED, EditionState.CANCELLED])
def test_what_is_not_out_is_not_corrected_and_what_was_typed_stays(
    edition: Edition, at_desk: Desk, state: EditionState
) -> None:
    edition.state = state
    db.session.commit()
    path = f"/editor/issues/{edition.issue_id}"
    page = at_desk.get(f"{path}/web").text
    assert "This issue is not out yet" in pages.words(page)
    assert "textarea" not in page
    answer = at_desk.post(f"{path}/corrections", {"anchor": "a-la-une-1", "text": "Tapé."})
    assert answer.status_code == 422
    assert "text-fault" in pages.element(answer.text, "textarea", id="text")["aria-describedby"]
    assert written(answer.text)["text"] == ["Tapé."]
    assert db.session.scalars(select(Correction)).all() == []


def test_a_draft_that_was_scheduled_can_be_deleted(edition: Edition, at_desk: Desk) -> None:
    edition.state = EditionState.SCHEDULED
    db.session.commit()
    path = f"/editor/issues/{edition.issue_id}"
    at_desk.post(f"{path}/corrections", {"anchor": "", "text": "Tapé."})
    assert editions.take_back(edition.issue_id)
    db.session.commit()
    assert "change its words instead" in at_desk.get(f"{path}/web").text
    typed = at_desk.post(f"{path}/corrections", {"anchor": "", "text": "Tapé."})
    assert written(typed.text)["text"] == ["Tapé."]
    assert at_desk.post(f"{path}/delete", {"revision": 2}).status_code == 303
    assert db.session.scalars(select(Issue)).all() == []


def test_a_draft_is_changed_not_corrected(flask_app: Flask) -> None:
    of: Newsletter = people.newsletter()
    draft = rows.issue(of, 13)
    with pytest.raises(Conflict):
        corrections.add(draft, "", "x")


def test_removing_reaches_no_other_issues_corrections(edition: Edition) -> None:
    note = corrections.add(edition.issue, "", "x")
    other = people.edition(edition.newsletter, 13)
    corrections.remove(other.issue, note.id)
    assert corrections.of_issue(edition.issue_id)


def test_a_place_that_is_none_is_refused(edition: Edition) -> None:
    with pytest.raises(Invalid):
        corrections.add(edition.issue, "nowhere-1", "x")
