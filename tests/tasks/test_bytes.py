"""One composer for the desk, the proof and the readers: what they look at, the relay took, byte for byte."""

from __future__ import annotations

from flask import Flask
from markupsafe import escape
from sqlalchemy import select, update

from app.core import editions, stories
from app.core.audiences import Reader
from app.editor.previews import SAMPLE
from app.extensions import db
from app.models import Edition, Issue, Notice, Subscriber, Subscription
from emails import compose, render
from tasks import addressees, approvals
from tasks import notices as posting
from tests import desk, sends
from tests.conftest import use_relay
from tests.emails.readers import READERS
from tests.relay import Received, StoryRelay

HOSTILE = (
    ".\n..\nFrom le front\n--=_0123\n= {{first_name|toi}} {{7*7}} {% x %} \u202ertl\u202c e\u0301 🦉\n\n."
    + "x" * 3000
)
"""What a composer may trip over, as the body of the first story."""


def hostile_draft(flask_app: Flask) -> Issue:
    issue = desk.draft(flask_app)
    stories.of_rubric(issue, issue.newsletter.rubrics[0].id)[0].body = HOSTILE
    db.session.execute(update(Subscriber).values(first_name=""))
    first = select(Subscriber.id).order_by(Subscriber.id).limit(1).scalar_subquery()
    camille = update(Subscriber).where(Subscriber.id == first)
    db.session.execute(camille.values(first_name=SAMPLE.first_name))
    db.session.commit()
    return issue


def body(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def test_the_preview_the_proof_and_what_the_relay_took_are_the_same_bytes(flask_app: Flask) -> None:
    issue = hostile_draft(flask_app)
    at_desk = desk.signed_in(flask_app)
    path = f"/editor/issues/{issue.id}"
    looked_at = at_desk.get(f"{path}/preview/mail").text
    beside_it = at_desk.get(f"{path}/preview").text
    assert at_desk.post(f"{path}/proof", {"address": "proof@hebdo.test"}).status_code == 303
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        posting.post(db.session.scalars(select(Notice.id)).one())
        proof = relay.received.pop()
        edition = approvals.order(db.session.get_one(Issue, issue.id))
        assert edition is not None
        db.session.commit()
        sends.send(edition.id)
    made = {copy.rcpt_to: (reader, copy) for reader, copy in composed(edition.id, relay)}
    assert len(made) == len(relay.received) > 20
    named = next(pair for pair in made.values() if pair[0].first_name)
    nameless = next(pair for pair in made.values() if not pair[0].first_name)
    assert body(untokened(named, b"preview")) == body(previewed(edition.id))
    assert body(untokened(nameless, b"proof")) == body(proof.data)
    for read in READERS:
        assert read(untokened(named, b"preview")).parts["html"] == looked_at
        assert f"<dd>{escape(read(named[1].data).header('Subject'))}</dd>" in beside_it
    assert "From le front" in looked_at


def composed(edition_id: int, relay: StoryRelay) -> list[tuple[Reader, Received]]:
    """Each copy that the relay took, beside the reader for whom the very same bytes are made."""
    edition = db.session.get_one(Edition, edition_id)
    skeleton, letterbox = addressees.skeleton(edition), addressees.letterbox(edition)
    rows = db.session.execute(
        select(Subscriber, Subscription.id).join(
            Subscription, Subscription.subscriber_id == Subscriber.id
        )
    )
    readers = {
        one.address: Reader(one.id, subscription_id, one.address, one.first_name)
        for one, subscription_id in rows
    }
    found = [(readers[copy.rcpt_to], copy) for copy in relay.received]
    for reader, copy in found:
        assert skeleton.fill(letterbox.addressee(reader)).data == copy.data
    return found


def untokened(pair: tuple[Reader, Received], instead: bytes) -> bytes:
    """Her copy with another token in her links."""
    reader, copy = pair
    token = addressees.links().subscription_token(reader.subscription_id).encode("ascii")
    assert copy.data.count(token) > 2
    return copy.data.replace(token, instead)


def previewed(edition_id: int) -> bytes:
    """The bytes that the desk reads back and shows (`app.editor.previews`)."""
    edition = db.session.get_one(Edition, edition_id)
    text = editions.thaw(edition.source)
    skeleton = compose.compile_issue(render.print_issue(text), text.masthead, edition.ordered_at)
    return skeleton.fill(SAMPLE).data
