"""Imports, editors, newsletters and passwords as pages."""

from __future__ import annotations

import dataclasses
from io import BytesIO

import pytest
from flask import Flask

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
    assert admin.post("/editor/editors", form).status_code == 409


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
    admin.post(f"/editor/editors/{found.id}/remove")
    page = admin.get("/editor/editors").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not is_alive(page)


def test_a_removed_editor_is_out_at_once(flask_app: Flask, admin: Desk) -> None:
    other = desk.signed_in(flask_app)
    found = editors.find(desk.ADDRESSES[Role.EDITOR])
    me = editors.find(desk.ADDRESSES[Role.ADMIN])
    assert found is not None
    assert me is not None
    assert admin.post(f"/editor/editors/{found.id}/remove").status_code == 303
    assert other.get("/editor/").status_code == 302
    assert admin.post(f"/editor/editors/{me.id}/remove").status_code == 409


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
