"""A newsletter's accent on our grounds: made darker or lighter until it can be read in both lights."""

from __future__ import annotations

import colorsys
import re

from emails import colours

LIGHT = ("#ffffff", "#f7f4ee")
DARK = ("#141517", "#1d1f22")
"""The grounds of static/hebdo.css (paper, tint); a test holds the two together."""

STEPS = 100


def sheet(accent: str) -> str:
    """CSS that sets `--accent`; text on it is the light's own paper, which contrasts as much."""
    return (
        f":root{{--accent:{readable(accent, LIGHT, 0.0)};--on-accent:{LIGHT[0]}}}\n"
        "@media screen and (prefers-color-scheme:dark){"
        f":root{{--accent:{readable(accent, DARK, 1.0)};--on-accent:{DARK[0]}}}}}\n"
    )


def readable(accent: str, grounds: tuple[str, ...], toward: float) -> str:
    """The accent moved in lightness alone toward 0 or 1 until it contrasts enough with all grounds.

    Hue and saturation stay, so that it remains the newsletter's colour; a mixture with white, as
    mail has to print it, would be paler than a screen needs.
    """
    known = accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else colours.FALLBACK_ACCENT
    red, green, blue = (int(known[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    for step in range(STEPS):
        moved = lightness + (toward - lightness) * step / STEPS
        tried = _hex(*colorsys.hls_to_rgb(hue, moved, saturation))
        if all(colours.contrast(tried, ground) >= colours.ENOUGH for ground in grounds):
            return tried
    return _hex(toward, toward, toward)


def _hex(*channels: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
