"""A newsletter's accent on our grounds: moved until it can be read, in both lights."""

from __future__ import annotations

from emails import colours

LIGHT = ("#ffffff", "#f7f4ee")
DARK = ("#141517", "#1d1f22")
"""The grounds of static/hebdo.css (paper, tint); a test holds the two together."""


def sheet(accent: str) -> str:
    """CSS that sets `--accent`; text on it is the light's own paper, which contrasts as much."""
    by_day = colours.readable(accent, LIGHT, "#000000")
    by_night = colours.readable(accent, DARK, "#ffffff")
    return (
        f":root{{--accent:{by_day};--on-accent:{LIGHT[0]}}}\n"
        "@media (prefers-color-scheme:dark){"
        f":root{{--accent:{by_night};--on-accent:{DARK[0]}}}}}\n"
    )
