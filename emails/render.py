"""An issue as frozen text → its print: subject, HTML and text, with the slots still open.

The same function prints the preview, the proof, the check and the edition; the same issue gives
the same digest in every process, so a worker can prove that it prints what was approved.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from emails import borders, frames, letters, mjml, slots, typography
from emails.values import IssueText, Print, RubricKind
from emails.words import dated

WEIGHT_LIMIT = 102_000
"""Bytes of HTML beyond which Gmail clips a mail and hides its way out."""


@dataclass(frozen=True, slots=True)
class Look:
    """The type of one story: sizes in CSS pixels, `leading` a multiple of the size."""

    size: str
    leading: str
    title: str
    space: str
    css: str = ""


_LOOKS = {
    RubricKind.LEAD: Look("18px", "1.6", "33px", "14px", "large"),
    RubricKind.BRIEFS: Look("16px", "1.55", "19px", "5px"),
    RubricKind.IMAGE: Look("16px", "1.55", "21px", "8px"),
    RubricKind.TEXT: Look("17px", "1.6", "24px", "8px"),
}


def print_issue(issue: IssueText) -> Print:
    """Printed once for all readers. Raises MjmlError only if one of our templates is broken."""
    with slots.own(issue.own_slots):
        subject = slots.open_typed(issue.subject)
        html = borders.settle(mjml.compile(_source(issue)))
        text = letters.issue(typography.set_issue(issue))
    return Print(subject, html, text, digest(subject, html, text))


def issue_mjml(issue: IssueText) -> str:
    """The MJML that `print_issue` compiles, for those who hold another engine against ours."""
    with slots.own(issue.own_slots):
        return borders.erase(_source(issue))


def digest(subject: str, html: str, text: str) -> str:
    """SHA-256 over the three parts; each is preceded by its length, so none can lend to another."""
    seal = hashlib.sha256()
    for part in (subject, html, text):
        encoded = part.encode()
        seal.update(f"{len(encoded)}:".encode() + encoded)
    return seal.hexdigest()


def weight(printed: Print) -> int:
    """Bytes of HTML, to hold against WEIGHT_LIMIT."""
    return len(borders.erase(printed.html).encode())


def _source(issue: IssueText) -> str:
    return frames.fill("issue.mjml.j2", **_parts(typography.set_issue(issue)))


def _parts(issue: IssueText) -> dict[str, object]:
    dress = frames.dress(issue.masthead.language, issue.masthead.accent)
    return {
        "issue": issue,
        "dress": dress,
        "date": dated(issue.dated, dress.words),
        "looks": _LOOKS,
    }
