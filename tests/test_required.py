"""Every form, faultily filled in: each fault told once at its field, nothing typed lost, nothing done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.extensions import csrf, db
from app.models import Base, Role, Subscriber
from tests import desk, pages, sheets
from tests.desk_sheets import BUTTONS, DESK, ELSEWHERE, TOKENS_ELSEWHERE
from tests.papers import faulty, is_told_above, written
from tests.reader.conftest import Visitor
from tests.sheets import READERS, Sheet

BLANKS = ("", " \t ", "\u00a0\u202f", "\u200b\u2060\ufeff\u3164")

LOST = "lost"
"""A token whose session is gone."""

SHEETS = [pytest.param(each, id=each.endpoint) for each in (*READERS, *DESK)]
SIGN_UPS = [pytest.param(each, id=each.endpoint) for each in READERS if "first_name" in each.typed]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""What a form says of faults is the same on every database; only what is kept needs both."""


@dataclass
class Filled:
    """One form in somebody's browser."""

    sheet: Sheet
    client: FlaskClient
    stage: Mapping[str, str]

    def __post_init__(self) -> None:
        self.page = self.sheet.page.format(**self.stage)
        self.action = self.sheet.action.format(**self.stage)
        self.typed = {n: v.format(**self.stage) for n, v in self.sheet.typed.items()}
        self.hidden = pages.hidden(self.client.get(self.page).text) if self.page else {}

    def send(self, typed: Mapping[str, Any] | None = None, **changes: Any) -> TestResponse:
        """What is None is not sent at all; a list is sent several times over."""
        given = {**self.hidden, **(self.typed if typed is None else typed), **changes}
        fields = MultiDict({name: value for name, value in given.items() if value is not None})
        return self.client.post(self.action, data=fields)

    def assert_kept(self, page: str, except_for: str = "") -> None:
        standing = written(page)
        for name, value in self.typed.items():
            if name != except_for:
                assert value.replace("\r\n", "\n") in standing.get(name, [value]), name
                assert name in standing or name in self.sheet.picked, name


@pytest.fixture(params=SHEETS)
def form(request: pytest.FixtureRequest, flask_app: Flask) -> Filled:
    flask_app.test_client_class = Visitor
    sheet: Sheet = request.param
    stage = sheets.stage()
    if sheet.is_at_desk:
        return Filled(sheet, desk.signed_in(flask_app, Role.ADMIN).client, stage)
    return Filled(sheet, flask_app.test_client(), stage)


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        found[table.name] = [tuple(each) for each in db.session.execute(select(table))]
    db.session.rollback()
    return found


def counts(form: Filled) -> dict[str, int]:
    """A sign-up is proved by each press; behind a link of hers, one that changes nothing leaves nothing."""
    uncounted = set() if form.sheet.page.startswith("{") else {"consent"}
    return {name: len(each) for name, each in rows().items() if name not in uncounted}


@pytest.fixture
def nothing_done() -> Iterator[None]:
    """Around a test whose every request is refused."""
    before = rows()
    yield
    assert rows() == before


def test_without_a_mistake_it_is_taken_and_a_second_press_does_no_more(form: Filled) -> None:
    first = form.send()
    assert first.status_code in {200, 303}, pages.words(first.text)
    once = counts(form)
    second = form.send()
    assert second.status_code == form.sheet.second
    if form.sheet.second == 303:
        assert second.location == first.location
    assert counts(form) == once


@ON_SQLITE
def test_what_is_missing_or_blank_is_told_each_alone_and_all_at_once_and_the_rest_is_kept(
    form: Filled, nothing_done: None
) -> None:
    wanted = form.sheet.required if form.sheet.bare is None else form.sheet.bare
    if wanted:
        answer = form.send({})
        assert answer.status_code == 422
        assert faulty(answer.text) == list(wanted)
    for name in form.sheet.required:
        for blank in (None, *BLANKS):
            if blank and name in form.sheet.picked:
                continue
            answer = form.send(**{name: blank})
            assert answer.status_code == 422, (name, blank)
            assert faulty(answer.text) == [name], (name, blank)
            form.assert_kept(answer.text, except_for=name)


@ON_SQLITE
def test_what_is_too_long_or_of_the_wrong_kind_is_told_and_given_back(
    form: Filled, nothing_done: None
) -> None:
    too_long = {name: ("x" * (most + 1),) for name, most in form.sheet.longest.items()}
    for name in {**too_long, **form.sheet.wrong}:
        for typed in (*too_long.get(name, ()), *form.sheet.wrong.get(name, ())):
            answer = form.send(**{name: typed})
            assert answer.status_code == 422, (name, typed)
            assert faulty(answer.text) == [name], (name, typed)
            form.assert_kept(answer.text, except_for=name)
            # A browser shows no choice that was not offered, and no page holds a control.
            if name not in form.sheet.picked and typed.isprintable():
                assert typed in written(answer.text)[name], (name, typed)


@ON_SQLITE
def test_back_from_a_fault_the_page_as_it_was_first_loaded_serves_as_well(form: Filled) -> None:
    first = form.send({})
    assert (first.status_code == 422) is bool(form.sheet.required or form.sheet.bare)
    assert form.send().status_code in {200, 303}


