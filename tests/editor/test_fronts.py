"""The desk's pages for the legal notice, a newsletter's logo and its reminder."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image as Pillow

from app.core import imprints, looks, newsletters, samples
from app.core.errors import Invalid
from app.extensions import db
from app.models import Newsletter, Role
from tests import desk, pages
from tests.desk import Desk

FRONT = "/editor/newsletters/second/front"


@pytest.fixture
def admin(flask_app: Flask) -> Desk:
    desk.add_newsletter()
    return desk.signed_in(flask_app, Role.ADMIN)


def picture(width: int = 400, height: int = 120) -> BytesIO:
    out = BytesIO()
    Pillow.effect_noise((width, height), 90).save(out, "PNG")
    out.seek(0)
    return out


def second() -> Newsletter:
    db.session.rollback()
    db.session.expire_all()
    return newsletters.get("second")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.CONTRIBUTOR])
@pytest.mark.parametrize("path", [FRONT, "/editor/imprint"])
def test_only_an_admin_comes_here(flask_app: Flask, role: Role, path: str) -> None:
    desk.add_newsletter()
    visitor = desk.signed_in(flask_app, role)
    assert visitor.get(path).status_code == 403
    assert visitor.post(path, {"reminds": "y", "publisher": "x"}).status_code == 403
    assert not second().reminds


def test_the_legal_notice_is_filled_in_and_what_is_missing_is_said(admin: Desk) -> None:
    page = admin.get("/editor/imprint")
    assert "Still missing:" in page.text
    assert "the director of publication" in page.text
    answer = admin.post("/editor/imprint", asdict(samples.IMPRINT))
    assert answer.status_code == 303
    assert imprints.read() == samples.IMPRINT
    page = admin.get("/editor/imprint")
    assert "Still missing:" not in page.text
    assert pages.element(page.text, "input", id="director")["value"] == samples.IMPRINT.director


@pytest.mark.parametrize(
    "wrong",
    [
        {"contact": "nobody"},
        {"host": "x" * 501},
        {"phone": "  "},
        {"director": ""},
        {"publisher": "", "postal_address": "", "phone": "", "contact": "", "director": ""},
    ],
)
def test_a_mistake_in_it_is_said_beside_its_field_and_nothing_typed_is_lost(
    admin: Desk, wrong: dict[str, str]
) -> None:
    typed = {**asdict(samples.IMPRINT), "publisher": "Le Marronnier", **wrong}
    answer = admin.post("/editor/imprint", typed)
    assert answer.status_code == 422
    controls = pages.elements(answer.text, "input") + pages.elements(answer.text, "textarea")
    faulty = [each for each in controls if "aria-invalid" in each]
    assert {each["id"] for each in faulty} == set(wrong)
    assert [each["id"] for each in controls if "autofocus" in each] == list(wrong)[:1]
    for each in faulty:
        assert f"{each['id']}-fault" in each["aria-describedby"].split()
    if "publisher" not in wrong:
        assert pages.element(answer.text, "input", id="publisher")["value"] == "Le Marronnier"
    assert imprints.read().publisher == ""


def test_the_reminder_is_off_until_it_is_ticked(admin: Desk) -> None:
    assert "checked" not in pages.element(admin.get(FRONT).text, "input", id="reminds")
    assert admin.post(FRONT, {"reminds": "y"}).status_code == 303
    assert second().reminds
    assert "checked" in pages.element(admin.get(FRONT).text, "input", id="reminds")
    admin.post(FRONT)
    assert not second().reminds


def test_a_logo_stands_on_the_newsletters_pages_until_it_is_taken_away(admin: Desk) -> None:
    answer = admin.post(FRONT, {"logo": (picture(), "logo.png")})
    assert answer.status_code == 303
    logo = second().logo
    assert logo is not None
    for path in ("/newsletters/second", "/archive/second", FRONT):
        page = admin.get(path).text
        (shown,) = [each for each in pages.elements(page, "img") if logo.name in each["src"]]
        assert (shown["width"], shown["height"]) == ("400", "120")
        assert "alt" in shown
        assert admin.get(shown["src"], buffered=True).status_code == 200
    admin.post(FRONT, {"without_logo": "y"})
    assert second().logo is None
    assert "<img" not in admin.get("/newsletters/second").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture that can be read"),
        (picture(20, 20).getvalue(), "too small"),
    ],
)
def test_what_is_no_logo_is_refused_in_words(admin: Desk, content: bytes, sentence: str) -> None:
    answer = admin.post(FRONT, {"logo": (BytesIO(content), "logo.png"), "reminds": "y"})
    assert answer.status_code == 422
    assert sentence in pages.words(answer.text)
    assert "logo-fault" in pages.element(answer.text, "input", id="logo")["aria-describedby"]
    assert second().logo is None
    assert not second().reminds


def test_a_logo_has_its_own_limit(flask_app: Flask, tmp_path: Path) -> None:
    desk.add_newsletter()
    with pytest.raises(Invalid) as refused:
        looks.keep_logo(second(), b"x" * (looks.MOST_BYTES + 1), tmp_path)
    assert "2" in str(refused.value.faults["logo"])
    assert list(tmp_path.glob("*.png")) == []
