"""Whatever colour a newsletter chooses, text in it and on it can be read in both lights."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from app.reader import accents
from emails import colours

CHANNELS = st.integers(0, 255)


@given(CHANNELS, CHANNELS, CHANNELS)
def test_every_accent_contrasts_enough_with_every_ground(red: int, green: int, blue: int) -> None:
    sheet = accents.sheet(f"#{red:02x}{green:02x}{blue:02x}")
    pairs = re.findall(r"--accent:(#[0-9a-f]{6});--on-accent:(#[0-9a-f]{6})", sheet)
    assert len(pairs) == 2
    for (accent, on_accent), grounds in zip(pairs, (accents.LIGHT, accents.DARK), strict=True):
        for ground in (*grounds, on_accent):
            assert colours.contrast(accent, ground) >= colours.ENOUGH


@given(st.text(max_size=9))
def test_what_is_no_colour_is_never_written_into_the_sheet(typed: str) -> None:
    sheet = accents.sheet(typed)
    assert re.fullmatch(r"[-:#;{}()@\w\s]*", sheet)
    assert len(re.findall(r"#[0-9a-f]{6}", sheet)) == 4
