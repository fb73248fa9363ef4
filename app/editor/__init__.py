"""The editors' door: the desk. One guard for the whole of it: a stranger is sent to sign in.

Owns: its pages, forms and previews. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("editor", __name__, url_prefix="/editor")

# The modules hang their pages on the door, so it must stand before they are read.
from app.editor import (  # noqa: E402
    archive,
    comments,
    controls,
    departures,
    editions,
    editors,
    embedding,
    fronts,
    guard,
    imports,
    imprints,
    issues,
    newsletters,
    phrases,
    previews,
    questions,
    reactions,
    rubrics,
    sessions,
)

__all__ = [
    "archive",
    "comments",
    "controls",
    "departures",
    "door",
    "editions",
    "editors",
    "embedding",
    "fronts",
    "guard",
    "imports",
    "imprints",
    "issues",
    "newsletters",
    "phrases",
    "previews",
    "questions",
    "reactions",
    "rubrics",
    "sessions",
]
