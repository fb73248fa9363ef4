"""How pages say a number."""

from __future__ import annotations

from flask_babel import format_decimal


def figure(number: int) -> str:
    """As the page's language sets it: 1,234,567 in English, with narrow no-break spaces in French."""
    return str(format_decimal(number))
