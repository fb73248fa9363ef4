"""The readers' door: sign up, confirm, leave, read the archive.

Owns: its pages, forms and limits. Must not know: SMTP, other doors.
"""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("reader", __name__)
