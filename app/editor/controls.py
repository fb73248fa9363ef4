"""Hands on a send under way: pause, go on, stop for good; and on its copies: try again, resolve.

Each is one press, harmless when it comes twice: whoever finds the edition elsewhere is told so.
"""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from app import figures
from app.core import deliveries, editions, editors, issues, schedules
from app.core.deliveries import Verdict
from app.core.errors import NotFound
from app.editor import door, guard
from app.extensions import _, db
from app.models import Edition
from tasks import nudges

TOLD = {
    "pause": _("Paused: what was under way is finished, nothing more begins."),
    "resume": _("Going on where it was paused."),
    "cancel": _("Stopped for good. Readers who had no copy yet are skipped."),
}
TOO_LATE = _("Nothing changed: the send had moved on before you pressed.")


@door.post("/issues/<int:issue_id>/pause")
def pause_edition(issue_id: int) -> ResponseReturnValue:
    return _tell(issue_id, "pause", editions.pause(_edition(issue_id).id))


@door.post("/issues/<int:issue_id>/resume")
def resume_edition(issue_id: int) -> ResponseReturnValue:
    return _tell(issue_id, "resume", editions.resume(_edition(issue_id).id))


@door.post("/issues/<int:issue_id>/cancel")
def cancel_edition(issue_id: int) -> ResponseReturnValue:
    return _tell(issue_id, "cancel", editions.cancel(_edition(issue_id).id))


@door.post("/issues/<int:issue_id>/begin")
def begin_edition(issue_id: int) -> ResponseReturnValue:
    """Send now what was scheduled for another moment."""
    edition = _edition(issue_id)
    done = schedules.begin(edition.id)
    db.session.commit()
    if done:
        nudges.edition(edition.id)
    else:
        flash(TOO_LATE)
    return _back(issue_id)


@door.post("/issues/<int:issue_id>/take-back")
def take_back_issue(issue_id: int) -> ResponseReturnValue:
    """Write on in an issue that was halted, or waits for its moment."""
    guard.require(editors.may_send)
    done = editions.take_back(issues.get(issue_id).id)
    db.session.commit()
    if not done:
        flash(TOO_LATE)
        return _back(issue_id)
    flash(_("This is a draft again: look at it, then send it anew."))
    return redirect(url_for("editor.write_issue", issue_id=issue_id), 303)


@door.post("/issues/<int:issue_id>/retry")
def retry_deferred(issue_id: int) -> ResponseReturnValue:
    count = deliveries.retry_now(_edition(issue_id).id)
    db.session.commit()
    nudges.sweep()
    if not count:
        flash(_("Nothing changed: no copy is deferred any more, or they are being tried already."))
        return _back(issue_id)
    return _again(issue_id, count)


@door.post("/issues/<int:issue_id>/retry-refused")
def retry_refused(issue_id: int) -> ResponseReturnValue:
    edition = _edition(issue_id)
    if _meant("refused") != deliveries.refused_by_relay(edition.id):
        flash(_("Meanwhile other copies are refused than you saw: look again, please."), "error")
        return _back(issue_id)
    count = deliveries.retry_refused(edition.id)
    db.session.commit()
    if not count:
        flash(TOO_LATE)
        return _back(issue_id)
    nudges.sweep()
    return _again(issue_id, count)


@door.post("/issues/<int:issue_id>/resolve")
def resolve_doubt(issue_id: int) -> ResponseReturnValue:
    """One copy in doubt, or all of them; the button names what became of it."""
    edition = _edition(issue_id)
    given = request.form.get("verdict", "")
    if given not in set(Verdict):
        raise NotFound(_("There is no such answer. Load the page again, please."))
    # What names nobody means nobody: only a form without such a field speaks of all.
    one = request.form.get("subscriber", 0, type=int)
    ids = [min(max(one, 0), 2**63 - 1)] if "subscriber" in request.form else None
    if ids is None and _meant("in_doubt") != deliveries.progress(edition.id).in_doubt:
        flash(_("Meanwhile other copies are in doubt than you saw: look again, please."), "error")
        return _back(issue_id)
    count = deliveries.resolve(edition.id, Verdict(given), ids)
    db.session.commit()
    nudges.sweep()
    if not count:
        flash(_("Nothing changed: it was not in doubt any more, or the send was stopped."))
        return _back(issue_id)
    flash(
        ngettext(
            "%(figure)s copy is no longer in doubt.",
            "%(figure)s copies are no longer in doubt.",
            count,
            figure=figures.figure(count),
        )
    )
    return _back(issue_id)


def _again(issue_id: int, count: int) -> ResponseReturnValue:
    flash(
        ngettext(
            "%(figure)s copy is tried again now.",
            "%(figure)s copies are tried again now.",
            count,
            figure=figures.figure(count),
        )
    )
    return _back(issue_id)


def _meant(name: str) -> int:
    """How many copies the page spoke of, where it says *all*: more may have come since."""
    return request.form.get(name, -1, type=int)


def _edition(issue_id: int) -> Edition:
    guard.require(editors.may_send)
    edition = editions.of_issue(issues.get(issue_id))
    if edition is None:
        raise NotFound(_("This issue has not been sent."))
    return edition


def _tell(issue_id: int, step: str, done: bool) -> ResponseReturnValue:
    db.session.commit()
    if done:
        nudges.sweep()
    flash(TOLD[step] if done else TOO_LATE)
    return _back(issue_id)


def _back(issue_id: int) -> ResponseReturnValue:
    return redirect(url_for("editor.show_progress", issue_id=issue_id), 303)
