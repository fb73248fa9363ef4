"""What nobody means well by, typed into the sign-up form: answered in words, kept as text or refused."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.extensions import db
from app.models import Newsletter, Subscriber
from emails import typed
from tests import pages, people

PAGE = "/newsletters/essentiel-ia"

HOSTILE = [
    b"<script>alert(1)</script>",
    b'"><script>alert(1)</script>',
    b"' onfocus=alert(1) autofocus='",
    b"<img src=x onerror=alert(1)>",
    b"<svg/onload=alert(1)>",
    b"</title></textarea><script>alert(1)</script>",
    b"javascript:alert(1)",
    b"{{ 7*7 }}",
    b"{{ config }}",
    b"{% for x in ().__class__.__bases__ %}{% endfor %}",
    b"${7*7}",
    b"#{7*7}",
    b"<%= 7*7 %>",
    b"{{first_name|x}}",
    b"{{token}}",
    b"%s%s%s%n",
    b"%(name)s",
    b"L\xc3\xa9a\r\nBcc: max@hebdo.test",
    b"L\xc3\xa9a\nSubject: x\n\nx",
    b"L\xc3\xa9a\rX: y",
    b"L\x00\xc3\xa9a",
    b"L\x1b[31m\xc3\xa9a",
    b"\x7f\xc2\x85",
    b"\xff\xfe\xfa",
    b"\xed\xa0\x80",
    b"\xc3",
    "\u202emoc.elpmaxe".encode(),
    "\u2066x\u2069".encode(),
    "\u200f\u200e\u200b".encode(),
    "\u2028x\u2029".encode(),
    "\ue000token\ue001".encode(),
    b"A" * 10_000,
    b"'; DROP TABLE subscriber; --",
    b'=HYPERLINK("http://evil.test")',
    b"../../etc/passwd",
    "Z\u0335\u0321a\u0336l\u0337g\u0338o".encode() * 20,
]


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    return people.newsletter()


def post(client: FlaskClient, token: str, **changes: bytes) -> tuple[int, str]:
    """Posted byte by byte, as no browser would."""
    fields = {
        "csrf_token": token.encode(),
        "newsletter": b"essentiel-ia",
        "address": b"lea@hebdo.test",
        "first_name": b"Lea",
        "consent": b"y",
        **changes,
    }
    body = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
    answer = client.post("/subscribe", data=body, content_type="application/x-www-form-urlencoded")
    return answer.status_code, answer.text


def as_text(hostile: bytes) -> str:
    """What a form is read as: bytes that are no UTF-8 stay in the spelling they travelled in."""
    try:
        return typed.bare(hostile.decode())
    except UnicodeDecodeError:
        return quote(hostile)


@pytest.mark.parametrize("field", ["first_name", "address", "newsletter", "website", "csrf_token"])
def test_hostile_input_is_answered_in_words(
    client: FlaskClient, letter: Newsletter, field: str
) -> None:
    token = pages.hidden(client.get(PAGE).text)["csrf_token"]
    for hostile in HOSTILE:
        status, page = post(client, token, **{field: hostile})
        assert status in {303, 400, 404, 422}, hostile
        assert status == 303 or "<h1" in page, hostile
        assert all("src" in each for each in pages.elements(page, "script")), hostile
        for tag in ("img", "svg", "textarea"):
            assert pages.elements(page, tag) == [], hostile
        assert "49" not in pages.words(page), hostile
        assert all("onfocus" not in each for each in pages.elements(page, "input")), hostile


def test_a_hostile_name_is_kept_as_the_text_it_is_or_refused(
    client: FlaskClient, letter: Newsletter
) -> None:
    token = pages.hidden(client.get(PAGE).text)["csrf_token"]
    kept = 0
    for n, hostile in enumerate(HOSTILE):
        address = f"reader-{n}@hebdo.test"
        status, _ = post(client, token, first_name=hostile, address=address.encode())
        found = db.session.scalar(select(Subscriber).where(Subscriber.address == address))
        assert (found is not None) is (status == 303), hostile
        if found is not None:
            assert found.first_name == as_text(hostile), hostile
            kept += 1
    assert 0 < kept < len(HOSTILE)


@pytest.mark.parametrize(
    "path",
    [
        "/?lang=<script>",
        "/?lang=%00",
        "/?lang=%ff",
        "/subscribed?newsletter=<script>",
        "/subscribed?newsletter=%ff",
        "/newsletters/%00",
        "/newsletters/%ff",
        "/newsletters/..%2f..%2fetc",
        "/archive/%3Cscript%3E",
        "/confirm/%ff",
        "/confirm/" + "x" * 5000,
        "/unsubscribe/" + "1" * 5000,
        "/unsubscribe/%ff",
    ],
)
def test_hostile_addresses_are_answered_in_words(
    client: FlaskClient, letter: Newsletter, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code in {200, 302, 400, 404}
    assert "<script>" not in answer.text
    assert answer.status_code == 302 or "<h1" in answer.text
