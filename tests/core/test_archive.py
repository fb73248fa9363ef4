"""The archive shows what was frozen, from the moment it was printed, and nothing before."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask

from app.core import archive
from app.core.errors import NotFound
from app.models import EditionState, Newsletter
from tests import people, rows


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


@pytest.mark.parametrize("state", [EditionState.PRINTED, EditionState.PLANNED, EditionState.SENT])
def test_an_issue_is_shown_once_it_is_printed(letter: Newsletter, state: EditionState) -> None:
    people.edition(letter, 12, state)
    assert archive.get(letter, 12).text == rows.text(letter, 12)


@pytest.mark.parametrize("state", [EditionState.ORDERED, EditionState.HALTED])
def test_an_issue_that_is_not_printed_is_not_shown(letter: Newsletter, state: EditionState) -> None:
    people.edition(letter, 12, state)
    assert archive.listing(letter.id) == []
    assert archive.latest(letter.id) is None
    with pytest.raises(NotFound):
        archive.get(letter, 12)


def test_issues_are_listed_newest_first_with_their_neighbours(letter: Newsletter) -> None:
    for number in (3, 1, 7):
        people.edition(letter, number)
    people.edition(people.newsletter("autre"), 5)
    assert [entry.number for entry in archive.listing(letter.id)] == [7, 3, 1]
    assert [entry.number for entry in archive.listing(letter.id, below=7)] == [3, 1]
    before, after = archive.before(letter.id, 3), archive.after(letter.id, 3)
    assert before is not None
    assert after is not None
    assert (before.number, after.number) == (1, 7)
    assert archive.before(letter.id, 1) is None
    assert archive.after(letter.id, 7) is None


def test_a_subject_shows_the_fallback_of_its_slots(letter: Newsletter) -> None:
    text = dataclasses.replace(rows.text(letter), subject="Pour {{first_name|vous}}, ce mardi")
    people.edition(letter, 12, text=text)
    latest = archive.latest(letter.id)
    assert latest is not None
    assert latest.subject == "Pour vous, ce mardi"
