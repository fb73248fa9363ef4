"""Whatever accent a newsletter takes, its mails can be read by day and by night."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from emails import colours
from emails.colours import Palette

accents = some.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_contrast_is_the_one_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colours.contrast("#123456", "#123456") == pytest.approx(1)


@given(accents)
def test_every_text_has_contrast_enough_on_every_ground(accent: str) -> None:
    for palette in (colours.light(accent), colours.dark(accent)):
        for ink in (palette.ink, palette.faded, palette.accent):
            assert lowest(ink, palette) >= colours.ENOUGH
        assert colours.contrast(palette.paper, palette.accent) >= colours.ENOUGH


def lowest(ink: str, palette: Palette) -> float:
    return min(colours.contrast(ink, ground) for ground in palette.grounds)


def test_an_accent_that_can_be_read_is_left_alone() -> None:
    assert colours.light("#8a1c0f").accent == "#8a1c0f"


@pytest.mark.parametrize("odd", ["", "red", "#12", "#12345g", '#000000;"><script>'])
def test_what_is_no_colour_becomes_ours(odd: str) -> None:
    assert colours.light(odd).accent == colours.light(colours.FALLBACK_ACCENT).accent
