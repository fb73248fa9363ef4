"""The operators' door: is it alive, is it ready.

Owns: `/healthz` and `/readyz`. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("api", __name__)

from app.api import health  # noqa: E402, F401 - the routes register themselves on the door
