"""The pages that the law asks for: from the settings, whole, in every foot, and true to the tables."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.core import imprints, samples, unconfirmed
from app.core.errors import Invalid
from app.core.imprints import Particulars
from app.extensions import db
from app.models import Base, Newsletter
from app.reader.records import IMPERSONAL, RECORDS
from tests import pages, people
from tests.hostile import PAYLOADS, is_alive

LAWFUL = ("/legal", "/privacy", "/accessibility")


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def test_every_table_is_told_of_on_the_privacy_page_or_holds_nothing_of_a_person() -> None:
    told = [table for record in RECORDS for table in record.tables]
    assert len(told) == len(set(told))
    assert set(told) & IMPERSONAL == set()
    assert set(told) | IMPERSONAL == set(Base.metadata.tables)


def test_the_privacy_page_says_what_why_and_how_long(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = pages.words(client.get("/privacy").text)
    for record in RECORDS:
        with force_locale("en"):
            said = [str(each) for each in (record.title, record.what, record.why, record.until)]
        assert [each for each in said if pages.joined(each) not in page] == []
    assert f"after {unconfirmed.KEPT.days} days nothing is left of it" in page
    assert "CNIL" in page
    assert letter.reply_to in page


def test_the_legal_notice_says_what_was_filled_in(client: FlaskClient, letter: Newsletter) -> None:
    assert "The publisher has not filled this in yet." in client.get("/legal").text
    imprints.keep(samples.IMPRINT)
    db.session.commit()
    page = pages.words(client.get("/legal").text)
    for said in asdict(samples.IMPRINT).values():
        assert pages.joined(said) in page
    assert samples.IMPRINT.contact in client.get("/privacy").text
    assert samples.IMPRINT.contact in client.get("/accessibility").text


def test_what_is_missing_is_named(flask_app: Flask) -> None:
    assert len(imprints.missing()) == len(imprints.WANTED)
    imprints.keep(Particulars(publisher="Les Éditions du Marronnier", director="Ida Roux"))
    assert len(imprints.missing()) == len(imprints.WANTED) - 2
    imprints.keep(samples.IMPRINT)
    assert imprints.missing() == []


@pytest.mark.parametrize(
    ("field", "value"), [("contact", "nobody"), ("host", "x" * 501), ("postal_address", "y" * 501)]
)
def test_what_cannot_stand_there_is_refused_beside_its_field(
    flask_app: Flask, field: str, value: str
) -> None:
    with pytest.raises(Invalid) as refused:
        imprints.keep(Particulars(**{field: value}))
    assert set(refused.value.faults) == {field}


def test_what_is_typed_stays_text(client: FlaskClient, letter: Newsletter) -> None:
    for payload in PAYLOADS:
        typed = payload[:400]
        imprints.keep(Particulars(publisher=typed, host=typed, host_address=typed))
        db.session.commit()
        for path in LAWFUL:
            assert not is_alive(client.get(path).text)


def test_the_accessibility_statement_claims_no_more_than_was_measured(
    client: FlaskClient, letter: Newsletter
) -> None:
    page = pages.words(client.get("/accessibility").text)
    assert "not conformant" in page
    assert "Défenseur des droits" in page
    assert not re.search(r"\bfully\b", page)


def test_every_foot_leads_to_all_three(client: FlaskClient, letter: Newsletter) -> None:
    people.edition(letter, 12)
    paths = ("/", "/archive/essentiel-ia", "/archive/essentiel-ia/12", "/nowhere", *LAWFUL)
    for path in (*paths, "/subscribed", "/mine", "/editor/sign-in"):
        linked = {each.get("href") for each in pages.elements(client.get(path).text, "a")}
        assert set(LAWFUL) <= linked, path


@pytest.mark.parametrize("path", LAWFUL)
def test_they_are_there_in_french(client: FlaskClient, letter: Newsletter, path: str) -> None:
    page = client.get(f"{path}?lang=fr")
    assert page.status_code == 200
    assert pages.elements(page.text, "html")[0]["lang"] == "fr"
