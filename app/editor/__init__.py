"""The editors' door: the desk. One guard for the whole of it: a stranger is sent to sign in.

Owns: its pages, forms and previews. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("editor", __name__, url_prefix="/editor")
