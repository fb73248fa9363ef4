"""Required fields of every sign-up form: each fault told once at its field, nothing typed is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.extensions import db
from app.models import Detail, Subscriber, Subscription
from tests import pages, people
from tests.browser import LiveServer

ANSWERS = {f"answer-{name}": value for name, value in people.ANSWERS.items()}
AMONG = {f"answer-essentiel-ia-{name}": value for name, value in people.ANSWERS.items()}
WHO = {"address": "lea@hebdo.test", "first_name": "Léa"}


@dataclass(frozen=True)
class Asked:
    """A form: where it stands, where it goes, and what a reader who makes no mistake writes."""

    page: str
    action: str
    typed: dict[str, str]
    required: tuple[str, ...]
    """In the order of the page."""

    def send(self, client: FlaskClient, **changes: Any) -> TestResponse:
        typed = {**self.typed, **changes}
        given = {name: value for name, value in typed.items() if value is not None}
        return pages.submit(client, self.page, self.action, given)


ONE = Asked(
    "/newsletters/essentiel-ia",
    "/subscribe",
    {**WHO, **ANSWERS, "consent": "y"},
    ("address", "answer-ville", "answer-metier", "answer-naissance", "consent"),
)
SEVERAL = Asked(
    "/",
    "/",
    {**WHO, **AMONG, "newsletters": "essentiel-ia"},
    ("newsletters", *tuple(AMONG)[:3], "address"),
)


@pytest.fixture(params=[ONE, SEVERAL], ids=["one", "several"])
def form(request: pytest.FixtureRequest, flask_app: Flask) -> Asked:
    people.asks(people.newsletter())
    people.newsletter("autre").name = "Autre"
    db.session.commit()
    found: Asked = request.param
    return found


def faulty(form: Asked, page: str) -> list[str]:
    """The names of the fields that the page says are faulty, each told exactly once, focus first."""
    controls = [each for tag in ("input", "select") for each in pages.elements(page, tag)]
    wrong = [each for each in controls if "aria-invalid" in each]
    told = {each["id"] for each in pages.elements(page, "p") if "fault" in each.get("class", "")}
    named = {each["name"] for each in wrong}
    names = [name for name in dict.fromkeys((*form.typed, "consent")) if name in named]
    assert told == {f"{name}-fault" for name in names}
    for each in wrong:
        assert f"{each['name']}-fault" in each["aria-describedby"].split()
    order = re.findall(r'(?:name="([^"]+)"[^>]*autofocus|autofocus[^>]*name="([^"]+)")', page)
    first = next(name for name in (*form.required, "first_name", *form.typed) if name in names)
    assert [one or other for one, other in order] == [first]
    return sorted(names)


def kept(page: str) -> dict[str, str]:
    """What stands in the fields of the page that came back."""
    inputs = {
        each["name"]: each.get("value", "")
        for each in pages.elements(page, "input")
        if "name" in each and (each.get("type") != "checkbox" or "checked" in each)
    }
    chosen = re.findall(
        r'<select[^>]*name="([^"]+)".*?(?:<option selected value="([^"]*)"|</select>)', page, re.S
    )
    return inputs | dict(chosen)


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_without_a_mistake_the_answers_are_kept(client: FlaskClient, form: Asked) -> None:
    assert form.send(client).status_code == 303
    assert count(Detail) == 4


@pytest.mark.parametrize("blank", [None, "", "   ", "\t", "\u00a0"])
def test_each_required_field_missing_alone_is_told_and_the_rest_is_kept(
    client: FlaskClient, form: Asked, blank: str | None
) -> None:
    for name in form.required:
        if blank and name in {"consent", "newsletters"}:
            continue
        answer = form.send(client, **{name: blank})
        assert answer.status_code == 422, name
        if name == "newsletters":
            # With nothing ticked, no newsletter's questions count.
            assert "aria-invalid" in answer.text
        else:
            assert faulty(form, answer.text) == [name]
        held = kept(answer.text)
        for other, value in form.typed.items():
            assert other == name or held[other] in {value, "y"}, (name, other)
    assert count(Subscriber) == 0


def test_all_missing_are_told_at_once(client: FlaskClient, form: Asked) -> None:
    answer = form.send(client, **{name: None for name in form.typed if name != "newsletters"})
    assert answer.status_code == 422
    wanted = sorted(name for name in form.required if name != "newsletters")
    assert faulty(form, answer.text) == wanted
    assert f"{len(wanted)} things need another look" in pages.words(answer.text)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("address", "a" * 250 + "@hebdo.test"),
        ("address", "lea"),
        ("first_name", "L" * 101),
        ("ville", "L" * 41),
        ("ville", "Ly\u202eno"),
        ("metier", "Astronaute"),
        ("naissance", "hier"),
        ("naissance", "2021-01-01"),
        ("enfants", "deux"),
        ("enfants", "21"),
        ("enfants", "-1"),
    ],
)
def test_an_answer_of_the_wrong_length_or_kind_is_told_and_given_back(
    client: FlaskClient, form: Asked, name: str, typed: str
) -> None:
    (field,) = [each for each in form.typed if each.rpartition("-")[2] == name]
    answer = form.send(client, **{field: typed})
    assert answer.status_code == 422
    assert faulty(form, answer.text) == [field]
    # A choice that was never offered cannot be shown as chosen.
    assert kept(answer.text)[field] == ("" if name == "metier" else typed)
    assert count(Subscriber) == 0


def test_of_a_parameter_sent_twice_the_first_counts(client: FlaskClient, form: Asked) -> None:
    (ville,) = [each for each in form.typed if each.endswith("ville")]
    twice = {"address": ["lea@hebdo.test", "max@hebdo.test"], ville: ["Lyon", "x" * 99]}
    assert form.send(client, **twice).status_code == 303
    assert db.session.scalars(select(Subscriber.address)).all() == ["lea@hebdo.test"]


def test_bytes_that_are_no_text_are_answered_in_words(client: FlaskClient, form: Asked) -> None:
    fields = {**pages.hidden(client.get(form.page).text), **form.typed}
    for name in form.typed:
        body = "&".join(
            f"{quote(each)}={'%FF%FE%C3' if each == name else quote(value)}"
            for each, value in fields.items()
        )
        answer = client.post(
            form.action, data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in {303, 404, 422}, name
        assert answer.status_code == 303 or "<h1" in answer.text


@pytest.mark.parametrize("token", [None, "", "stale", "é"])
def test_without_a_token_of_ours_nothing_happens_and_the_page_says_what_to_do(
    client: FlaskClient, form: Asked, token: str | None
) -> None:
    given = {"csrf_token": token, **form.typed} if token is not None else form.typed
    answer = client.post(form.action, data=given)
    assert answer.status_code == 400
    assert "Load it again" in answer.text
    assert count(Subscriber) == 0


def test_two_presses_are_one_sign_up(client: FlaskClient, form: Asked) -> None:
    fields = {**pages.hidden(client.get(form.page).text), **form.typed}
    answers = [client.post(form.action, data=fields) for _ in range(2)]
    assert {(each.status_code, each.location) for each in answers} == {(303, answers[0].location)}
    assert (count(Subscriber), count(Subscription)) == (1, 1)


def test_questions_of_a_newsletter_that_is_not_ticked_do_not_count(
    client: FlaskClient, form: Asked
) -> None:
    given = {**WHO, "newsletters": "autre"}
    assert pages.submit(client, "/", "/", given).status_code == 303
    assert count(Detail) == 0


@pytest.mark.browser
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_the_browser_refuses_by_the_same_rules_and_back_gives_back_what_was_typed(
    browser: Any, live_server: LiveServer
) -> None:
    people.asks(people.newsletter())
    page = browser.new_page(locale="fr-FR")
    page.goto(live_server.url)
    page.click("form[data-check] button")
    assert page.locator(".fault").count() == 5
    assert page.locator("#answer-metier-fault").inner_text() == "Dites-nous votre métier."
    assert page.get_attribute("#answer-ville", "maxlength") == "40"
    page.fill("#address", "lea@hebdo.test")
    page.fill("#answer-ville", "Lyon")
    page.select_option("#answer-metier", "Autre")
    page.fill("#answer-naissance", "2021-01-01")
    page.fill("#answer-enfants", "21")
    page.check("#consent")
    page.click("form[data-check] button")
    assert page.locator(".fault").count() == 2
    assert page.evaluate("document.activeElement.id") == "answer-naissance"
    page.fill("#answer-naissance", "1990-02-28")
    page.fill("#answer-enfants", "2")
    assert page.locator(".fault").count() == 0
    page.click("form[data-check] button")
    page.wait_for_url("**/subscribed?**")
    page.go_back()
    assert page.input_value("#answer-ville") == "Lyon"
    page.click("form[data-check] button")
    page.wait_for_url("**/subscribed?**")
    page.close()
    assert count(Subscription) == 1
