"""Which refusal becomes which page and status. Nothing else in the house knows HTTP's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from app.core import newsletters
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.extensions import _
from app.models import Newsletter

STATUS: dict[type[Refusal], int] = {Invalid: 422, NotFound: 404, Conflict: 409, NotAllowed: 403}

WORDS = {
    400: _("This request could not be read. Please go back and try again."),
    403: _("You may not do this."),
    404: _("There is nothing at this address. It may have moved, or the link was cut in two."),
    405: _("This address cannot be used in this way."),
    409: _("Somebody else was quicker. Load the page again to see what stands there now."),
    415: _("Please send this as JSON (Content-Type: application/json)."),
    413: _("This is too large to send: 10 MB at the most for a picture, 500 kB for text."),
    422: _("Something in the form needs another look."),
    429: _("That was a little too often. Please wait a moment and try again."),
    503: _("There is a crowd here at this moment. Please try again in a few seconds."),
    500: _("Something broke on our side. Nothing you did is lost; please try again in a moment."),
}


FOR_PROGRAMS = "/api/"
"""Under this path, refusals are JSON."""


def register(flask_app: Flask) -> None:
    flask_app.register_error_handler(Refusal, refuse)
    flask_app.register_error_handler(CSRFError, refuse_stale_form)
    flask_app.register_error_handler(HTTPException, explain)


def refuse(refusal: Any) -> ResponseReturnValue:
    status = next(code for kind, code in STATUS.items() if isinstance(refusal, kind))
    if request.path.startswith(FOR_PROGRAMS):
        return problem(status, refusal.message, getattr(refusal, "faults", {}))
    return page(status, refusal.message)


def refuse_stale_form(error: Any) -> ResponseReturnValue:
    return page(
        400,
        _("This form has been open for too long or in another browser. Load it again and resend."),
    )


def explain(error: Any) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error  # type: ignore[no-any-return]
    sentence = WORDS.get(error.code, WORDS[400])
    kept = [pair for pair in error.get_headers() if pair[0] in {"Allow", "Retry-After"}]
    if request.path.startswith(FOR_PROGRAMS):
        answer = problem(error.code, sentence)
        answer.headers.extend(kept)
        return answer
    body, status = page(error.code, sentence)
    return body, status, kept


def problem(status: int, message: object, faults: Mapping[str, object] | None = None) -> Response:
    """What a program is told: problem details (RFC 9457), with a sentence per faulty member."""
    told: dict[str, object] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES[status],
        "status": status,
        "detail": str(message),
    }
    if faults:
        told["errors"] = {name: str(sentence) for name, sentence in faults.items()}
    response = jsonify(told)
    response.status_code, response.mimetype = status, "application/problem+json"
    return response


def page(status: int, message: object) -> tuple[str, int]:
    """One plain page that says what happened and where to go."""
    newsletter = _of_archive() if status == 404 else None
    made = render_template("error.html", status=status, message=message, newsletter=newsletter)
    return made, status


def _of_archive() -> Newsletter | None:
    """The newsletter below whose archive nothing was found; None elsewhere."""
    parts = request.path.split("/")
    return newsletters.find(parts[2]) if parts[1] == "archive" and len(parts) > 2 else None
