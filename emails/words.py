"""The words of the frame around an issue, per language, with that language's typography.

French sets a no-break space before `:` and a narrow one before `; ! ?` (Imprimerie nationale);
they are written here as escapes because nobody can see them in an editor.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Words:
    """One language. Sentences with `{…}` are completed by `str.format` from our own values."""

    language: str
    number: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    colon: str
    """A colon with the space its language wants before it."""
    credit: str
    sponsored: str
    read_more: str
    read_online: str
    archive: str
    why: str
    unsubscribe: str
    mine: str
    """The link to the reader's own page."""
    published_by: str
    proof: str
    """Before the subject of a proof."""


FRENCH = Words(
    language="fr",
    number=f"Nº{NBSP}{{number}}",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    date=f"{{weekday}} {{day}}{NBSP}{{month}} {{year}}",
    colon=f"{NBSP}:",
    credit="Crédit",
    sponsored="Publicité",
    read_more="Lire la suite",
    read_online="Lire en ligne",
    archive="Tous les numéros",
    why="Vous recevez {newsletter} parce que cette adresse y est abonnée.",
    unsubscribe="Se désabonner",
    mine="Mon abonnement",
    published_by="Publié par {publisher}",
    proof="[Épreuve]",
)

ENGLISH = Words(
    language="en",
    number=f"No.{NBSP}{{number}}",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    date=f"{{weekday}} {{day}}{NBSP}{{month}} {{year}}",
    colon=":",
    credit="Credit",
    sponsored="Sponsored",
    read_more="Read on",
    read_online="Read online",
    archive="All issues",
    why="You receive {newsletter} because you signed up for it with this address.",
    unsubscribe="Unsubscribe",
    mine="My subscription",
    published_by="Published by {publisher}",
    proof="[Proof]",
)


def spoken(language: str) -> Words:
    """The words of a newsletter's language; French where it is not one of ours."""
    return ENGLISH if language.lower().startswith("en") else FRENCH


def day(of: dt.date, words: Words) -> str:
    """`24 novembre 2026`: the day without its name."""
    return dated(of, words).partition(" ")[2].lstrip()


def dated(day: dt.date, words: Words) -> str:
    """`mardi 24 novembre 2026`, and `1er` on the first as French asks."""
    first = words.language == "fr" and day.day == 1
    return words.date.format(
        weekday=words.weekdays[day.weekday()],
        day="1er" if first else day.day,
        month=words.months[day.month - 1],
        year=day.year,
    )
