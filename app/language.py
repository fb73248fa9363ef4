"""Which language a page speaks: what the page decided, then what the visitor chose, then her browser's."""

from __future__ import annotations

from flask import g, has_request_context, request

SPOKEN = ("fr", "en")
COOKIE = "language"


def choose() -> str | None:
    """The locale of this request; None outside one (then the default, French)."""
    if not has_request_context():
        return None
    decided: str | None = g.get("language")
    chosen = decided or request.cookies.get(COOKIE)
    if chosen in SPOKEN:
        return chosen
    return request.accept_languages.best_match(SPOKEN, "fr")
