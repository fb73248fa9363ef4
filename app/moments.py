"""How pages say a moment: at the desk and in the inbox of `hebdo up` alike."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_datetime
from flask_babel import get_locale

from app.core import clock


def moment(at: dt.datetime) -> str:
    """The newsroom's own time: the hour always, the year where it is not this one."""
    here, now = at.astimezone(clock.PARIS), clock.now().astimezone(clock.PARIS)
    year = "" if here.year == now.year else " y"
    return format_datetime(here, f"d MMM{year}, HH:mm", locale=get_locale() or "fr")