@ON_SQLITE
@pytest.mark.parametrize("form", SIGN_UPS, indirect=True)
def test_back_from_the_thanks_a_sign_up_is_corrected_and_mailed_once(form: Filled) -> None:
    assert form.send().status_code == 303
    once = counts(form)
    assert form.send(first_name="Zoé").status_code == 303
    assert counts(form) == once
    names = db.session.scalars(select(Subscriber.first_name)).all()
    assert "Zoé" in names
    assert "Léa" not in names


@ON_SQLITE
def test_of_a_parameter_sent_twice_the_first_counts(form: Filled) -> None:
    sent = {**form.hidden, **form.typed}
    twice = {name: [value, "x" * 9000] for name, value in sent.items()}
    assert form.send(**twice).status_code in {200, 303}
    assert "x" * 9000 not in str(rows())


@ON_SQLITE
def test_what_no_browser_sends_is_answered_in_words(form: Filled) -> None:
    """Nothing at all, or in the fields that nobody sees something that is not ours."""
    before = rows()
    nothing = form.client.post(form.action)
    assert nothing.status_code in {404, 422}
    assert "<h1" in nothing.text
    assert rows() == before
    for name in form.hidden:
        for odd in (None, "", "x" * 9000, "\x00é\ufffd"):
            answer = form.send(**{name: odd})
            assert answer.status_code in {303, 404, 422}, (name, odd)
            assert answer.status_code == 303 or "<h1" in answer.text, (name, odd)


@ON_SQLITE
def test_what_is_written_in_another_encoding_is_read_or_refused_in_words(form: Filled) -> None:
    for name in form.typed:
        sent = {**form.hidden, **form.typed}
        body = "&".join(
            f"{quote(each)}={'%FF%FE%C3' if each == name else quote(value)}"
            for each, value in sent.items()
        )
        kind = "application/x-www-form-urlencoded; charset=utf-16"
        answer = form.client.post(form.action, data=body, content_type=kind)
        assert answer.status_code in {200, 303, 422}, name
        assert answer.status_code == 303 or "<h1" in answer.text or "<form" in answer.text, name
    for charset in ("iso-8859-1", "utf-16"):
        for name in (each for each in form.typed if each not in form.sheet.picked):
            answer = form.client.post(
                form.action,
                data=_multipart({**form.hidden, **form.typed, name: "Zoé\x85"}, name, charset),
                content_type="multipart/form-data; boundary=edge",
            )
            assert answer.status_code in {200, 303, 422, form.sheet.second}, name
    assert "\ufffd" not in str(rows())


def _multipart(fields: Mapping[str, str], odd: str, charset: str) -> bytes:
    parts = []
    for name, value in fields.items():
        told = f"; charset={charset}" if name == odd else ""
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: text/plain{told}'
        said = value.encode(charset if name == odd else "utf-8")
        parts.append(head.encode() + b"\r\n\r\n" + said + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n"


@ON_SQLITE
def test_a_missing_or_stale_token_costs_nobody_a_word(form: Filled) -> None:
    """The page that comes back has a new one: the second press, which it asks for, is enough."""
    if not form.sheet.has_token:
        # Her link is all there is, or there is nothing to forge: no token is asked for or made.
        assert "csrf_token" not in form.hidden
        return
    before = rows()
    stranger = form.client.application.test_client().get(sheets.ONE.page)
    for token in (None, "", "stale", "é", pages.hidden(stranger.text)["csrf_token"], LOST):
        if token is LOST and not form.sheet.is_at_desk:
            # Her browser has forgotten its cookies; at the desk, that signs her out.
            form.client.delete_cookie("hebdo")
            token = form.hidden["csrf_token"]
        answer = form.send(csrf_token=token)
        assert answer.status_code == 422, token
        assert "Please press once more." in pages.words(answer.text)
        assert faulty(answer.text) == []
        assert is_told_above(answer.text)
        form.assert_kept(answer.text)
    assert rows() == before
    form.hidden = pages.hidden(answer.text)
    assert form.send().status_code in {200, 303}


@ON_SQLITE
def test_every_form_and_every_button_stands_in_the_table(flask_app: Flask) -> None:
    takes = {
        rule.endpoint
        for rule in flask_app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("static")
    }
    tabled = {each.endpoint for each in (*READERS, *DESK)}
    assert takes == tabled | set(BUTTONS) | set(ELSEWHERE)


@ON_SQLITE
def test_a_view_that_checks_its_own_token_is_in_the_table_with_one(flask_app: Flask) -> None:
    """Elsewhere nothing shows that a forged press does nothing."""
    own = {each.endpoint for each in (*READERS, *DESK) if each.has_token} | TOKENS_ELSEWHERE
    for endpoint, view in flask_app.view_functions.items():
        is_exempt = f"{view.__module__}.{view.__name__}" in csrf._exempt_views
        if endpoint.startswith("editor.") and is_exempt:
            assert endpoint in own
        assert is_exempt or endpoint not in own
