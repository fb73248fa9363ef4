"""Why readers left a newsletter: their words counted, their lines without a name."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.core import departures, newsletters
from app.editor import door


@door.get("/newsletters/<slug>/departures")
def list_departures(slug: str) -> ResponseReturnValue:
    newsletter = newsletters.get(slug)
    return render_template(
        "editor/departures.html",
        newsletter=newsletter,
        reasons=departures.reasons(newsletter),
        words=departures.WORDS,
        most=departures.NOTES,
    )
