"""What the rules refuse inside `Form.blaming` is undone and told where a person can see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from wtforms import StringField

from app.core import newsletters
from app.core.errors import Conflict, Invalid
from app.extensions import db
from app.forms import Form
from tests import desk


class Card(Form):
    name = StringField("Name")
    place = StringField("Place")


@pytest.fixture
def card(flask_app: Flask) -> Iterator[Card]:
    with flask_app.test_request_context():
        yield Card()


def test_each_fault_is_told_at_its_field_and_nothing_is_kept(card: Card) -> None:
    desk.add_newsletter()
    with card.blaming():
        newsletters.get("second").name = "Half done"
        db.session.flush()
        raise Invalid("No.", {"place": "Where?"})
    assert card.errors == {"place": ["Where?"]}
    assert newsletters.get("second").name == "Second"


def test_a_conflict_is_told_at_the_field_that_was_named(card: Card) -> None:
    with card.blaming(conflict="name"):
        raise Conflict("Taken.")
    assert card.errors == {"name": ["Taken."]}


@pytest.mark.parametrize(
    "refusal", [Invalid("No."), Invalid("No.", {"colour": "Odd."}), Conflict("Taken.")]
)
def test_what_no_field_could_tell_is_not_swallowed(card: Card, refusal: Invalid | Conflict) -> None:
    with pytest.raises(type(refusal)), card.blaming():
        raise refusal


def test_what_is_not_refused_blames_nobody(card: Card) -> None:
    with card.blaming():
        pass
    assert not card.errors
