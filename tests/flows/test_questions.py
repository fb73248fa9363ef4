"""A field of a newsletter's own, from the desk over the form into the mail and out of it again."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask import Flask

from app.core import archive, checks, editions, newsletters, questions, subscriptions
from app.core.subscriptions import Wish
from app.extensions import db
from app.models import Edition, EditionState, Newsletter, Role
from emails import compose, render
from tasks import approvals
from tests import desk, people, rows, sends
from tests.conftest import use_relay
from tests.relay import StoryRelay

SUBJECT = "À {{ville|chez vous}}, {{naissance|un jour}}"
BODY = "Vous êtes {{metier|lectrice}} et avez {{enfants|des}} enfants. {{inconnu|x}}"


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    made = people.newsletter()
    people.asks(made)
    return made


def edition(letter: Newsletter) -> int:
    whole = rows.text(letter)
    lead = dataclasses.replace(whole.rubrics[0].stories[0], body=BODY)
    first = dataclasses.replace(whole.rubrics[0], stories=(lead,))
    whole = dataclasses.replace(
        whole,
        subject=SUBJECT,
        rubrics=(first, *whole.rubrics[1:]),
        own_slots=tuple(each.name for each in letter.questions),
    )
    made = editions.order(rows.issue(letter), whole, render.print_issue(whole).digest)
    assert made is not None
    db.session.commit()
    return made.id


def reader(letter: Newsletter, address: str, **given: str) -> None:
    kept = {each.id: given.get(each.name, "") for each in letter.questions}
    found = subscriptions.sign_up_for([Wish(letter, answers=kept)], address).subscription
    assert found is not None
    subscriptions.confirm(found.id)
    db.session.commit()


def test_each_copy_says_what_its_reader_answered_and_the_fallback_where_she_did_not(
    flask_app: Flask, letter: Newsletter
) -> None:
    hostile = "<b>Lyon</b> {{first_name}} {{token}}"
    reader(letter, "a@hebdo.test", ville="Lyon", naissance="1990-02-28", enfants="2.5")
    reader(letter, "b@hebdo.test")
    reader(letter, "c@hebdo.test", ville=hostile, metier="\ue000token\ue001")
    edition_id = edition(letter)
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        sends.send(edition_id)
    copies = {each.rcpt_to: compose.read(each.data) for each in relay.received}
    said, silent, odd = (copies[f"{name}@hebdo.test"] for name in "abc")
    assert said.subject == "À Lyon, 28\u00a0février 1990"
    assert silent.subject == "À chez vous, un jour"
    assert "avez 2,5 enfants" in said.text
    assert "Vous êtes lectrice et avez des enfants. {{inconnu|x}}" in " ".join(silent.text.split())
    assert odd.subject.startswith(f"À {hostile}")
    assert "<b>Lyon" not in odd.html
    assert len({dict(each.headers)["Subject"] for each in copies.values()}) == 3


def test_on_the_web_nobody_is_known_and_the_fallback_stands(letter: Newsletter) -> None:
    edition_id = edition(letter)
    db.session.get_one(Edition, edition_id).state = EditionState.SENT
    db.session.commit()
    found = archive.latest(letter.id)
    assert found is not None
    assert found.subject == "À chez vous, un jour"
    assert (
        found.text.rubrics[0].stories[0].body.startswith("Vous êtes lectrice et avez des enfants")
    )


def test_an_editor_adds_orders_changes_and_removes_a_field_and_her_draft_follows(
    flask_app: Flask,
) -> None:
    issue = desk.draft(flask_app)
    slug = issue.newsletter.slug
    admin = desk.signed_in(flask_app, Role.ADMIN)
    url = f"/editor/newsletters/{slug}/questions"
    assert "Address and first name, no more" in admin.get(url).text
    for name in ("ville", "metier"):
        plan = {"name": name, "kind": "text", "label": f"Votre {name}", "required": "y"}
        assert admin.post(url, plan).status_code == 303
    ids = [each.id for each in newsletters.get(slug).questions]
    assert admin.post(f"{url}/{ids[1]}/up", {"field": "metier"}).status_code == 303
    listed = re.findall(r"Votre (ville|metier)</a>", admin.get(url).text)
    assert listed == ["metier", "ville"]
    sign_up = admin.get(f"/newsletters/{slug}").text
    assert (
        sign_up.index("Votre metier") < sign_up.index("Votre ville") < sign_up.index('id="consent"')
    )

    form = desk.form_of(issue, subject="Pour {{ville|vous}}")
    admin.post(f"/editor/issues/{issue.id}", form)
    page = admin.get(f"/editor/issues/{issue.id}").text
    assert "is no slot" not in page
    assert "{{ville|…}}" in page
    assert approvals.examine(desk.issues.get(issue.id)).faults == ()

    ville = {"field": "ville"}
    changed = admin.post(f"{url}/{ids[0]}", {**ville, "label": "Où vivez-vous ?", "most": "30"})
    assert changed.status_code == 303
    assert 'maxlength="30"' in admin.get(f"/newsletters/{slug}").text
    assert admin.post(f"{url}/{ids[0]}", {**ville, "label": " "}).status_code == 422

    assert admin.post(f"{url}/{ids[0]}/remove", ville).status_code == 303
    assert "Où vivez-vous" not in admin.get(f"/newsletters/{slug}").text
    assert [str(each.where) for each in checks.faults(desk.issues.get(issue.id))] == ["subject"]
    assert "is no slot" in admin.get(f"/editor/issues/{issue.id}").text
    admin.post(f"{url}/{ids[0]}/remove", ville)
    assert "had been removed already" in admin.get(url).text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.CONTRIBUTOR])
def test_only_an_admin_changes_what_a_form_asks(flask_app: Flask, role: Role) -> None:
    letter = people.newsletter()
    people.asks(letter)
    first = letter.questions[0].id
    visitor = desk.signed_in(flask_app, role)
    url = f"/editor/newsletters/{letter.slug}/questions"
    for path in ("", f"/{first}", f"/{first}/up", f"/{first}/remove"):
        assert visitor.post(url + path, {"label": "x"}).status_code == 403
    assert len(questions.get(letter, first).newsletter.questions) == 4
