"""The press of *send*: the checks run, the issue is printed, and what was approved is frozen.

The desk and the command line both come through here; what cannot be printed cannot be ordered.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.core import checks, clock, editions, reasons
from app.core.checks import Fault
from app.core.errors import Invalid
from app.extensions import _
from app.models import Edition, Editor, Issue
from emails import compose, render
from emails.errors import MailError
from emails.values import IssueText, Print
from tasks import texts


@dataclass(frozen=True, slots=True)
class Examined:
    """An issue as it stood when it was looked at."""

    text: IssueText
    printed: Print | None
    """None where it cannot be printed; `faults` then says why."""
    faults: tuple[Fault, ...]
    advice: tuple[Fault, ...]


def examine(issue: Issue, due_at: dt.datetime | None = None) -> Examined:
    """Run every check and print, now, as it would go out at `due_at` or at once. Changes nothing."""
    text = texts.of_issue(issue, due_at and due_at.astimezone(clock.PARIS).date())
    faults, advice = checks.faults(issue), checks.advice(issue)
    printed: Print | None = None
    try:
        printed = render.print_issue(text)
        # Faults of the headers only show when the message is put together.
        compose.compile_issue(printed, text.masthead, clock.now())
    except MailError as odd:
        why = reasons.said(str(odd))
        faults.append(Fault("newsletter", _("The mail cannot be made: %(why)s.", why=why)))
    if printed is not None and render.weight(printed) > render.WEIGHT_LIMIT:
        advice.append(Fault("content", _heavy(render.weight(printed))))
    return Examined(text, printed, tuple(faults), tuple(advice))


def order(
    issue: Issue, editor: Editor | None = None, due_at: dt.datetime | None = None
) -> Edition | None:
    """Freeze and order an issue that has no faults, for `due_at` or for now.

    None when it is ordered already, or was saved by somebody since `issue` was read. Raises Invalid
    with all that it lacks. The caller commits, then nudges.
    """
    examined = examine(issue, due_at)
    if examined.faults or examined.printed is None:
        raise Invalid(
            _("The issue cannot go out yet."),
            {fault.where: fault.sentence for fault in examined.faults},
        )
    return editions.order(issue, examined.text, examined.printed.digest, editor, due_at)


def _heavy(weight: int) -> object:
    return _(
        "The mail weighs %(weight)s kB; beyond 102 kB, Gmail cuts it and hides the way out.",
        weight=weight // 1000,
    )
