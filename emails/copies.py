"""Copies on their way to a wire, and the postbox that gives them out and takes the answers.

Whoever sends implements the postbox: `emails` knows nothing of batches, journals and rows.
"""

from __future__ import annotations

from typing import Protocol

from emails.headers import needs_utf8
from emails.values import Answer

UTF8 = b" SMTPUTF8 BODY=8BITMIME"


class Copy:
    """One message for one reader; `data` is dot-stuffed and ends with CRLF, without the final dot."""

    __slots__ = ("data", "envelope", "key", "needs_utf8", "tries")

    def __init__(self, key: object, mail_from: str, rcpt_to: str, data: bytes) -> None:
        self.key = key
        """Whatever the postbox knows it by."""
        self.needs_utf8 = needs_utf8(rcpt_to)
        """Only a session with SMTPUTF8 may hear of it (RFC 6531 §3.4: and MAIL says so)."""
        options = UTF8 if self.needs_utf8 else b""
        self.envelope = (
            b"MAIL FROM:<%b>%b\r\n" % (mail_from.encode("ascii"), options),
            b"RCPT TO:<%b>\r\n" % rcpt_to.encode(),
            b"DATA\r\n",
        )
        self.data = data
        self.tries = 0
        """How many sessions broke over it, before its final dot was out."""


class Postbox(Protocol):
    """Where copies come from and answers go. Called from the loop's thread only; must not block."""

    def take(self) -> Copy | None:
        """The next copy to post; None when there is none at the moment."""

    def begin(self, copy: Copy) -> bool:
        """The relay waits for the content. False: do not send it (then the session is closed)."""

    def end(self, copy: Copy, answer: Answer) -> None:
        """What the relay made of it."""

    def give_back(self, copy: Copy, why: Answer) -> None:
        """The session broke before its final dot was out whole: it is still to do."""

    def waiting(self) -> int:
        """How many copies could be taken now."""

    def has_more(self) -> bool:
        """Whether copies may still come. False: the loop ends when all are answered."""

    def is_stopping(self) -> bool:
        """Begin nothing more; end when what is begun has its answer."""

    def trouble_opening(self, answer: Answer) -> None:
        """No session is open, and another could not be opened or closed before it took a message."""
