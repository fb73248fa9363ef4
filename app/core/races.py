"""Conditional UPDATEs: the row decides who was first; whoever lost learns it here."""

from __future__ import annotations

from typing import cast

from sqlalchemy import CursorResult, Delete, Update

from app.extensions import db


def won(change: Update | Delete) -> bool:
    """Run it and tell whether it bit. Objects in the session are not touched: read again."""
    return rows_changed(change) > 0


def rows_changed(change: Update | Delete) -> int:
    result = db.session.execute(change.execution_options(synchronize_session=False))
    return cast("CursorResult[object]", result).rowcount
