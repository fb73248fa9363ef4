"""Opening an SMTP session: connect, greet, secure, sign in. All that comes before the first message.

It blocks, with a time limit for each step: whoever must not wait opens in a thread of its own.
"""

from __future__ import annotations

import smtplib
import socket
import ssl

from emails import answers
from emails.answers import Phase
from emails.values import Answer, Relay

CONNECT_PATIENCE = 30.0
"""Seconds for each step."""


class Refused(Exception):
    """A reply other than the hoped-for one, or none; carries what it means."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


def open(relay: Relay, name: str = "") -> smtplib.SMTP:
    """A session that is ready for MAIL; raises Refused for whatever a relay or a network does.

    `name` is what we call ourselves in EHLO; by default this machine's name, as it knows it without
    asking the network (a look-up can take longer than the mail).
    """
    steps = _Opening(relay, name or socket.gethostname())
    try:
        return steps.go()
    except (smtplib.SMTPException, OSError) as broken:
        said = f"{type(broken).__name__}: {broken}"
        raise Refused(answers.silence(steps.phase, said)) from broken


class _Opening:
    """Remembers how far it came: that decides what a silence means."""

    def __init__(self, relay: Relay, name: str) -> None:
        self.relay = relay
        self.name = name
        self.phase = Phase.CONNECT

    def go(self) -> smtplib.SMTP:
        session = self._connect()
        try:
            self._greet(session)
        except BaseException:
            session.close()
            raise
        return session

    def _connect(self) -> smtplib.SMTP:
        relay, patience = self.relay, min(CONNECT_PATIENCE, self.relay.timeout)
        try:
            if relay.tls == "implicit":
                return smtplib.SMTP_SSL(
                    relay.host, relay.port, self.name, timeout=patience, context=self._trust()
                )
            return smtplib.SMTP(relay.host, relay.port, self.name, timeout=patience)
        except smtplib.SMTPConnectError as odd:
            raise Refused(_early(Phase.GREETING, odd)) from odd

    def _greet(self, session: smtplib.SMTP) -> None:
        self.phase = Phase.GREETING
        self._hello(session)
        if self.relay.tls == "starttls":
            code, reply = session.starttls(context=self._trust())
            if code != 220:
                raise Refused(answers.read(Phase.GREETING, code, reply))
            self._hello(session)
        if self.relay.user:
            self.phase = Phase.LOGIN
            try:
                session.login(self.relay.user, self.relay.password)
            except smtplib.SMTPAuthenticationError as odd:
                raise Refused(_early(Phase.LOGIN, odd)) from odd

    def _hello(self, session: smtplib.SMTP) -> None:
        try:
            session.ehlo_or_helo_if_needed()
        except smtplib.SMTPHeloError as odd:
            raise Refused(_early(Phase.GREETING, odd)) from odd

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.relay.ca_file or None)


def _early(phase: Phase, odd: smtplib.SMTPResponseException) -> Answer:
    reply = odd.smtp_error
    return answers.read(phase, odd.smtp_code, reply.encode() if isinstance(reply, str) else reply)
