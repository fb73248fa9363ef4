"""The sites that each newsletter lists, as its rows were last read in this process.

Refusals are told by them: a robot that goes on asks for no row, and waits for no writer's lock.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app

from app.core import newsletters, origins
from app.models import Newsletter

Lists = dict[str, tuple[str, ...]]
"""Origins by the newsletter's slug."""


def remembered() -> Lists:
    """Read now where this process has not read them yet."""
    known: Lists | None = current_app.extensions.get("hebdo.sites")
    return remember(newsletters.listing()) if known is None else known


def remember(read: Iterable[Newsletter]) -> Lists:
    """What was just read of all newsletters stands from now on."""
    known = {each.slug: origins.of(each) for each in read}
    current_app.extensions["hebdo.sites"] = known
    return known
