"""A newsletter and its readers as they stand after what people did, for tests of the readers' side."""

from __future__ import annotations

import dataclasses

from app.core import editions, questions, subscriptions
from app.core.questions import QuestionPlan
from app.extensions import db
from app.models import Edition, EditionState, Newsletter, QuestionKind, Subscription
from emails.values import IssueText
from tests import rows

WORDING = "Je veux recevoir la lettre chaque mardi."
ADDRESS = "marie@hebdo.test"


def newsletter(slug: str = "essentiel-ia") -> Newsletter:
    """One that says all of itself that a sign-up page shows; committed."""
    made = rows.newsletter(slug)
    made.description = "Une heure de lecture ramenée à six minutes.\n\nSans réclame ni pistage."
    made.rhythm = "chaque mardi matin"
    made.reply_to = "redaction@hebdo.test"
    db.session.commit()
    return made


def pending(of: Newsletter, address: str = ADDRESS) -> Subscription:
    """Signed up, not yet confirmed; committed."""
    found = subscriptions.sign_up(of, address, "Marie", wording=WORDING, source="/essentiel-ia")
    db.session.commit()
    assert found.subscription is not None
    return found.subscription


def confirmed(of: Newsletter, address: str = ADDRESS) -> Subscription:
    subscription = pending(of, address)
    subscriptions.confirm(subscription.id)
    db.session.commit()
    return subscription


def edition(
    of: Newsletter,
    number: int = 12,
    state: EditionState = EditionState.SENT,
    text: IssueText | None = None,
) -> Edition:
    """The sample issue, or `text`, frozen under this number; committed."""
    whole = dataclasses.replace(text or rows.text(of, number), number=number)
    made = editions.order(rows.issue(of, number), whole, "0" * 64)
    assert made is not None
    made.state = state
    db.session.commit()
    return made


def asks(of: Newsletter) -> None:
    """Let the newsletter ask one question of each kind, all but the last required; committed."""
    for plan in (
        QuestionPlan("ville", QuestionKind.TEXT, "Votre ville", required=True, most="40"),
        QuestionPlan(
            "metier",
            QuestionKind.CHOICE,
            "Votre métier",
            required=True,
            message="Dites-nous votre métier.",
            choices="Enseignante\nJournaliste\nAutre",
        ),
        QuestionPlan(
            "naissance",
            QuestionKind.DATE,
            "Née le",
            required=True,
            least="1900-01-01",
            most="2020-12-31",
        ),
        QuestionPlan("enfants", QuestionKind.NUMBER, "Enfants", least="0", most="20"),
    ):
        questions.add(of, plan)
    db.session.commit()


ANSWERS = {"ville": "Lyon", "metier": "Journaliste", "naissance": "1990-02-28", "enfants": "2"}
"""To those of `asks`."""
