"""A list of copies in doubt comes back from whoever read the relay's log, as it went or as typed."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from app.core import doubts, spreadsheets
from app.core.errors import Invalid
from app.models import DeliveryState
from tests import rows
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import send


def in_doubt(flask_app: Flask) -> int:
    edition_id = rows.send_to(4)
    with StoryRelay(hang_up_after_dot={2, 3}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        send(edition_id)
    return edition_id


def test_a_list_that_comes_back_as_it_went_names_everybody(flask_app: Flask) -> None:
    edition_id = in_doubt(flask_app)
    table = spreadsheets.text(doubts.COLUMNS, doubts.table(edition_id, [DeliveryState.IN_DOUBT]))
    read = [cells for _, cells in spreadsheets.read(io.StringIO(table))]
    found = doubts.named(edition_id, read)
    assert (len(found.subscriber_ids), found.strangers) == (2, ())


def test_an_address_in_other_letters_is_the_same_and_a_stranger_is_named(flask_app: Flask) -> None:
    edition_id = in_doubt(flask_app)
    _, address, *_ = next(doubts.table(edition_id, [DeliveryState.IN_DOUBT]))
    found = doubts.named(
        edition_id,
        [{"address": f" {str(address).upper()} "}, {"address": "nobody@readers.invalid"}],
    )
    assert len(found.subscriber_ids) == 1
    assert found.strangers == ("nobody@readers.invalid",)


def test_a_list_without_its_columns_is_refused(flask_app: Flask) -> None:
    edition_id = in_doubt(flask_app)
    with pytest.raises(Invalid, match="column address"):
        doubts.named(edition_id, [{"name": "Anna"}])
