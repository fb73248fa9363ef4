"""Slots are a name and a fallback, and what is not exactly that stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails import slots, typed
from emails.errors import UnknownSlot
from emails.slots import Slot


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{first_name}}", (Slot("first_name"),)),
        ("Bonjour {{ first_name | chère lectrice }} !", (Slot("first_name", "chère lectrice"),)),
        ("{{first_name|a}}{{first_name|b}}", (Slot("first_name", "a"), Slot("first_name", "b"))),
        ("{first_name}", ()),
        ("{{token}}", ()),
        ("{{first_name.upper()}}", ()),
        ("{{first_name|{{first_name}}}}", (Slot("first_name"),)),
        ("{% if first_name %}", ()),
    ],
)
def test_slots_are_found_where_they_are(text: str, found: tuple[Slot, ...]) -> None:
    assert slots.listed(text) == found


def test_an_unknown_slot_is_refused_by_name_and_told_what_exists() -> None:
    with pytest.raises(UnknownSlot, match=r"\{\{prenom\}\} is not a slot; .*\{\{first_name\}\}"):
        slots.validate("Bonjour {{prenom|toi}}")
    slots.validate("Bonjour {{first_name|toi}}, 2 + 2 = {{7*7}}")
    assert slots.unknown("{{a}} {{b|x}} {{a}} {{first_name}}") == ("a", "b")


def test_a_page_without_a_reader_shows_the_fallback() -> None:
    assert slots.plain("Bonjour {{first_name|toi}} {{first_name}}!") == "Bonjour toi !"


def test_nobody_can_type_an_open_slot() -> None:
    forged = f"{slots.OPEN}token{slots.CLOSE}"
    assert slots.OPEN not in slots.open_typed(forged)
    assert slots.MARK.findall(slots.open_typed(f"{{{{first_name|{forged}}}}}")) == [
        ("first_name", "\ufffdtoken\ufffd")
    ]


def test_the_token_opens_only_in_urls_of_the_frame() -> None:
    url = slots.open_token("https://hebdo.example/unsubscribe/{{token}}")
    assert url.endswith(Slot("token").open_frame)
    assert slots.open_typed("{{token}}") == "{{token}}"


@given(some.text())
def test_cleaned_text_can_be_printed_and_keeps_every_visible_character(text: str) -> None:
    cleaned = typed.paragraphs(text)
    assert cleaned == typed.paragraphs(cleaned)
    cleaned.encode()
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in cleaned)
    assert "\n" not in typed.line(text)
