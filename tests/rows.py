"""Rows that tests begin with: a newsletter, its readers, an edition that was ordered."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
import sys

from sqlalchemy import insert

from app.core import clock, editions
from app.extensions import db
from app.models import (
    Edition,
    Issue,
    Newsletter,
    Rubric,
    RubricKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from app.settings import Settings
from emails import render
from emails.values import IssueText
from tests.emails import samples


def newsletter(slug: str = "essentiel-ia") -> Newsletter:
    made = Newsletter(
        slug=slug,
        name="L’essentiel de l’IA",
        tagline="Toutes les semaines",
        sender_name="L’essentiel de l’IA",
        sender_address="lettre@hebdo.test",
        publisher="Les Éditions du Marronnier",
        postal_address="12, rue des Imprimeurs\n75011 Paris",
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def rubric(of: Newsletter, anchor: str, title: str) -> Rubric:
    made = Rubric(
        newsletter_id=of.id,
        position=len(of.rubrics),
        kind=RubricKind.LEAD,
        title=title,
        anchor=anchor,
    )
    db.session.add(made)
    db.session.flush()
    return made


def readers(
    of: Newsletter, count: int, state: SubscriptionState = SubscriptionState.CONFIRMED
) -> list[int]:
    """So many subscribers, `reader-1@readers.invalid` and on; their ids in order."""
    now = clock.now()
    people = [
        {
            "address": f"reader-{n}@readers.invalid",
            "address_key": f"reader-{n}@readers.invalid",
            "first_name": f"Léa {n}",
            "created_at": now,
        }
        for n in range(1, count + 1)
    ]
    ids = sorted(db.session.scalars(insert(Subscriber).returning(Subscriber.id), people))
    subscribe(of, ids, state)
    return ids


def subscribe(
    of: Newsletter, ids: list[int], state: SubscriptionState = SubscriptionState.CONFIRMED
) -> None:
    """Subscribers of another newsletter, perhaps, become readers of this one, too."""
    now = clock.now()
    db.session.execute(
        insert(Subscription),
        [
            {
                "subscriber_id": one,
                "newsletter_id": of.id,
                "state": state,
                "asked_at": now,
                "confirmed_at": now if state is SubscriptionState.CONFIRMED else None,
            }
            for one in ids
        ],
    )


def issue(of: Newsletter, number: int = 12) -> Issue:
    now = clock.now()
    made = Issue(newsletter=of, number=number, subject="Sujet", created_at=now, updated_at=now)
    db.session.add(made)
    db.session.flush()
    return made


def text(of: Newsletter, number: int = 12) -> IssueText:
    masthead = dataclasses.replace(
        samples.MASTHEAD,
        slug=of.slug,
        sender_address=of.sender_address,
        unsubscribe_url="http://hebdo.test/unsubscribe/{{token}}",
        mine_url="http://hebdo.test/mine/{{token}}",
    )
    return dataclasses.replace(
        samples.ISSUE, masthead=masthead, number=number, dated=dt.date(2026, 11, 24)
    )


def ordered(of: Newsletter, number: int = 12) -> Edition:
    """An edition as the press of *send* leaves it: frozen and promised, committed."""
    whole = text(of, number)
    made = editions.order(issue(of, number), whole, render.print_issue(whole).digest)
    assert made is not None
    db.session.commit()
    return made


def send_to(count: int) -> int:
    """A newsletter with so many readers and an ordered edition; the edition's id."""
    of = newsletter()
    readers(of, count)
    edition_id = ordered(of).id
    # Reading the id began a transaction; left open, it would keep SQLite's other writers out.
    db.session.commit()
    return edition_id


BY_HAND = """
import sys
from sqlalchemy import create_engine, text
with create_engine(sys.argv[1]).begin() as line:
    line.execute(text(sys.argv[2]))
"""


def by_hand(settings: Settings, statement: str) -> None:
    """What somebody else says to the database: another process, which knows no model."""
    command = [sys.executable, "-c", BY_HAND, settings.database_url, statement]
    subprocess.run(command, check=True)
