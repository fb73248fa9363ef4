"""Editors: who may sign in at the desk, with which password and for what.

A password change moves the editor's stamp; a session or a link that carries an older one is over.
"""

from __future__ import annotations

import datetime as dt
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.core import addresses, clock, notices, sessions
from app.core.errors import Conflict, Invalid, NotFound
from app.extensions import _, db
from app.models import (
    LARGEST_KEY,
    Correction,
    Edition,
    Editor,
    Notice,
    NoticeKind,
    NoticeState,
    Role,
)
from emails import typed

SHORTEST, LONGEST = 12, 200
"""Characters of a password (ASVS 5.0, 6.2.1 and 6.2.9: at least 8, and 64 must be allowed)."""

BETWEEN_LINKS = dt.timedelta(minutes=5)
"""A forgotten password orders one mail in this time, however often the button is pressed."""

HASHER = PasswordHasher()
"""argon2id, 64 MiB and three passes (RFC 9106, section 4, second choice): some 100 ms of CPU a password."""


def add(address: str, name: str, role: Role = Role.EDITOR, password: str = "") -> Editor:
    """A new editor; without a password she cannot sign in until she took up an invitation.

    Raises Invalid with a sentence per faulty field, Conflict when the address is known.
    """
    key = addresses.read(address).key
    name = typed.line(name)
    if not name or len(name) > 100:
        raise Invalid(
            _("An editor needs a name."),
            {"name": _("Please write a name, 100 characters at most.")},
        )
    if find(key) is not None:
        raise Conflict(_("%(address)s is an editor already.", address=key))
    editor = Editor(
        address=key,
        name=name,
        role=role,
        password_hash=_hash(password, key) if password else "",
        # SQLite gives a removed editor's number to the next one: what opened for her, a session or the
        # link in a mail to a mistyped address, must not open for whoever has that number now.
        stamp=1 + secrets.randbelow(2**48),
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(editor)
    except IntegrityError as known:
        # The same invitation was pressed twice at once, and we waited for the first.
        raise Conflict(_("%(address)s is an editor already.", address=key)) from known
    return editor


def invite(address: str, name: str, role: Role = Role.EDITOR) -> Notice:
    """A new editor and the mail that lets her choose a password. The caller commits, then nudges."""
    editor = add(address, name, role)
    return notices.order(NoticeKind.INVITATION, editor.address, editor=editor)


def sign_in(address: str, password: str) -> Editor | None:
    """The editor whose password this is, or None: an unknown address takes as long as a wrong word."""
    editor = find(address)
    known = editor is not None and bool(editor.password_hash)
    kept = editor.password_hash if editor is not None and known else _nobody()
    if not _verify(kept, password) or editor is None or not known:
        return None
    if HASHER.check_needs_rehash(editor.password_hash):
        editor.password_hash = HASHER.hash(password)
    editor.signed_in_at = clock.now()
    return editor


def set_password(editor: Editor, password: str) -> None:
    """A new password; every session and link made before is over. Raises Invalid in words."""
    editor.password_hash = _hash(password, editor.address)
    sessions.end_all(editor)


def forget_password(address: str) -> Notice | None:
    """Order the mail with a link to choose a new password; None when nobody is to get one.

    The caller answers alike in both cases. At most one mail in five minutes.
    """
    editor = find(address)
    kinds = (NoticeKind.PASSWORD_RESET, NoticeKind.INVITATION)
    if editor is None or notices.ordered_since(editor.address, kinds, clock.now() - BETWEEN_LINKS):
        return None
    return notices.order(NoticeKind.PASSWORD_RESET, editor.address, editor=editor)


def by_stamp(editor_id: int, stamp: int) -> Editor | None:
    """The editor of a link, unless the password changed since it was made."""
    editor = db.session.get(Editor, editor_id) if editor_id < LARGEST_KEY else None
    return editor if editor is not None and editor.stamp == stamp else None


def find(address: str) -> Editor | None:
    """None also for what is no address at all."""
    return db.session.scalar(select(Editor).where(Editor.address == addresses.key(address)))


def get(editor_id: int) -> Editor:
    """Raises NotFound."""
    editor = db.session.get(Editor, editor_id) if editor_id < LARGEST_KEY else None
    if editor is None:
        raise NotFound(_("There is no such editor."))
    return editor


def listing() -> list[Editor]:
    """All of them, by name."""
    return list(db.session.scalars(select(Editor).order_by(Editor.name, Editor.id)))


def change_role(editor: Editor, role: Role) -> Role | None:
    """Give an editor another role, good from her next click; the one she had, None when she is gone.

    Refused for the last admin.
    """
    held = _hold_admins_and(editor)
    if editor.id not in held:
        return None
    if role is not Role.ADMIN and _is_last_admin(editor, held):
        raise Conflict(_("The last admin stays one: nobody could add editors any more."))
    db.session.execute(update(Editor).where(Editor.id == editor.id).values(role=role))
    return held[editor.id]


def remove(editor: Editor) -> bool:
    """End an editor's access for good; what she did stays. False when she was gone already.

    Refused for the last admin.
    """
    held = _hold_admins_and(editor)
    if editor.id not in held:
        return False
    if _is_last_admin(editor, held):
        raise Conflict(_("The last admin cannot be removed: nobody could add editors any more."))
    owed = delete(Notice).where(Notice.editor_id == editor.id, Notice.state == NoticeState.WAITING)
    db.session.execute(owed)
    for whose in (Edition.ordered_by_id, Correction.editor_id, Notice.editor_id):
        db.session.execute(update(whose.class_).where(whose == editor.id).values({whose: None}))
    db.session.delete(editor)
    db.session.flush()
    return True


def may_moderate(editor: Editor) -> bool:
    """Comments carry their authors' addresses: whoever may send may see and decide on them."""
    return may_send(editor)


def may_send(editor: Editor) -> bool:
    return editor.role in (Role.ADMIN, Role.EDITOR)


def is_admin(editor: Editor) -> bool:
    return editor.role is Role.ADMIN


def _hold_admins_and(editor: Editor) -> dict[int, Role]:
    """The roles of all admins and of this editor, by number, as they stand until we commit.

    Two admins who take each other's rights at once would leave none: who comes second waits here,
    and counts anew.
    """
    found = (
        select(Editor.id, Editor.role)
        .where(or_(Editor.role == Role.ADMIN, Editor.id == editor.id))
        .order_by(Editor.id)
        .with_for_update(key_share=True)
    )
    return dict(db.session.execute(found).all())


def _is_last_admin(editor: Editor, held: dict[int, Role]) -> bool:
    others = (role for number, role in held.items() if number != editor.id)
    return held[editor.id] is Role.ADMIN and Role.ADMIN not in others


def _hash(password: str, address: str) -> str:
    fault = None
    if len(password) < SHORTEST:
        fault = _("Please take at least %(least)s characters.", least=SHORTEST)
    elif len(password) > LONGEST:
        fault = _("Please take at most %(most)s characters.", most=LONGEST)
    elif password.lower() in (address, address.partition("@")[0]) or len(set(password)) < 5:
        fault = _("This is too easy to guess.")
    if fault is not None:
        raise Invalid(fault, {"password": fault})
    return HASHER.hash(password)


def _verify(kept: str, password: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """A hash that no password opens, made once with the very cost of the real ones."""
    return HASHER.hash("\x00nobody's password")
