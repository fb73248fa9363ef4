"""Imports, editors, newsletters and passwords as pages."""

from __future__ import annotations

import dataclasses
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy.orm import make_transient
from werkzeug.test import TestResponse

from app.core import editors, imprints, issues, newsletters
from app.extensions import db, links
from app.models import Editor, Issue, Notice, NoticeKind, Role
from tests import desk, pages
from tests.core.test_imports import PLAIN, REAL
from tests.desk import Desk
from tests.hostile import is_alive
from tests.papers import faulty, is_told_above, written


@pytest.fixture
def admin(flask_app: Flask) -> Desk:
    return desk.signed_in(flask_app, Role.ADMIN)


@pytest.fixture
def issue(flask_app: Flask) -> Issue:
    return desk.draft(flask_app)


def test_a_pasted_text_becomes_a_draft_and_its_odd_lines_are_named(
    admin: Desk, issue: Issue
) -> None:
    answer = admin.post("/editor/issues/import", {"newsletter": "essentiel-ia", "text": PLAIN})
    assert answer.status_code == 200
    assert "Réagir" in answer.text
    assert issues.listing()[0][0].subject == "Le titre du numéro"


def test_a_file_saved_by_an_old_program_keeps_its_accents(admin: Desk, issue: Issue) -> None:
    form = {
        "newsletter": "essentiel-ia",
        "file": (BytesIO(PLAIN.encode("windows-1252")), "issue.txt"),
    }
    admin.post("/editor/issues/import", form, content_type="multipart/form-data")
    assert issues.listing()[0][0].subject == "Le titre du numéro"


@pytest.mark.parametrize("role", Role)
def test_only_an_admins_import_changes_the_newsletters_tagline(
    flask_app: Flask, issue: Issue, role: Role
) -> None:
    before = issue.newsletter.tagline
    form = {"newsletter": "essentiel-ia", "text": PLAIN}
    page = desk.signed_in(flask_app, role).post("/editor/issues/import", form).text
    db.session.expire_all()
    told = "Only an admin changes the newsletter" in page
    made = issues.listing()[0][0]
    line = "Chaque semaine, l'essentiel"
    if role is Role.ADMIN:
        assert (issue.newsletter.tagline, told) == (line, False)
    else:
        assert (issue.newsletter.tagline, told) == (before, True)
        assert made.leftovers.splitlines()[0] == line


@pytest.mark.skipif(not REAL.exists(), reason="the real issue is not beside this clone")
def test_the_real_issue_is_imported_and_lacks_nothing(admin: Desk, issue: Issue) -> None:
    form = {"newsletter": "essentiel-ia", "file": (BytesIO(REAL.read_bytes()), "issue.txt")}
    admin.post("/editor/issues/import", form, content_type="multipart/form-data")
    imported = issues.listing()[0][0]
    assert imported.subject.startswith("Mistral AI, le champion")
    page = admin.get(f"/editor/issues/{imported.id}/send?lang=en").text
    assert "Send to 25 readers?" in page
    assert "data-once" in page


def test_a_text_that_is_sent_twice_becomes_one_draft_until_somebody_writes_in_it(
    admin: Desk, issue: Issue
) -> None:
    form = {"newsletter": "essentiel-ia", "text": PLAIN}
    for _ in range(2):
        answer = admin.post("/editor/issues/import", form)
        assert f"/editor/issues/{issues.listing()[0][0].id}" in answer.text
    assert [each.number for each, _ in issues.listing()] == [2, 1]
    issues.listing()[0][0].revision += 1
    db.session.commit()
    admin.post("/editor/issues/import", form)
    assert [each.number for each, _ in issues.listing()] == [3, 2, 1]


def test_nothing_to_import_is_said(admin: Desk, issue: Issue) -> None:
    assert admin.post("/editor/issues/import", {"newsletter": "essentiel-ia"}).status_code == 422


