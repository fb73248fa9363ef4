"""Sessions: the browsers in which editors are signed in. What ends here is over, whoever kept the cookie."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import ColumnElement, and_, delete, func, select

from app.core import clock
from app.extensions import db
from app.models import DeskSession, Editor

LONGEST = dt.timedelta(days=7)
"""From the sign-in; whoever comes later signs in again."""


def begin(editor: Editor) -> DeskSession:
    """A new one for a browser; those of anybody that are too old are swept out."""
    db.session.execute(delete(DeskSession).where(DeskSession.begun_at <= clock.now() - LONGEST))
    begun = DeskSession(
        key=secrets.token_hex(16), editor_id=editor.id, stamp=editor.stamp, begun_at=clock.now()
    )
    db.session.add(begun)
    db.session.flush()
    return begun


def owner(key: str) -> Editor | None:
    """Whose session this is; None when it has ended."""
    return db.session.scalar(
        select(Editor).join(DeskSession, _is_open()).where(DeskSession.key == key)
    )


def count(editor: Editor) -> int:
    """In how many browsers she is signed in now."""
    found = select(func.count()).select_from(Editor).join(DeskSession, _is_open())
    return db.session.scalar(found.where(Editor.id == editor.id)) or 0


def end(key: str) -> None:
    """In one browser; twice is the same as once."""
    db.session.execute(delete(DeskSession).where(DeskSession.key == key))


def end_all(editor: Editor) -> None:
    """In every browser; also the links to choose a password that were made before are spent."""
    # A sign-in under way has read the old stamp, so that its session is over before it begins.
    editor.stamp += 1
    db.session.flush()
    db.session.execute(delete(DeskSession).where(DeskSession.editor_id == editor.id))


def _is_open() -> ColumnElement[bool]:
    return and_(
        DeskSession.editor_id == Editor.id,
        DeskSession.stamp == Editor.stamp,
        DeskSession.begun_at > clock.now() - LONGEST,
    )
