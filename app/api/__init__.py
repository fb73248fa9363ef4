"""The door for programs: is it alive, is it ready, how does it do; a sign-up as JSON.

Owns: `/healthz`, `/readyz`, `/metrics` and `/api/`. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("api", __name__)

from app.api import health, metrics, subscriptions  # noqa: E402, F401 - the routes register themselves on the door
