"""One kept connection to a relay: posts one message after the other and says what became of each.

The plain sender, for notices: in step, one message a transaction, one RCPT each. It speaks
SMTP command by command instead of calling `smtplib.sendmail`, because the truth about a message
hangs on the phase in which a line broke: before the final dot was out whole it may be sent again,
between the dot and the answer it is in doubt.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
from types import TracebackType
from typing import Self

from emails import answers, headers, sessions
from emails.answers import Phase
from emails.copies import UTF8
from emails.errors import UnfitValue
from emails.sessions import Refused
from emails.values import Answer, Blame, Envelope, Outcome, Relay

PATIENCE = 300.0
"""Seconds for everything but the final dot (RFC 5321 §4.5.3.2)."""

_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)


class Line:
    """A connection to `relay`, opened when first needed, again after a break, and after
    `max_messages` (some providers close at 100). Belongs to one thread. Closes with QUIT."""

    def __init__(self, relay: Relay, *, max_messages: int = 100, name: str = "") -> None:
        """`name` is what we call ourselves in EHLO; by default this machine's name."""
        self.relay = relay
        self.max_messages = max_messages
        self._name = name
        self._session: smtplib.SMTP | None = None
        self._posted = 0
        self._phase = Phase.CONNECT
        self.takes_accents: bool | None = None
        """Whether the relay offered SMTPUTF8 when a session was opened; None before that."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def post(self, envelope: Envelope) -> Answer:
        """Hands one message over. Never raises for what a relay or a network does.

        A kept connection that turns out dead at MAIL, where nothing of this message has been said
        yet, is opened again once.
        """
        try:
            headers.address("mail_from", envelope.mail_from, accents=False)
            headers.address("rcpt_to", envelope.rcpt_to)
        except UnfitValue as odd:
            return Answer(Outcome.REFUSED, text=str(odd), blame=Blame.READER)
        kept = self._session is not None
        answer = self._attempt(envelope)
        if kept and answer.code in (0, 421) and self._phase is Phase.MAIL:
            self._drop()
            answer = self._attempt(envelope)
        return answer

    def try_out(self) -> Answer:
        """Connect, secure the line, sign in and leave, with no message. Never raises."""
        try:
            self._ready()
        except Refused as refused:
            return refused.answer
        finally:
            self.close()
        return Answer(Outcome.ACCEPTED)

    def close(self) -> None:
        """QUIT, and the socket closed, whatever the relay says to it. Twice is the same as once."""
        session, self._session = self._session, None
        if session is None:
            return
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if session.sock is not None:
                session.sock.settimeout(5.0)
            session.quit()
        session.close()

    def _attempt(self, envelope: Envelope) -> Answer:
        try:
            session = self._ready()
            answer = self._transact(session, envelope)
        except Refused as refused:
            self._after_refusal(refused.answer)
            return refused.answer
        except (smtplib.SMTPException, OSError) as broken:
            self._drop()
            return answers.silence(self._phase, f"{type(broken).__name__}: {broken}")
        self._posted += 1
        if answer.code == 421 or self._posted >= self.max_messages:
            self.close()
        return answer

    def _transact(self, session: smtplib.SMTP, envelope: Envelope) -> Answer:
        self._patience(PATIENCE)
        options = ""
        if headers.needs_utf8(envelope.rcpt_to):
            if not self.takes_accents:
                raise Refused(answers.no_accents())
            session.command_encoding, options = "utf-8", UTF8.decode()
        mail = f"MAIL FROM:<{envelope.mail_from}>{options}"
        try:
            self._expect(Phase.MAIL, *self._say(Phase.MAIL, mail))
        except Refused as refused:
            raise Refused(
                answers.of_her_address(refused.answer) if options else refused.answer
            ) from None
        self._expect(Phase.RCPT, *self._say(Phase.RCPT, f"RCPT TO:<{envelope.rcpt_to}>"))
        code, reply = self._say(Phase.DATA, "DATA")
        if code != 354:
            raise Refused(answers.read(Phase.DATA, code, reply))
        self._patience(self.relay.timeout)
        # If this fails, part of it never left this machine, the dot at its end least of all.
        session.send(stuffed(envelope.data))
        self._phase = Phase.DOT
        return answers.read(Phase.DOT, *session.getreply())

    def _say(self, phase: Phase, command: str) -> tuple[int, bytes]:
        self._phase = phase
        assert self._session is not None
        return self._session.docmd(command)

    def _expect(self, phase: Phase, code: int, reply: bytes) -> None:
        if not 200 <= code <= 299:
            raise Refused(answers.read(phase, code, reply))

    def _after_refusal(self, answer: Answer) -> None:
        """A clean slate for the next message: RSET where the session can go on."""
        if self._session is None or answer.code == 421 or self._phase in (Phase.LOGIN, Phase.DOT):
            self._drop()
            return
        try:
            code, _ = self._session.rset()
        except (smtplib.SMTPException, OSError):
            code = 0
        if code != 250:
            self._drop()

    def _ready(self) -> smtplib.SMTP:
        if self._session is None:
            self._phase = Phase.LOGIN
            self._session = sessions.open(self.relay, self._name)
            self._posted = 0
            self.takes_accents = self._session.has_extn("smtputf8")
        return self._session

    def _patience(self, seconds: float) -> None:
        if self._session is not None and self._session.sock is not None:
            self._session.sock.settimeout(min(seconds, self.relay.timeout))

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def stuffed(data: bytes) -> bytes:
    """Message bytes as they stand after DATA: a leading dot doubled, the final dot added
    (RFC 5321 §4.5.2). Our own mails hold no leading dot; others may."""
    if data.startswith(b".") or b"\n." in data:
        data = _LINE_DOT.sub(b"..", data)
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")
