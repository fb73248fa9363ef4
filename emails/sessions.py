"""Opening an SMTP session: connect, greet, secure, sign in. All that comes before the first message.

It blocks, with a time limit for each step and one for all together: whoever must not wait opens in a
thread of its own.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from typing import Self

from emails import answers
from emails.answers import Phase
from emails.values import Answer, Relay

CONNECT_PATIENCE = 30.0
"""Seconds for each step."""
OPENING_PATIENCE = 60.0
"""Seconds for all of them: a relay that says one byte now and then is never silent for long."""


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
    with _Limit(OPENING_PATIENCE) as limit:
        steps = _Opening(relay, name or socket.gethostname(), limit)
        try:
            return steps.go()
        except (Refused, smtplib.SMTPException, OSError) as broken:
            said = f"{type(broken).__name__}: {broken}"
            if limit.is_over:
                said = f"no session within {limit.seconds:g} s"
            elif isinstance(broken, Refused):
                raise
            raise Refused(answers.silence(steps.phase, said)) from broken


class _Limit:
    """Hangs up on a relay that is not done in time, whatever it says meanwhile."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._line is not None:
            self._line.close()

    def watch(self, sock: socket.socket) -> socket.socket:
        # A second handle on the same line, which TLS in the other thread knows nothing of.
        self._line = sock.dup()
        return sock

    def _hang_up(self) -> None:
        self.is_over = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


class _Session(smtplib.SMTP):
    """Watched from the moment the line stands."""

    def __init__(self, limit: _Limit, relay: Relay, name: str, patience: float) -> None:
        self._limit = limit
        super().__init__(relay.host, relay.port, name, timeout=patience)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._limit.watch(socket.create_connection((host, port), timeout))


class _SecureSession(smtplib.SMTP_SSL):
    """The same, secured before the greeting."""

    def __init__(self, limit: _Limit, relay: Relay, name: str, patience: float) -> None:
        self._limit = limit
        super().__init__(relay.host, relay.port, name, timeout=patience, context=trust(relay))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = self._limit.watch(socket.create_connection((host, port), timeout))
        return self.context.wrap_socket(line, server_hostname=host)


class _Opening:
    """Remembers how far it came: that decides what a silence means."""

    def __init__(self, relay: Relay, name: str, limit: _Limit) -> None:
        self.limit = limit
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
        kind = _SecureSession if relay.tls == "implicit" else _Session
        try:
            return kind(self.limit, relay, self.name, patience)
        except smtplib.SMTPConnectError as odd:
            raise Refused(_early(Phase.GREETING, odd)) from odd

    def _greet(self, session: smtplib.SMTP) -> None:
        self.phase = Phase.GREETING
        self._hello(session)
        if self.relay.tls == "starttls":
            code, reply = session.starttls(context=trust(self.relay))
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


def trust(relay: Relay) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=relay.ca_file or None)


def _early(phase: Phase, odd: smtplib.SMTPResponseException) -> Answer:
    reply = odd.smtp_error
    return answers.read(phase, odd.smtp_code, reply.encode() if isinstance(reply, str) else reply)
