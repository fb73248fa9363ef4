"""How readers' pages say days."""

from __future__ import annotations

import datetime as dt

from flask_babel import format_date

from app.core import clock
from app.reader import door


@door.app_template_filter("day")
def day(at: dt.datetime) -> str:
    """A moment as its day in the newsroom, in the language of the page."""
    return str(format_date(at.astimezone(clock.PARIS).date(), "long"))
