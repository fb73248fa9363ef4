"""Every form that readers fill in, as a table: where it stands, what a person without a mistake writes
into it, what it must not lack, and what is too long or of the wrong kind. The desk's: `desk_sheets`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core import subscriptions
from app.core.comments import LONGEST_NAME as LONGEST_OF_COMMENT
from app.core.comments import LONGEST_TEXT
from app.core.departures import LONGEST_NOTE
from app.core.subscribers import LONGEST_NAME
from app.extensions import db, links
from app.models import EndReason
from tests import people, rows, talks
from tests.reader import mine

LONG_ADDRESS = "a" * 250 + "@hebdo.test"
NO_ADDRESSES = ("lea", "lea@", "@hebdo.test", "lea@hebdo", "lea hebdo@hebdo.test", LONG_ADDRESS)
NO_DAYS = ("hier", "2021-02-30", "31/01/2027", "9999-12-31", "1990-01-01")


@dataclass(frozen=True)
class Sheet:
    """One form. Paths are filled in with `stage`."""

    endpoint: str
    page: str
    action: str
    typed: Mapping[str, str]
    required: tuple[str, ...] = ()
    """In the order of the page."""
    longest: Mapping[str, int] = field(default_factory=dict)
    """Characters that are still taken."""
    wrong: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    picked: frozenset[str] = frozenset()
    """What is picked, not typed: of these a browser sends what was offered, or nothing."""
    bare: tuple[str, ...] | None = None
    """What is told when nothing at all comes, where that is not all that is required."""
    has_token: bool = True
    second: int = 303
    """How a second press of the same form is answered."""

    @property
    def is_at_desk(self) -> bool:
        return self.endpoint.startswith("editor.")


ANSWERS = {f"answer-{name}": value for name, value in people.ANSWERS.items()}
AMONG = {f"answer-essentiel-ia-{name}": value for name, value in people.ANSWERS.items()}
JOINING = {f"autre-answer-{name}": value for name, value in people.ANSWERS.items()}
WHO = {"address": "lea@hebdo.test", "first_name": "Léa"}


def _signing_up(answers: Mapping[str, str]) -> dict[str, Mapping[str, object]]:
    """What is too long or wrong in a form that signs up, with its questions so named."""
    ville, metier, naissance, enfants = answers
    return {
        "longest": {"first_name": LONGEST_NAME, ville: 40},
        "wrong": {
            "address": NO_ADDRESSES,
            "first_name": ("Lé\u202ea", "L\u00e9\x07a", "L\ufffda", "Léa\nBcc: x@hebdo.test"),
            ville: ("Ly\u202eno",),
            metier: ("Astronaute",),
            naissance: ("hier", "2021-01-01", "1990-02-30"),
            enfants: ("deux", "21", "-1", "1e3"),
        },
    }


def _one(endpoint: str, page: str, action: str, *, has_token: bool) -> Sheet:
    ville, metier, naissance, _enfants = ANSWERS
    return Sheet(
        endpoint,
        page,
        action,
        {**WHO, **ANSWERS, "consent": "y"},
        ("address", ville, metier, naissance, "consent"),
        picked=frozenset({"consent", metier}),
        has_token=has_token,
        **_signing_up(ANSWERS),  # type: ignore[arg-type]
    )


ONE = _one("reader.subscribe", "/newsletters/essentiel-ia", "/subscribe", has_token=True)
SEVERAL = Sheet(
    "reader.subscribe_to_several",
    "/",
    "/",
    {**WHO, **AMONG, "newsletters": "essentiel-ia"},
    ("newsletters", *tuple(AMONG)[:3], "address"),
    picked=frozenset({"newsletters", "answer-essentiel-ia-metier"}),
    # With nothing ticked, no newsletter's questions count.
    bare=("newsletters", "address"),
    **_signing_up(AMONG),  # type: ignore[arg-type]
)
COMMENT = Sheet(
    "reader.react",
    talks.PAGE,
    f"{talks.PAGE}/react",
    talks.TYPED,
    ("name", "address", "text"),
    {"name": LONGEST_OF_COMMENT, "text": LONGEST_TEXT},
    {"address": NO_ADDRESSES, "name": ("Ni\u202ena", "Ni\x00na"), "text": ("a\x1bb", "a\ufffdb")},
)
READERS = (
    ONE,
    SEVERAL,
    _one(
        "reader.subscribe_embedded", "/embed/essentiel-ia", "/embed/essentiel-ia", has_token=False
    ),
    _one("reader.subscribe_from_elsewhere", "", "/subscribe/essentiel-ia", has_token=False),
    COMMENT,
    Sheet(
        "reader.ask",
        "/mine",
        "/mine",
        {"address": people.ADDRESS},
        ("address",),
        wrong={"address": NO_ADDRESSES},
    ),
    Sheet(
        "reader.choose",
        "{mine}",
        "{mine}/newsletters/essentiel-ia/rubrics",
        {"essentiel-ia-rubrics": "a-la-une", "essentiel-ia-text_only": "y"},
        ("essentiel-ia-rubrics",),
        wrong={"essentiel-ia-rubrics": ("partenaire", "sports")},
        picked=frozenset({"essentiel-ia-rubrics", "essentiel-ia-text_only"}),
        has_token=False,
    ),
    Sheet(
        "reader.pause",
        "{mine}",
        "{mine}/newsletters/essentiel-ia/pause",
        {"essentiel-ia-until": "{next_week}"},
        ("essentiel-ia-until",),
        wrong={"essentiel-ia-until": NO_DAYS},
        has_token=False,
    ),
    Sheet(
        "reader.join",
        "{mine}",
        "{mine}/newsletters/autre/join",
        JOINING,
        tuple(JOINING)[:3],
        {"autre-answer-ville": 40},
        {
            "autre-answer-ville": ("Ly\u202eno",),
            "autre-answer-metier": ("Astronaute",),
            "autre-answer-naissance": ("hier", "2021-01-01"),
            "autre-answer-enfants": ("deux", "21"),
        },
        frozenset({"autre-answer-metier"}),
        has_token=False,
    ),
    Sheet(
        "reader.speak",
        "{mine}",
        "{mine}/language",
        {"language": "en"},
        ("language",),
        wrong={"language": ("de", "xx")},
        picked=frozenset({"language"}),
        has_token=False,
    ),
    Sheet(
        "reader.change_address",
        "{fresh}",
        "{fresh}/address",
        {"address": "ailleurs@hebdo.test"},
        ("address",),
        wrong={"address": (*NO_ADDRESSES, people.ADDRESS)},
        has_token=False,
    ),
    Sheet(
        "reader.say_why",
        "{way_out}",
        "{way_out}/why",
        {"word": "too_often", "note": "Trop long."},
        longest={"note": LONGEST_NOTE},
        wrong={"note": ("a\x00b", "a\ufffdb")},
        picked=frozenset({"word"}),
        bare=("word",),
        has_token=False,
        second=200,
    ),
)


def stage() -> dict[str, str]:
    """The rows that all forms need, committed; what their paths and words are filled in with."""
    from app.core import preferences

    letter = mine.with_rubrics(people.newsletter())
    people.asks(letter)
    other = people.newsletter("autre")
    other.name = "Autre"
    people.asks(other)
    hers = people.confirmed(letter)
    left = people.confirmed(letter, "partie@hebdo.test")
    subscriptions.end(left.id, EndReason.UNSUBSCRIBED)
    issue = talks.issue(letter)
    comment = talks.said(issue)
    db.session.commit()
    made = links()
    way_out = made.unsubscribe(made.subscription_token(left.id)).removeprefix(made.url(""))
    next_week = preferences.today().toordinal() + 7
    return {
        "mine": mine.lasting(hers),
        "fresh": mine.fresh(hers.subscriber),
        "way_out": way_out,
        "question": str(letter.questions[0].id),
        "rubric": str(rows.rubric(letter, "fermoir", "Le fermoir").id),
        "issue": str(issue.id),
        "comment": str(comment.id),
        "next_week": type(preferences.today()).fromordinal(next_week).isoformat(),
        "nonce": secrets.token_hex(4),
    }
