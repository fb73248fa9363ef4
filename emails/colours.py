"""Colours that can be read: contrast as WCAG 2.2 defines it, and accents moved until it is enough."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENOUGH = 4.5
"""The ratio that success criterion 1.4.3 asks of text (level AA)."""

FALLBACK_ACCENT = "#9a2617"


@dataclass(frozen=True, slots=True)
class Palette:
    """One of the two lights a mail is read in. Every colour is `#rrggbb`."""

    page: str
    """Around the sheet."""
    paper: str
    tint: str
    """Behind a framed story."""
    ink: str
    faded: str
    """Credits, dates, the footer: still at least 4.5:1."""
    hairline: str
    accent: str
    """Text or the ground of a button; on it stands `paper`."""

    @property
    def grounds(self) -> tuple[str, str, str]:
        return (self.page, self.paper, self.tint)


def light(accent: str) -> Palette:
    """Ink on paper; the accent is darkened until it can be read on every ground."""
    grounds = ("#f1eee8", "#ffffff", "#f7f4ee")
    return Palette(*grounds, "#1c1b1a", "#5f5a54", "#dcd6cc", readable(accent, grounds, "#000000"))


def dark(accent: str) -> Palette:
    """The same sheet at night; the accent is lightened until it can be read on every ground."""
    grounds = ("#101113", "#191a1d", "#222428")
    return Palette(*grounds, "#ecebe8", "#b2aea7", "#3a3c41", readable(accent, grounds, "#ffffff"))


def readable(colour: str, grounds: tuple[str, ...], toward: str) -> str:
    """The colour nearest to `colour`, on the way to `toward`, with contrast enough on all grounds.

    Moves in hundredths; `toward` itself must be readable, which black and white always are on
    the grounds of one palette.
    """
    start, end = _channels(_known(colour)), _channels(toward)
    for step in range(101):
        mixed = _hex(tuple(a + (b - a) * step / 100 for a, b in zip(start, end, strict=True)))
        if all(contrast(mixed, ground) >= ENOUGH for ground in grounds):
            return mixed
    return toward


def contrast(one: str, other: str) -> float:
    """The ratio of relative luminances, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _known(colour: str) -> str:
    return colour if re.fullmatch(r"#[0-9a-fA-F]{6}", colour) else FALLBACK_ACCENT


def _channels(colour: str) -> tuple[float, ...]:
    return tuple(float(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def _hex(channels: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)
