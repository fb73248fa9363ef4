"""What is measured with: a newsletter, its readers, and an issue whose mail weighs 61 KB."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert
from sqlalchemy import text as sql

from app.core import clock, editions
from app.extensions import db
from app.models import Issue, Newsletter, Subscriber, Subscription, SubscriptionState
from emails import compose, render
from emails.values import Addressee, IssueText, RubricKind, RubricText, StoryText
from tasks import texts

PAGE = 10_000
"""Readers planted at a time."""

NEXT = "SELECT setval(pg_get_serial_sequence('subscriber', 'id'), max(id)) FROM subscriber"
"""Whoever signs up later gets a number that is free."""


def plant(readers: int) -> int:
    """A newsletter and its confirmed readers; the newsletter's id."""
    now = clock.now()
    of = Newsletter(
        slug="bench",
        name="Mesure",
        sender_name="Mesure",
        sender_address="bench@hebdo.invalid",
        publisher="Hebdo",
        postal_address="1, rue de la Mesure",
        created_at=now,
    )
    db.session.add(of)
    db.session.flush()
    newsletter_id = of.id
    for start in range(1, readers + 1, PAGE):
        numbers = range(start, min(start + PAGE, readers + 1))
        db.session.execute(insert(Subscriber), [_person(n, now) for n in numbers])
        db.session.execute(
            insert(Subscription), [_standing(n, newsletter_id, now) for n in numbers]
        )
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sql(NEXT))
    db.session.commit()
    # As autovacuum would have done by the time an issue is written.
    db.session.execute(sql("ANALYZE"))
    db.session.commit()
    return newsletter_id


def _person(number: int, now: dt.datetime) -> dict[str, object]:
    address = f"reader-{number}@readers.invalid"
    return {
        "id": number,
        "address": address,
        "address_key": address,
        "first_name": f"Léa {number}",
        "created_at": now,
    }


def _standing(number: int, newsletter_id: int, now: dt.datetime) -> dict[str, object]:
    return {
        "subscriber_id": number,
        "newsletter_id": newsletter_id,
        "state": SubscriptionState.CONFIRMED,
        "asked_at": now,
        "confirmed_at": now,
    }


def text(newsletter_id: int, number: int) -> IssueText:
    of = db.session.get_one(Newsletter, newsletter_id)
    body = "Une phrase de mesure, ni longue ni courte, avec ses accents : é, à, ç, œ. " * 12
    stories = tuple(StoryText(f"Sujet {n}", body) for n in range(1, 11))
    return IssueText(
        masthead=texts.masthead(of),
        number=number,
        subject=f"Mesure {number}, {{{{first_name|lecteur}}}}",
        preheader="De quoi peser 61 Ko",
        dated=dt.date(2026, 11, 24),
        web_url=f"http://hebdo.invalid/archive/bench/{number}",
        rubrics=(RubricText(RubricKind.BRIEFS, "Dans l’actu", "dans-l-actu", stories),),
    )


def one_copy(newsletter_id: int) -> bytes:
    """The message that the other senders get, with bare line ends: they make their own."""
    whole = text(newsletter_id, 0)
    skeleton = compose.compile_issue(render.print_issue(whole), whole.masthead, clock.now())
    reader = Addressee(
        "reader@readers.invalid", "Léa", "1-abc", "1.1@hebdo.invalid", "b@hebdo.invalid"
    )
    # On SQLite a transaction that stays open holds up whoever writes.
    db.session.rollback()
    return skeleton.fill(reader).data.replace(b"\r\n", b"\n")


def order(newsletter_id: int, number: int) -> int:
    """Print and order an issue, as the press of *send* does; its edition's id."""
    now = clock.now()
    issue = Issue(
        newsletter_id=newsletter_id, number=number, subject="Mesure", created_at=now, updated_at=now
    )
    db.session.add(issue)
    db.session.flush()
    whole = text(newsletter_id, number)
    edition = editions.order(issue, whole, render.print_issue(whole).digest)
    assert edition is not None
    edition_id = edition.id
    db.session.commit()
    return edition_id