def test_a_file_too_large_for_an_issue_is_refused(
    admin: Desk, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.editor.imports.MOST_BYTES", 100)
    form = {"newsletter": "essentiel-ia", "file": (BytesIO(b"a" * 101), "x.txt")}
    answer = admin.post("/editor/issues/import", form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert len(issues.listing()) == 1


def test_an_invited_editor_chooses_her_password_by_the_link(flask_app: Flask, admin: Desk) -> None:
    form = {"name": "Nina", "address": "nina@hebdo.example", "role": "editor"}
    assert admin.post("/editor/editors", form).status_code == 303
    notice = db.session.query(Notice).one()
    assert (notice.kind, notice.address) == (NoticeKind.INVITATION, "nina@hebdo.example")
    nina = db.session.get_one(Editor, notice.editor_id)
    link = flask_app.extensions["hebdo.links"].password(nina.id, nina.stamp)
    path = link.removeprefix("http://hebdo.test")
    browser = Desk(flask_app)
    browser.token = desk.token(browser.get(path))
    assert browser.post(path, {"password": "too short"}).status_code == 422
    assert browser.post(path, {"password": desk.WORD}).status_code == 303
    assert browser.sign_in("nina@hebdo.example").status_code == 303
    assert browser.get(path).status_code == 404


def test_a_password_that_is_too_long_is_told_so_and_never_cut(flask_app: Flask) -> None:
    editor = desk.editor()
    path = links().password(editor.id, editor.stamp).removeprefix(links().url(""))
    browser = Desk(flask_app)
    page = browser.get(path)
    browser.token = desk.token(page)
    assert "maxlength" not in pages.element(page.text, "input", name="password")
    refused = browser.post(path, {"password": "un mot de passe " * 13})
    assert refused.status_code == 422
    assert faulty(refused.text) == ["password"]
    assert "at most 200 characters" in refused.text


def test_an_editor_invited_twice_is_said(admin: Desk) -> None:
    form = {"name": "Nina", "address": "nina@hebdo.example", "role": "editor"}
    admin.post("/editor/editors", form)
    again = admin.post("/editor/editors", form)
    assert again.status_code == 422
    assert faulty(again.text) == ["address"]


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
def test_a_role_that_is_none_is_refused(admin: Desk, role: str) -> None:
    form = {"name": "Nina", "address": "nina@hebdo.example", "role": role}
    assert admin.post("/editor/editors", form).status_code == 422


def test_a_name_is_text_in_every_sentence_about_it(admin: Desk) -> None:
    form = {"name": "<script>alert(1)</script>", "address": "x@hebdo.example", "role": "editor"}
    admin.post("/editor/editors", form)
    found = editors.find("x@hebdo.example")
    assert found is not None
    assert not is_alive(admin.get("/editor/editors").text)
    press(admin, found, "remove")
    page = admin.get("/editor/editors").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not is_alive(page)


def test_a_removed_editor_is_out_at_once(flask_app: Flask, admin: Desk) -> None:
    other = desk.signed_in(flask_app)
    found = editors.find(desk.ADDRESSES[Role.EDITOR])
    me = editors.find(desk.ADDRESSES[Role.ADMIN])
    assert found is not None
    assert me is not None
    assert press(admin, found, "remove").status_code == 303
    assert other.get("/editor/").status_code == 302
    assert press(admin, me, "remove").status_code == 409


def press(admin: Desk, editor: Editor, button: str, **more: str) -> TestResponse:
    """A button of the page of editors beside this one."""
    path = f"/editor/editors/{editor.id}/{button}"
    return admin.post(path, {"address": editor.address, **more})


def as_seen(editor: Editor) -> Editor:
    """As a page shows her, whatever becomes of her row."""
    db.session.commit()
    db.session.refresh(editor)
    make_transient(editor)
    return editor


def told(at_desk: Desk) -> str:
    return pages.words(at_desk.get("/editor/editors").text)


def test_the_page_of_editors_has_a_button_and_a_role_for_each_but_oneself(admin: Desk) -> None:
    nina = desk.editor(Role.CONTRIBUTOR)
    page = admin.get("/editor/editors").text
    actions = [each.get("action", "") for each in pages.elements(page, "form")]
    about = [each for each in actions if each.startswith("/editor/editors/")]
    assert about == [f"/editor/editors/{nina.id}/{button}" for button in ("role", "remove")]
    assert pages.hidden(page)["address"] == nina.address
    assert "selected" in pages.elements(page, "option")[1]


@pytest.mark.parametrize("role", Role)
def test_who_gets_another_role_has_its_rights_at_her_next_click(
    flask_app: Flask, admin: Desk, issue: Issue, role: Role
) -> None:
    hers = desk.signed_in(flask_app, Role.CONTRIBUTOR)
    send, roles = f"/editor/issues/{issue.id}/send", "/editor/editors"
    assert (hers.get(send).status_code, hers.get(roles).status_code) == (403, 403)
    nina = editors.find(desk.ADDRESSES[Role.CONTRIBUTOR])
    assert nina is not None
    for given in (role, role, Role.CONTRIBUTOR):
        assert press(admin, nina, "role", role=given.value).status_code == 303
        may_send = 403 if given is Role.CONTRIBUTOR else 200
        assert hers.get(send).status_code == may_send
        assert hers.get(roles).status_code == (200 if given is Role.ADMIN else 403)


def test_a_change_of_role_is_told_in_words(admin: Desk) -> None:
    nina = desk.editor(Role.CONTRIBUTOR)
    for role, words in (
        ("editor", "From the next click on, Contributor Martin writes and sends."),
        ("editor", "Nothing changed: Contributor Martin had this role already."),
        ("admin", "Contributor Martin writes, sends and keeps the desk."),
        ("contributor", "Contributor Martin writes, but does not send."),
    ):
        press(admin, nina, "role", role=role)
        assert words in told(admin)


def test_nobody_changes_her_own_role_or_gives_one_that_is_none(admin: Desk) -> None:
    me, nina = editors.find(desk.ADDRESSES[Role.ADMIN]), desk.editor()
    assert me is not None
    assert press(admin, me, "role", role="editor").status_code == 409
    for role in ("", "owner", "ADMIN", "\x00"):
        assert press(admin, nina, "role", role=role).status_code == 404
    db.session.expire_all()
    assert (me.role, nina.role) == (Role.ADMIN, Role.EDITOR)


@pytest.mark.parametrize("button", ["remove", "role"])
def test_what_is_pressed_about_somebody_who_is_gone_is_answered_kindly(
    admin: Desk, button: str
) -> None:
    nina = as_seen(desk.editor())
    for name in ("remove", button):
        assert press(admin, nina, name, role="admin").status_code == 303
    assert "this editor had been removed already" in told(admin)


@pytest.mark.parametrize("button", ["remove", "role"])
def test_a_button_of_an_old_page_does_not_reach_who_got_the_number_since(
    admin: Desk, button: str
) -> None:
    """SQLite numbers the next editor like the last one who was removed."""
    mistyped = as_seen(editors.add("nnina@hebdo.example", "Nina"))
    press(admin, mistyped, "remove")
    nina = editors.add("nina@hebdo.example", "Nina")
    nina.id = mistyped.id
    db.session.commit()
    press(admin, mistyped, button, role="admin")
    assert "this editor had been removed already" in told(admin)
    db.session.expire_all()
    assert nina.role is Role.EDITOR


def test_a_forgotten_password_gets_the_same_answer_for_everybody(flask_app: Flask) -> None:
    desk.editor()
    pages = []
    for address in (desk.ADDRESSES[Role.EDITOR], "nobody@hebdo.example"):
        browser = Desk(flask_app)
        browser.token = desk.token(browser.get("/editor/password"))
        answer = browser.post("/editor/password", {"address": address})
        pages.append((answer.status_code, answer.headers["Location"], answer.text))
    assert pages[0] == pages[1]
    notice = db.session.query(Notice).one()
    assert (notice.kind, notice.address) == (
        NoticeKind.PASSWORD_RESET,
        desk.ADDRESSES[Role.EDITOR],
    )


def test_a_newsletters_settings_are_kept_or_all_faults_are_said(admin: Desk, issue: Issue) -> None:
    url = "/editor/newsletters/essentiel-ia"
    form = {
        "name": "Un autre nom",
        "sender_name": "La rédaction",
        "sender_address": "lettre@hebdo.example",
        "postal_address": "1, rue du Port\r\n75001 Paris",
        "accent": "#123456",
        "language": "fr",
        "visibility": "public",
    }
    assert admin.post(url, form).status_code == 303
    db.session.expire_all()
    assert issue.newsletter.name == "Un autre nom"
    assert issue.newsletter.postal_address == "1, rue du Port\n75001 Paris"
    # A browser counts a line end as one character and sends two.
    assert admin.post(url, {**form, "description": "a\r\n" * 1000}).status_code == 303
    refused = admin.post(url, {**form, "accent": "red", "sender_address": "nobody", "name": ""})
    assert refused.status_code == 422
    assert 'id="name-fault"' in refused.text
    refused = admin.post(url, {**form, "accent": "red", "sender_address": "nobody"})
    assert refused.status_code == 422
    for field in ("accent", "sender_address"):
        assert f'id="{field}-fault"' in refused.text


def test_who_would_undo_anothers_settings_is_told_first_and_may_press_once_more(
    admin: Desk, issue: Issue
) -> None:
    url, newsletter = "/editor/newsletters/essentiel-ia", issue.newsletter
    form = {**written(admin.get(url).text), "tagline": "Le mien"}
    kept = dataclasses.replace(newsletters.settings_of(newsletter), postal_address="2, rue Neuve")
    newsletters.change(newsletter, kept)
    db.session.commit()
    told = admin.post(url, form)
    assert told.status_code == 422
    assert is_told_above(told.text)
    assert "Somebody changed this" in told.text
    assert written(told.text)["tagline"] == ["Le mien"]
    db.session.expire_all()
    assert newsletters.settings_of(newsletter) == kept
    assert admin.post(url, written(told.text)).status_code == 303
    # The second press of a button is no other hand.
    assert admin.post(url, written(told.text)).status_code == 303
    db.session.expire_all()
    assert (newsletter.tagline, newsletter.postal_address) != ("Le mien", "2, rue Neuve")


def test_who_would_undo_anothers_legal_notice_is_told_first(admin: Desk, issue: Issue) -> None:
    form = {**written(admin.get("/editor/imprint").text), "phone": "01 00 00 00 00"}
    imprints.keep(dataclasses.replace(imprints.read(), director="Zoé Martin"))
    db.session.commit()
    told = admin.post("/editor/imprint", form)
    assert told.status_code == 422
    assert is_told_above(told.text)
    db.session.expire_all()
    assert imprints.read().director == "Zoé Martin"
    assert admin.post("/editor/imprint", written(told.text)).status_code == 303
    db.session.expire_all()
    assert imprints.read().phone == "01 00 00 00 00"
