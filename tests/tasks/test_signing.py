"""With a key, every mail that leaves is signed for its sender's domain; without, none is."""

from __future__ import annotations

import dataclasses

import dkim as dkimpy
import pytest
from flask import Flask

from app.core import notices
from app.extensions import db
from app.models import Notice, NoticeKind
from emails.dkim import Algorithm, Signer, make_key, read_key
from tasks import deliveries as sending
from tasks import issues
from tasks import notices as posting
from tests import desk, people, rows
from tests.conftest import use_relay
from tests.relay import StoryRelay


@pytest.fixture
def signer(flask_app: Flask) -> Signer:
    """A key that the app signs with from now on."""
    made = Signer("hebdo", read_key(make_key(Algorithm.RSA)))
    known = flask_app.extensions["hebdo.settings"]
    flask_app.extensions["hebdo.settings"] = dataclasses.replace(known, signer=made)
    return made


def believed(message: bytes, signer: Signer) -> bool:
    """Both of our senders write from hebdo.test, and so must sign for it (DMARC alignment)."""
    name = signer.record_name("hebdo.test") + "."

    def look_up(asked: bytes, timeout: int = 5) -> bytes | None:
        return signer.record().encode() if asked.decode() == name else None

    return bool(dkimpy.verify(message, dnsfunc=look_up))


def test_every_copy_of_an_issue_is_signed(flask_app: Flask, signer: Signer) -> None:
    edition_id = rows.send_to(4)
    with StoryRelay(defer_data={2}) as relay:
        use_relay(flask_app, relay.relay)
        issues.press(edition_id)
        while sending.pump():
            pass
    assert len(relay.received) == 3
    assert all(believed(each.data, signer) for each in relay.received)
    assert not believed(relay.received[0].data.replace(b"L=C3=A9a", b"L=C3=A9o"), signer)


def test_notices_of_newsletter_and_desk_are_signed(flask_app: Flask, signer: Signer) -> None:
    people.pending(people.newsletter())
    notices.order(NoticeKind.PASSWORD_RESET, "redaction@hebdo.test", editor=desk.editor())
    db.session.commit()
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice in db.session.query(Notice).all():
            posting.post(notice.id)
    assert len(relay.received) == 2
    assert all(believed(each.data, signer) for each in relay.received)


def test_without_a_key_nothing_is_signed(flask_app: Flask) -> None:
    people.pending(people.newsletter())
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(db.session.query(Notice).one().id)
    assert b"DKIM-Signature" not in relay.received[0].data
