"""Who is let in: every page of the desk passes here first; only signing in stands open."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.core import sessions
from app.core.errors import NotAllowed
from app.editor import door
from app.extensions import _
from app.models import Editor

OPEN = frozenset(
    f"editor.{view}"
    for view in (
        "sign_in",
        "begin_session",
        "sign_out",
        "forget_password",
        "order_link",
        "choose_password",
        "set_password",
    )
)
"""Endpoints that a stranger may reach."""

PARTS = frozenset({"editor.progress_figures", "editor.preview_mail"})
"""Endpoints that a page fetches for itself; nobody wants to land on one."""

MOST_BYTES = 64 * 1024 * 1024
"""That an editor may send at once: some pictures as a telephone takes them."""

LONGEST_WANTED = 500
"""Characters of a path that is remembered: all of a session must fit into a cookie of 4 kB."""


@door.before_request
def admit() -> ResponseReturnValue | None:
    """Let an editor through, send a stranger to sign in; what she wanted is remembered."""
    g.editor = _signed_in()
    if g.editor is not None:
        # A picture that is too large is then told at its field, and costs nobody the words beside it.
        request.max_content_length = MOST_BYTES
        return None
    if request.endpoint in OPEN:
        return None
    if request.method in {"GET", "HEAD"}:
        # Our own path, kept on our side: where she is sent later is never read from an address.
        if request.endpoint not in PARTS:
            _remember(request.full_path.rstrip("?"))
        return redirect(url_for("editor.sign_in"), 302)
    if _brings_back() and (kept := _typed()):
        return render_template("editor/signed_out.html", kept=kept), 403
    raise NotAllowed(
        _("You are not signed in any more. Sign in, load the page again and press once more.")
    )


@door.after_request
def keep_private(response: Response) -> Response:
    """No page of the desk stays in a cache that somebody else may open."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _remember(path: str) -> None:
    """Where a stranger wanted to go, unless it is no path that a page of ours links to."""
    if len(path) <= LONGEST_WANTED and path.isprintable() and "\\" not in path:
        session["wanted"] = path


def _brings_back() -> bool:
    """Whether the view would bring back what was typed, too, and the form came from a page of ours.

    Browsers say from which site a form comes (Fetch, §3.2): words of another are not carried on.
    """
    view = current_app.view_functions[request.endpoint or ""]
    ours = {None, f"http://{request.host}", f"https://{request.host}"}
    return getattr(view, "brings_back", False) and request.headers.get("Origin") in ours


def _typed() -> list[tuple[str, str]]:
    """Every field of the form but its token, which belongs to the session that is over."""
    return [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]


def enter(editor: Editor) -> str:
    """Begin a new session for an editor in this browser; where she wanted to go. The caller commits."""
    wanted = str(session.get("wanted") or url_for("editor.list_issues"))
    leave()
    session["key"] = sessions.begin(editor).key
    return wanted


def leave() -> None:
    """End this browser's session, if it has one, for whoever has its cookie. The caller commits."""
    if isinstance(key := session.get("key"), str):
        sessions.end(key)
    session.clear()


def require(may: Callable[[Editor], bool]) -> None:
    """Raises NotAllowed unless the editor at this desk may do it."""
    if not may(g.editor):
        raise NotAllowed(_("Your role at this desk does not allow this. Ask an admin of the desk."))


def _signed_in() -> Editor | None:
    key = session.get("key")
    return sessions.owner(key) if isinstance(key, str) else None
