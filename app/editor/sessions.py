"""Signing in and out, and choosing a password by a link from one's own inbox."""

from __future__ import annotations

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app import bells, pace
from app.core import addresses, editors, sessions
from app.editor import door, guard
from app.editor.forms import ForgottenPassword, NewPassword, SignIn
from app.extensions import _, csrf, db, limiter, links
from app.forms import own_token
from app.links import Purpose
from app.models import Editor

LINK_HOURS = 24

EVEN_SECONDS = 0.05
"""A forgotten password is answered no sooner: an editor's costs 13 ms of work, a stranger's 6."""


def _failed(response: Response) -> bool:
    """A sign-in that worked counts for nothing."""
    return response.status_code != 303


def _typed_address() -> str:
    return "editor:" + addresses.key(request.form.get("address", "")[:300])


@door.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if g.editor is not None:
        return redirect(url_for("editor.list_issues"), 302)
    return render_template("editor/sign_in.html", form=SignIn())


@door.post("/sign-in")
@limiter.limit("10 per minute; 60 per hour", deduct_when=_failed)
@limiter.limit("20 per minute; 120 per hour", key_func=_typed_address, deduct_when=_failed)
@own_token
def begin_session() -> ResponseReturnValue:
    """Throttled per visitor and per address; a wrong word and an unknown address look alike.

    An address takes twice what one visitor may try: else a single guesser could shut an editor out.
    """
    form = SignIn()
    if not form.validate_on_submit():
        return render_template("editor/sign_in.html", form=form), 422
    editor = editors.sign_in(form.address.data, form.password.data)
    if editor is None:
        form.blame({"password": _("Address and password do not belong together.")})
        return render_template("editor/sign_in.html", form=form), 422
    wanted = guard.enter(editor)
    db.session.commit()
    return redirect(wanted, 303)


@door.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser, or all of hers. Who is signed out already is told the same."""
    if g.editor is None:
        # The token of her page went with the session: there is nothing left that it could guard.
        flash(_("You are signed out."))
        return redirect(url_for("editor.sign_in"), 303)
    csrf.protect()
    if "everywhere" in request.form:
        # Before this browser's own session: two browsers that each held theirs would wait for each other.
        sessions.end_all(g.editor)
        guard.leave()
        told = str(_("You are signed out everywhere."))
    else:
        guard.leave()
        told = _left(sessions.count(g.editor))
    db.session.commit()
    flash(told)
    return redirect(url_for("editor.sign_in"), 303)


csrf.exempt(sign_out)


@door.get("/password")
def forget_password() -> ResponseReturnValue:
    return _asking(ForgottenPassword(address=g.editor.address if g.editor else ""))


@door.post("/password")
@limiter.limit("10 per minute; 30 per hour")
@own_token
def order_link() -> ResponseReturnValue:
    """The same answer for everybody; the bell rings after it, so that it tells nothing by its time."""
    form = ForgottenPassword()
    if not form.validate_on_submit():
        return _asking(form), 422
    with pace.even(EVEN_SECONDS):
        bells.ring([editors.forget_password(form.address.data)])
        db.session.commit()
    flash(_("If this address belongs to an editor, a mail with a link is on its way to it."))
    return redirect(url_for("editor.sign_in"), 303)


@door.get("/password/<token>")
def choose_password(token: str) -> ResponseReturnValue:
    editor = _owner(token)
    if editor is None:
        return render_template("editor/spent_link.html"), 404
    return render_template("editor/new_password.html", form=NewPassword(), owner=editor)


@door.post("/password/<token>")
@limiter.limit("20 per minute")
@own_token
def set_password(token: str) -> ResponseReturnValue:
    """Good for one change; every session of this editor ends with it."""
    editor = _owner(token)
    if editor is None:
        return render_template("editor/spent_link.html"), 404
    form = NewPassword()
    if form.validate_on_submit():
        with form.blaming():
            editors.set_password(editor, form.password.data)
    if form.errors:
        return render_template("editor/new_password.html", form=form, owner=editor), 422
    guard.leave()
    db.session.commit()
    flash(_("Your new password is kept. Please sign in with it."))
    return redirect(url_for("editor.sign_in"), 303)


def _asking(form: ForgottenPassword) -> str:
    browsers = sessions.count(g.editor) if g.editor else 0
    return render_template("editor/forgotten.html", form=form, browsers=browsers)


def _left(others: int) -> str:
    """What is told of a sign-out here: she may have forgotten another browser."""
    if not others:
        return str(_("You are signed out."))
    told = ngettext(
        "You are signed out of this browser, and still signed in in another.",
        "You are signed out of this browser, and still signed in in %(num)s others.",
        others,
    )
    return str(told)


def _owner(token: str) -> Editor | None:
    """Whose link this is, unless it is too old, forged, or spent by a change since."""
    value = links().read_timed_token(Purpose.PASSWORD, token, LINK_HOURS)
    editor_id, _dot, stamp = (value or "").partition(".")
    if not (editor_id.isdecimal() and stamp.isdecimal()):
        return None
    return editors.by_stamp(int(editor_id), int(stamp))
