"""Editors: passwords, stamps, invitations, and answers that tell a stranger nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from statistics import median

import pytest
from flask import Flask

from app.core import clock, corrections, editors, sessions
from app.core.errors import Conflict, Invalid
from app.extensions import db
from app.models import DeskSession, Editor, Notice, NoticeKind, Role
from tests import people, talks

WORD = "un mot de passe long"


@pytest.fixture
def editor(flask_app: Flask) -> Editor:
    made = editors.add("Zoe@Hebdo.example", "Zoé", password=WORD)
    db.session.commit()
    return made


def test_an_editor_signs_in_with_her_word_and_in_any_case_of_her_address(editor: Editor) -> None:
    assert editors.sign_in(" zoe@hebdo.EXAMPLE ", WORD) is editor
    assert editor.signed_in_at is not None


@pytest.mark.parametrize("word", ["", WORD.upper(), WORD + " ", "\x00", "x" * 100_000])
def test_another_word_opens_nothing(editor: Editor, word: str) -> None:
    assert editors.sign_in(editor.address, word) is None


def test_an_editor_who_has_not_taken_up_her_invitation_cannot_sign_in(flask_app: Flask) -> None:
    editors.invite("new@hebdo.example", "Nouvelle")
    for word in ("", "\x00nobody's password", WORD):
        assert editors.sign_in("new@hebdo.example", word) is None


def test_passwords_are_kept_as_argon2id_at_its_price(dear_passwords: None, editor: Editor) -> None:
    assert editor.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_new_password_ends_what_was_made_with_the_old_one(editor: Editor) -> None:
    before = editor.stamp
    assert editors.by_stamp(editor.id, before) is editor
    editors.set_password(editor, "un autre mot de passe")
    assert editors.by_stamp(editor.id, before) is None
    assert editors.sign_in(editor.address, WORD) is None


def test_a_sign_in_with_the_old_word_that_ends_after_the_change_opens_nothing(
    editor: Editor,
) -> None:
    """The old stamp was read with the old word; the row comes when all others are gone."""
    late = sessions.begin(editor)
    assert sessions.owner(late.key) is editor
    editors.set_password(editor, "un autre mot de passe")
    db.session.add(
        DeskSession(key="late", editor_id=editor.id, stamp=editor.stamp - 1, begun_at=clock.now())
    )
    db.session.flush()
    assert sessions.owner(late.key) is None
    assert sessions.owner("late") is None
    assert sessions.count(editor) == 0


def test_an_editors_sessions_go_with_her(editor: Editor) -> None:
    key = sessions.begin(editor).key
    editors.remove(editor)
    db.session.commit()
    assert sessions.owner(key) is None
    assert db.session.query(DeskSession).count() == 0


@pytest.mark.parametrize("word", ["short", "x" * 201, "aaaaaaaaaaaaaaa", "zoe@hebdo.example"])
def test_a_password_that_is_easy_to_guess_is_refused_in_words(editor: Editor, word: str) -> None:
    with pytest.raises(Invalid) as refused:
        editors.set_password(editor, word)
    assert "password" in refused.value.faults


def test_an_address_is_one_editor(editor: Editor) -> None:
    with pytest.raises(Conflict):
        editors.add("ZOE@hebdo.example", "Encore Zoé")


def test_a_forgotten_password_orders_one_mail_and_a_stranger_none(editor: Editor) -> None:
    notice = editors.forget_password(editor.address)
    assert notice is not None
    assert (notice.kind, notice.editor_id) == (NoticeKind.PASSWORD_RESET, editor.id)
    assert editors.forget_password(editor.address) is None
    assert editors.forget_password("nobody@hebdo.example") is None
    assert db.session.query(Notice).count() == 1


def test_a_sign_in_takes_as_long_for_an_unknown_address(
    dear_passwords: None, editor: Editor
) -> None:
    # Made with the quick hash of an earlier test, if there was one.
    editors._nobody.cache_clear()

    def seconds(address: str) -> float:
        start = time.perf_counter()
        editors.sign_in(address, "not the password")
        return time.perf_counter() - start

    seconds(editor.address), seconds("nobody@hebdo.example")
    known, unknown = zip(
        *((seconds(editor.address), seconds("nobody@hebdo.example")) for _ in range(7)), strict=True
    )
    # The hash takes tens of milliseconds; without the stand-in an unknown address takes one.
    assert median(unknown) > median(known) / 2


def test_the_last_admin_cannot_be_removed(editor: Editor) -> None:
    admin = editors.add("admin@hebdo.example", "Admin", Role.ADMIN)
    with pytest.raises(Conflict):
        editors.remove(admin)
    editors.forget_password(editor.address)
    editors.remove(editor)
    db.session.commit()
    assert editors.find("zoe@hebdo.example") is None


def test_what_a_removed_editor_held_opens_nothing_for_whoever_gets_her_number(
    flask_app: Flask,
) -> None:
    """SQLite numbers the next editor like the last one who was removed."""
    mistyped = editors.invite("nnina@hebdo.example", "Nina").editor
    assert mistyped is not None
    held = mistyped.id, mistyped.stamp
    editors.remove(mistyped)
    db.session.commit()
    nina = editors.invite("nina@hebdo.example", "Nina").editor
    assert nina is not None
    db.session.commit()
    assert editors.by_stamp(nina.id, nina.stamp) is nina
    assert editors.by_stamp(*held) is None


def test_an_editor_who_corrected_an_issue_can_be_removed_and_the_note_stays(
    editor: Editor,
) -> None:
    issue = talks.issue(people.newsletter())
    corrections.add(issue, "", "C’était lundi.", editor)
    editors.remove(editor)
    db.session.commit()
    assert editors.find("zoe@hebdo.example") is None
    assert [note.text for note in corrections.of_issue(issue.id)] == ["C’était lundi."]


def demote(editor: Editor) -> None:
    editors.change_role(editor, Role.CONTRIBUTOR)


@pytest.mark.parametrize("second", [editors.remove, demote])
@pytest.mark.parametrize("first", [editors.remove, demote])
def test_two_admins_who_take_each_others_rights_at_once_leave_one(
    flask_app: Flask, first: Callable[[Editor], object], second: Callable[[Editor], object]
) -> None:
    one, other = (
        editors.add(f"{name}@hebdo.example", name, Role.ADMIN).id for name in ("ada", "bea")
    )
    db.session.commit()

    def take() -> bool:
        with flask_app.app_context():
            try:
                second(editors.get(one))
            except Conflict:
                db.session.rollback()
                return False
            db.session.commit()
            return True

    first(editors.get(other))
    with ThreadPoolExecutor(1) as hand:
        taken = hand.submit(take)
        # Who did not wait for the first would be through by then.
        wait([taken], timeout=1)
        db.session.commit()
        assert taken.result(30) is False
    assert [each.id for each in editors.listing() if each.role is Role.ADMIN] == [one]


def test_a_role_is_changed_and_the_one_before_told(editor: Editor) -> None:
    assert editors.change_role(editor, Role.ADMIN) is Role.EDITOR
    assert editors.change_role(editor, Role.ADMIN) is Role.ADMIN
    assert editor.role is Role.ADMIN
    with pytest.raises(Conflict):
        editors.change_role(editor, Role.EDITOR)
    db.session.commit()
    assert editor.role is Role.ADMIN


def test_a_role_given_while_another_admin_gave_one_is_the_role(
    flask_app: Flask, editor: Editor
) -> None:
    """What was read of her before is no answer to whether anything is to be done."""
    if db.engine.dialect.name != "postgresql":
        # Who may write on SQLite reads while nobody else writes.
        return
    assert editor.role is Role.EDITOR
    with flask_app.app_context():
        editors.change_role(editors.get(editor.id), Role.CONTRIBUTOR)
        db.session.commit()
    assert editors.change_role(editor, Role.EDITOR) is Role.CONTRIBUTOR
    db.session.commit()
    assert editor.role is Role.EDITOR


def test_who_is_gone_gets_no_role(editor: Editor) -> None:
    editors.remove(editor)
    assert editors.change_role(editor, Role.ADMIN) is None


def test_removing_somebody_twice_is_the_same_as_once(editor: Editor) -> None:
    assert editors.remove(editor) is True
    assert editors.remove(editor) is False
    db.session.commit()
    assert editors.listing() == []


def test_roles_say_who_may_send() -> None:
    may = {role: editors.may_send(Editor(role=role)) for role in Role}
    assert may == {Role.ADMIN: True, Role.EDITOR: True, Role.CONTRIBUTOR: False}
