"""What a relay's reply means for one message (RFC 5321 §4.2, RFC 3463), as an `Answer`."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum

from emails.values import Answer, Blame, Outcome

SHOWN = 500
"""Characters of a reply that are kept."""

STRUCK = "[…]"
"""Where an address stood."""

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUED = (
    re.compile(r"queued(?: mail for delivery)?(?: as|:)\s*<?([A-Za-z0-9._-]{4,64})", re.I),
    re.compile(r"\bid[=:]\s*<?([A-Za-z0-9._@-]{4,64})", re.I),
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_AUTHENTICATION = frozenset({530, 534, 535, 538})
_NOT_UNDERSTOOD = frozenset({500, 501, 504, 555})
"""To a command or an option of it (RFC 5321 §4.2.2, and §4.1.1.11 for MAIL)."""
_HER_OWN = re.compile(r"5\.(?:1\.(?:[0-6]|10)|[23]\.\d+)")
"""What RFC 3463 §3.2 to §3.4 (and RFC 7505 §4.2) say of a reader's address, of her mailbox and of the
system that keeps it."""


class Phase(StrEnum):
    """How far the session had come; decides whom a refusal concerns and what a silence means."""

    CONNECT = "connect"
    GREETING = "greeting"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    """The command, and the message up to its final dot."""
    RESET = "reset"
    """RSET between two messages, the first of which was refused."""
    DOT = "dot"
    """The final dot is out whole; only the answer is missing."""


def read(phase: Phase, code: int, reply: bytes) -> Answer:
    """A reply that did come. Before the dot, anything but a clear yes or no is "later"; after it,
    a reply that is neither 2xx, 4xx nor 5xx leaves the message in doubt."""
    text, enhanced = _told(reply)
    if phase is Phase.DOT and 200 <= code <= 299:
        return Answer(Outcome.ACCEPTED, code, enhanced, text, _queue_id(text))
    if phase is Phase.DOT and not 400 <= code <= 599:
        return Answer(Outcome.IN_DOUBT, max(code, 0), enhanced, text)
    if not 500 <= code <= 599:
        return Answer(Outcome.DEFERRED, max(code, 0), enhanced, text, blame=_blame_later(phase))
    return Answer(Outcome.REFUSED, code, enhanced, text, blame=_blame(phase, code, enhanced))


def is_in_step(phase: Phase, code: int) -> bool:
    """Whether a relay that hears what we say can say this. 250 to DATA, say, answers something else:
    if we went on as after a no, the 354 behind it would make mail of our next commands."""
    if phase is Phase.DATA:
        return code == 354 or 400 <= code <= 599
    return 200 <= code <= 299 or 400 <= code <= 599


def silence(phase: Phase, reason: str) -> Answer:
    """No reply: harmless before the final dot was out whole, in doubt after it (RFC 5321 §4.5.3.2.6
    and §6.1: the receiver may have taken charge and lost the line before it could say so)."""
    outcome = Outcome.IN_DOUBT if phase is Phase.DOT else Outcome.DEFERRED
    return Answer(outcome, text=shown(reason.encode()), blame=_blame_later(phase))


def shown(reply: bytes) -> str:
    """A reply fit for a page or a log: valid text, on one line, nothing that steers a terminal."""
    text = reply.decode("utf-8", "replace")
    if not (text.isascii() and text.rstrip("\r").isprintable()):
        text = _CONTROLS.sub(" ", text)
    return _cut(text.strip())


def _told(reply: bytes) -> tuple[str, str]:
    """Its words on one line and its enhanced code, which relays say again before each line of theirs
    (RFC 2034 §4): kept once."""
    lines = [shown(line) for line in reply.split(b"\n")]
    found = [_ENHANCED.search(line[:40]) for line in lines]
    enhanced = next((each[1] for each in found if each), "")
    if len(lines) == 1:
        return lines[0], enhanced
    rest = [f"{line} ".removeprefix(f"{enhanced} ").strip() for line in lines[1:]]
    return _cut(" ".join(line for line in (lines[0], *rest) if line)), enhanced


def _cut(text: str) -> str:
    """Between words: half an address would be known to nobody who strikes it out."""
    return text if len(text) <= SHOWN else text[: SHOWN + 1].rpartition(" ")[0] or text[:SHOWN]


def unnamed(answer: Answer, address: str) -> Answer:
    """The same without the address of whom it is about, which relays like to repeat.

    Whoever keeps an answer knows by its row whom it concerns; once she is erased nobody shall, not
    even by an answer that comes a moment later.
    """
    if "@" not in answer.text and "<" not in answer.text:
        # The common yes names a queue, and nobody.
        return answer
    local = address.rpartition("@")[0]
    found = re.compile(f"{re.escape(address)}|(?<=<){re.escape(local)}(?=[@>])", re.IGNORECASE)
    return replace(answer, text=found.sub(STRUCK, answer.text))


def of_her_address(answer: Answer) -> Answer:
    """A refusal of MAIL for a reader whose address needs SMTPUTF8: the options that MAIL then carries
    are hers alone, and a relay that does not understand them says nothing of us."""
    is_hers = answer.code in _NOT_UNDERSTOOD or answer.enhanced.startswith("5.5.")
    if answer.outcome is Outcome.REFUSED and (is_hers or answer.enhanced == "5.6.7"):
        return replace(answer, blame=Blame.READER)
    return answer


def no_accents() -> Answer:
    """For a reader whose address needs SMTPUTF8 (RFC 6531 §3.2: it must not go to a relay that does
    not offer it). Nothing was said of her to the relay."""
    return Answer(
        Outcome.REFUSED,
        enhanced="5.6.7",
        text="the relay takes no address with accents before the @ (SMTPUTF8)",
        blame=Blame.READER,
    )


def _queue_id(text: str) -> str:
    for pattern in _QUEUED:
        if found := pattern.search(text):
            return found[1]
    return ""


def _blame(phase: Phase, code: int, enhanced: str) -> Blame:
    """At RCPT many relays refuse whom they do not know, too: us, our name, our sender (Postfix's
    `smtpd_delay_reject`). Whoever sends counts them and sees when there are many in a row."""
    if phase in (Phase.CONNECT, Phase.GREETING, Phase.LOGIN, Phase.MAIL):
        return Blame.US
    if code in _AUTHENTICATION:
        return Blame.US
    if phase is Phase.RCPT:
        return Blame.READER if _HER_OWN.fullmatch(enhanced) else Blame.UNCLEAR
    return Blame.US if enhanced.startswith("5.7.") else Blame.MESSAGE


def _blame_later(phase: Phase) -> Blame:
    early = (Phase.CONNECT, Phase.GREETING, Phase.LOGIN)
    return Blame.US if phase in early else Blame.READER
