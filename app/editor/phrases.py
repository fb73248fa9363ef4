"""How the desk's pages say moments and measures."""

from __future__ import annotations

from flask_babel import ngettext

from app import moments
from app.core import issues, reasons
from app.editor import door
from app.extensions import _
from app.models import Rubric

door.add_app_template_filter(issues.as_read)
door.add_app_template_filter(moments.moment)
door.add_app_template_filter(reasons.said, "reason")


@door.app_template_filter("measure")
def measure(rubric: Rubric) -> str:
    """How many stories a rubric takes."""
    least, most = max(rubric.stories_least, 1), rubric.stories_most
    if least == most:
        return str(ngettext("%(num)d story", "%(num)d stories", least))
    return str(_("%(least)s to %(most)s stories", least=least, most=most))
