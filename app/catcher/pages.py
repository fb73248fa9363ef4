"""The inbox page: every mail that was caught, as a reader would see it. Works without JavaScript."""

from __future__ import annotations

import datetime as dt
import http.client
import math
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from werkzeug.exceptions import HTTPException

from app import language, moments
from app.catcher import mail
from app.catcher.inbox import Caught, Inbox
from app.extensions import _, settings
from app.settings import Settings

PAGE = 50
"""Mails on one page of the list."""

VIEWS = ("wide", "narrow", "text", "headers")

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

door = Blueprint("inbox", __name__)


def create(inbox: Inbox, given: Settings) -> Flask:
    """The page's own small app: it shares our templates and words, and knows no database."""
    inbox_app = Flask("app")
    # A page elsewhere must not read this inbox by pointing its own name at 127.0.0.1.
    inbox_app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    inbox_app.config["BABEL_DEFAULT_LOCALE"] = "fr"
    inbox_app.extensions["hebdo.inbox"] = inbox
    inbox_app.extensions["hebdo.settings"] = given
    Babel().init_app(inbox_app, locale_selector=language.choose)
    inbox_app.register_blueprint(door)
    language.register(inbox_app)
    inbox_app.after_request(add_headers)
    inbox_app.register_error_handler(HTTPException, explain)
    inbox_app.add_template_filter(came)
    return inbox_app


@door.get("/")
def listing() -> ResponseReturnValue:
    typed = request.args.get("q", "").strip()
    found = inbox().search(typed)
    pages = max(1, math.ceil(len(found) / PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "catcher/inbox.html",
        mails=shown,
        total=len(found),
        let_go=inbox().let_go(),
        limit=inbox().limit,
        typed=typed,
        page=page,
        pages=pages,
    )


@door.get("/messages.json")
def messages() -> ResponseReturnValue:
    """The list for scripts, newest first, at most `limit` (100)."""
    found = inbox().search(request.args.get("q", ""))
    limit = request.args.get("limit", 100, int)
    return {"total": len(found), "messages": [asdict(each) for each in found[: max(limit, 0)]]}


@door.get("/messages/<int:mail_id>")
def message(mail_id: int) -> ResponseReturnValue:
    return show(mail_id)


@door.get("/messages/<int:mail_id>/html")
def html(mail_id: int) -> ResponseReturnValue:
    """What stands in the frame: nothing in it runs, nothing of it comes from elsewhere."""
    _caught, data = find(mail_id)
    answer = Response(mail.for_frame(mail.read(data).html), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src data: {settings().base_url}; style-src 'unsafe-inline'; "
        "form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return answer


@door.get("/messages/<int:mail_id>/raw")
def raw(mail_id: int) -> ResponseReturnValue:
    _caught, data = find(mail_id)
    answer = Response(data, mimetype="message/rfc822")
    answer.headers["Content-Disposition"] = f'attachment; filename="{mail_id:08d}.eml"'
    return answer


@door.post("/messages/<int:mail_id>/unsubscribe")
def unsubscribe(mail_id: int) -> ResponseReturnValue:
    """Press one-click as a mail program would."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)
    url = mail.read(find(mail_id)[1]).one_click_url
    if not url:
        abort(404)
    try:
        status = mail.press_one_click(url, settings().base_url)
    except ValueError:
        told = _("The link leads outside this service, so nothing was sent to it.")
    except (OSError, http.client.HTTPException):
        told = _("The service did not answer. Is it still running?")
    else:
        told = _("The one-click request was sent; the service answered %(status)s.", status=status)
    return show(mail_id, told)


@door.get("/healthz")
def healthz() -> ResponseReturnValue:
    return {"status": "ok"}


def show(mail_id: int, told: object = "") -> str:
    caught, data = find(mail_id)
    taken = mail.read(data)
    view = request.args.get("view", "wide")
    if view not in VIEWS or not taken.html:
        view = view if view == "headers" else "text"
    return render_template("catcher/message.html", caught=caught, mail=taken, view=view, told=told)


def find(mail_id: int) -> tuple[Caught, bytes]:
    found = inbox().find(mail_id)
    if found is None:
        abort(404)
    return found


def inbox() -> Inbox:
    kept: Inbox = current_app.extensions["hebdo.inbox"]
    return kept


def add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Links in a mail hold tokens; where they lead learns them from the path alone.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def explain(error: Any) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error  # type: ignore[no-any-return]
    if error.code == 404:
        told = _("There is no such mail here; perhaps it was an old one and had to go.")
        return render_template("catcher/missing.html", told=told), 404
    # In plain words: a request under a foreign name has no page of ours to stand in.
    told = _("This request could not be read. Please go back and try again.")
    return Response(str(told), error.code, mimetype="text/plain")


def came(at: str) -> str:
    """When a mail was caught, as the desk says when an issue was sent."""
    return moments.moment(dt.datetime.fromisoformat(at))
