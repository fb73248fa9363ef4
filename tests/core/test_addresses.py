"""Addresses: what cannot be written to is refused in words, and one person has one key."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from app.core import addresses
from app.core.errors import Invalid

ISEMAIL = Path(__file__).parents[2].parent / "shared" / "corpora" / "isemail.xml"

MALFORMED = {"ISEMAIL_ERR"}


@pytest.mark.parametrize(
    ("typed", "written", "key"),
    [
        ("Marie.Dupont@EXAMPLE.org", "Marie.Dupont@example.org", "marie.dupont@example.org"),
        (" lea@hebdo.invalid ", "lea@hebdo.invalid", "lea@hebdo.invalid"),
        ("lea+lettre@hebdo.test", "lea+lettre@hebdo.test", "lea+lettre@hebdo.test"),
        ("lea@été.example.org", "lea@xn--t-9fab.example.org", "lea@xn--t-9fab.example.org"),
    ],
)
def test_an_address_is_kept_as_typed_and_known_by_its_key(
    typed: str, written: str, key: str
) -> None:
    assert addresses.read(typed) == addresses.Address(written, key)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "lea",
        "@hebdo.test",
        "lea@",
        "lea@hebdo",
        "lea@localhost",
        "lea@.invalid",
        "lea@hebdo..test",
        "lea@[127.0.0.1]",
        "lea hebdo@hebdo.test",
        '"lea"@hebdo.test',
        "Léa <lea@hebdo.test>",
        "lea@hebdo.test\r\nBcc: max@hebdo.test",
        "lea\x00@hebdo.test",
        "a" * 65 + "@hebdo.test",
        "lea@" + "a" * 64 + ".test",
    ],
)
def test_what_is_no_address_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        addresses.read(typed)
    assert "such as marie@example.org" in str(refused.value.faults["address"])


@pytest.mark.skipif(not ISEMAIL.exists(), reason="the corpus of addresses is not beside this clone")
def test_every_malformed_address_of_the_corpus_is_refused() -> None:
    cases = ET.parse(ISEMAIL).getroot().iter("test")
    malformed = [case for case in cases if case.findtext("category") in MALFORMED]
    assert len(malformed) > 50
    for case in malformed:
        typed = (case.findtext("address") or "").translate(PICTURED)
        with pytest.raises(Invalid):
            addresses.read(typed)


PICTURED = {0x2400 + control: control for control in range(0x21)}
"""The corpus shows control characters by their pictures (U+2400 and on)."""


def test_a_veiled_address_is_known_by_its_owner_alone() -> None:
    veiled = addresses.veil("marie.dupont@example.org")
    assert veiled.startswith("m…")
    assert veiled.endswith("@example.org")
    assert "arie" not in veiled
