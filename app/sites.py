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
    if known is None:
        known = current_app.extensions["hebdo.sites"] = _listed_by(newsletters.listing())
    return known


def remember(read: Iterable[Newsletter]) -> None:
    """What was just read of these newsletters stands from now on."""
    # A new dictionary each time: another thread may be going through the old one.
    current_app.extensions["hebdo.sites"] = {**remembered(), **_listed_by(read)}


def _listed_by(read: Iterable[Newsletter]) -> Lists:
    return {each.slug: origins.of(each) for each in read}
