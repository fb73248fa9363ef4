"""Who is behind these pages, what is kept of whom, and for whom they are hard: the law asks."""

from __future__ import annotations

import datetime as dt

from flask import render_template
from flask.typing import ResponseReturnValue

from app.core import imprints, newsletters
from app.reader import door
from app.reader.records import RECORDS

WRITTEN = dt.date(2026, 11, 24)
"""When the statement on accessibility was last looked at."""


@door.get("/legal")
def legal() -> ResponseReturnValue:
    """Mentions légales (LCEN, art. 1-1)."""
    return render_template(
        "reader/legal.html", imprint=imprints.read(), newsletters=newsletters.listing()
    )


@door.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, why, how long, and what one can do about it (GDPR, art. 13)."""
    return render_template(
        "reader/privacy.html",
        imprint=imprints.read(),
        newsletters=newsletters.listing(),
        records=RECORDS,
    )


@door.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """The statement that RGAA 4.1 asks for. It claims what was measured and no more."""
    return render_template(
        "reader/accessibility.html",
        imprint=imprints.read(),
        newsletters=newsletters.listing(),
        written=WRITTEN,
    )
