"""What notices about comments say, per language. `{…}` is completed from our own values by `str.format`."""

from __future__ import annotations

from dataclasses import dataclass

from emails.notice_words import NBSP, THIN, Wording


@dataclass(frozen=True, slots=True)
class CommentWords:
    """One language."""

    comment_shown: Wording
    comment_answered: Wording
    comments_wait: Wording
    own_comment: str
    """The words of the link with which an author takes her comment back."""
    quiet_comment: str


FRENCH = CommentWords(
    comment_shown=Wording(
        "Votre commentaire est publié",
        "Votre commentaire est publié",
        (f"Il paraît désormais sous le numéro «{NBSP}{{issue}}{NBSP}» de {{newsletter}}.",),
        "Voir mon commentaire",
        (
            f"Vous n’avez rien écrit{THIN}? Quelqu’un a donné votre adresse{NBSP}: le lien ci-dessous "
            "retire le commentaire.",
        ),
    ),
    comment_answered=Wording(
        "On a répondu à votre commentaire",
        "On vous a répondu",
        (f"Sous le numéro «{NBSP}{{issue}}{NBSP}» de {{newsletter}}{NBSP}:",),
        "Lire la réponse",
        ("Vous recevez ce mot parce que vous l’avez demandé en réagissant.",),
    ),
    comments_wait=Wording(
        f"Commentaires à lire{NBSP}: {{newsletter}} ({{count}})",
        "Des commentaires attendent d’être lus",
        (f"Sous les numéros de {{newsletter}}, en tout{NBSP}: {{count}}.",),
        "Les lire à la rédaction",
        (
            "Vous recevez ce mot parce que vous l’avez demandé à la page des commentaires, où vous "
            "pouvez aussi l’arrêter.",
        ),
    ),
    own_comment="Retirer mon commentaire",
    quiet_comment="Ne plus m’avertir des réponses",
)

ENGLISH = CommentWords(
    comment_shown=Wording(
        "Your comment is published",
        "Your comment is published",
        ("It now stands under the issue “{issue}” of {newsletter}.",),
        "See my comment",
        ("You wrote nothing? Somebody gave your address: the link below takes the comment back.",),
    ),
    comment_answered=Wording(
        "Somebody answered your comment",
        "You have an answer",
        ("Under the issue “{issue}” of {newsletter}:",),
        "Read the answer",
        ("You receive this because you asked for it when you reacted.",),
    ),
    comments_wait=Wording(
        "Comments to read: {newsletter} ({count})",
        "Comments wait to be read",
        ("Under the issues of {newsletter}, in all: {count}.",),
        "Read them at the desk",
        (
            "You receive this because you asked for it on the page of comments, where you can stop "
            "it, too.",
        ),
    ),
    own_comment="Take back my comment",
    quiet_comment="Tell me no more of answers",
)


def spoken(language: str) -> CommentWords:
    return ENGLISH if language.lower().startswith("en") else FRENCH
