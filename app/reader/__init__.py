"""The readers' door: sign up, confirm, leave, read the archive, react.

Owns: its pages, forms and limits. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("reader", __name__)

# The views hang themselves on the door.
from app.reader import (  # noqa: E402, F401
    archive,
    authors,
    comments,
    departures,
    embeds,
    feeds,
    images,
    legal,
    mine,
    mine_own,
    mine_preferences,
    newsletters,
    passes,
    searches,
    shelf,
    sitemap,
    subscriptions,
)
