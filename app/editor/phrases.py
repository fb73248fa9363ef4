"""How the desk's pages say moments and measures."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_datetime
from flask_babel import get_locale, ngettext

from app.core import clock, reasons
from app.editor import door
from app.extensions import _
from app.models import Rubric
from emails import slots


@door.app_template_filter("moment")
def moment(at: dt.datetime) -> str:
    """The newsroom's own time: the hour always, the year where it is not this one."""
    year = "" if at.year == clock.now().year else " y"
    return format_datetime(
        at.astimezone(clock.PARIS), f"d MMM{year}, HH:mm", locale=get_locale() or "fr"
    )


@door.app_template_filter("as_read")
def as_read(line: str) -> str:
    """A typed line as a reader without a name gets it."""
    return slots.plain(slots.settle(line))


door.add_app_template_filter(reasons.said, "reason")


@door.app_template_filter("measure")
def measure(rubric: Rubric) -> str:
    """How many stories a rubric takes."""
    least, most = max(rubric.stories_least, 1), rubric.stories_most
    if least == most:
        return str(ngettext("%(num)d story", "%(num)d stories", least))
    return str(_("%(least)s to %(most)s stories", least=least, most=most))
