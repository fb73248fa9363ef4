"""Which language a page speaks: what the visitor chose, then the page's own, then her browser's.

She chooses by a link (`?lang=en`) that works on every page without a form: it sets a cookie and
writes to no database. A newsletter's pages suggest the newsletter's language.
"""

from __future__ import annotations

from urllib.parse import urlencode

import flask_babel
from flask import Flask, Response, g, has_request_context, request

from app.extensions import settings

SPOKEN = ("fr", "en")
NAMES = {"fr": "Français", "en": "English"}
PARAMETER = "lang"
YEAR_SECONDS = 365 * 24 * 3600


def register(flask_app: Flask) -> None:
    flask_app.after_request(remember)
    flask_app.context_processor(
        lambda: {"language": spoken(), "language_switch": switch()} if has_request_context() else {}
    )


def choose() -> str | None:
    """The locale of this request; None outside one (then the default, French)."""
    if not has_request_context():
        return None
    for wanted in (
        request.args.get(PARAMETER),
        request.cookies.get(cookie()),
        g.get("language"),
    ):
        if wanted in SPOKEN:
            return wanted
    return request.accept_languages.best_match(SPOKEN, "fr")


def suggest(language: str) -> None:
    """This page is about something written in `language`; the visitor's own choice still wins."""
    g.language = language
    flask_babel.refresh()


def spoken() -> str:
    """The language of the page now being made: `fr` or `en`."""
    return choose() or "fr"


def cookie() -> str:
    """The cookie's name; `__Host-` where https lets a browser hold it to this host alone."""
    return "__Host-language" if settings().is_https else "language"


def remember(response: Response) -> Response:
    """Keep an explicit choice for a year; never on the POST of a mail program."""
    chosen = request.args.get(PARAMETER)
    if request.method in {"GET", "HEAD"} and chosen in SPOKEN:
        response.set_cookie(
            cookie(),
            chosen,
            max_age=YEAR_SECONDS,
            secure=settings().is_https,
            httponly=True,
            samesite="Lax",
        )
    return response


def switch() -> list[tuple[str, str, str]]:
    """(code, name, URL of this same page) of every language but the one now spoken."""
    if request.method not in {"GET", "HEAD"}:
        # The answer to a form has no address of its own to come back to.
        return []
    here = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return [
        (code, NAMES[code], "?" + urlencode([*here, (PARAMETER, code)]))
        for code in SPOKEN
        if code != spoken()
    ]
