"""A real SMTP server in this process that tells a story, and remembers what it took charge of.

    with StoryRelay(defer={3}, refuse={5}) as relay:
        ...                                 # send to relay.relay
        assert len(relay.received) == …

Numbers count the transactions (MAIL commands) over all connections, from 1.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from emails.values import Relay


@dataclass(frozen=True)
class Received:
    mail_from: str
    rcpt_to: str
    data: bytes


@dataclass
class Story:
    """What goes wrong, and when."""

    defer: Collection[int] = ()
    """451 at RCPT."""
    refuse: Collection[int] = ()
    """550 5.1.1 at RCPT."""
    refuse_mail: Collection[int] = ()
    refuse_data: Collection[int] = ()
    """554 as the answer to the final dot."""
    by_policy: Collection[str] = ()
    """554 5.7.1 as the answer to the final dot, for these addresses."""
    defer_data: Collection[int] = ()
    busy: Collection[int] = ()
    """421 at MAIL, then the connection is closed."""
    hang_up_at_mail: Collection[int] = ()
    hang_up_at_rcpt: Collection[int] = ()
    hang_up_after_dot: Collection[int] = ()
    """The message is taken, then the line is cut without a word."""
    garble: Collection[int] = ()
    """The answer to the final dot is no SMTP."""
    slow: float = 0.0
    """Seconds before the answer to each final dot."""
    held: Mapping[str, threading.Event] = field(default_factory=dict)
    """The answer to the final dot of these addresses waits until the event is set."""
    close_every: int = 0
    """Closes a connection after so many messages."""
    hang_up_on: Collection[str] = ()
    """The line is cut at RCPT to these addresses."""
    hang_up_at_data: Collection[str] = ()
    """The line is cut at DATA for these addresses, before a byte of the content."""
    hang_up_with: Collection[str] = ()
    """The message for these addresses is taken whole, then the line is cut without a word."""
    replies: Mapping[str, str] = field(default_factory=dict)
    """What to say at RCPT to these addresses."""
    credentials: tuple[str, str] | None = None
    """User and password; AUTH is then required."""
    pipelining: bool = True
    """Whether PIPELINING is offered (RFC 2920)."""
    accents: bool = False
    """Whether SMTPUTF8 is offered (RFC 6531)."""
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False


class StoryRelay:
    """A context manager; listens on 127.0.0.1 at a free port (or at `port`)."""

    def __init__(self, *, port: int = 0, **story: Any) -> None:
        self.story = Story(**story)
        self.port = port
        self.received: list[Received] = []
        """What was accepted with a 250, and nothing else."""
        self.unanswered: list[Received] = []
        """What was taken in whole and never answered."""
        self.attempts: list[str] = []
        """The address of every RCPT, whatever became of it."""
        self.asked_at: dict[str, float] = {}
        """Monotonic time of the last RCPT to an address."""
        self.begun_at: list[float] = []
        """Monotonic time of every MAIL command."""
        self.options: list[list[str]] = []
        """What stood behind the address of each MAIL that was taken."""
        self.connections = 0
        self.transactions = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._sessions: list[_Server] = []

    @property
    def relay(self) -> Relay:
        user, password = self.story.credentials or ("", "")
        tls = "none"
        if self.story.tls:
            tls = "implicit" if self.story.implicit_tls else "starttls"
        return Relay("127.0.0.1", self.port, user, password, tls, timeout=10.0)

    def begun_since(self, moment: float) -> int:
        """How many messages were announced after this monotonic time."""
        return sum(at > moment for at in self.begun_at)

    @property
    def recipients(self) -> list[str]:
        """Who got a message, in order, one entry a message."""
        return [each.rcpt_to for each in self.received]

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        implicit = self.story.tls if self.story.implicit_tls else None
        self._server = await self._loop.create_server(
            self._session, "127.0.0.1", self.port, ssl=implicit
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        # Nobody else is accepted; who just was gets a transport first (two turns of the loop). A server
        # that is closed under a fresh connection drops its socket open (CPython 3.11).
        self._loop.remove_reader(self._server.sockets[0].fileno())
        for _ in range(2):
            await asyncio.sleep(0)
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    def _session(self) -> _Server:
        self.connections += 1
        session = _Server(self)
        self._sessions.append(session)
        return session


class _Server(SMTP):
    """One connection."""

    def __init__(self, relay: StoryRelay) -> None:
        story = relay.story
        login = story.credentials is not None
        super().__init__(
            _Handler(relay),
            hostname="relay.test",
            ident="Story",
            tls_context=None if story.implicit_tls else story.tls,
            require_starttls=bool(story.tls) and not story.implicit_tls,
            auth_require_tls=False,
            enable_SMTPUTF8=story.accents,
            authenticator=_authenticator(story) if login else None,
            loop=relay._loop,
        )
        self._hangs_up_at_data = story.hang_up_at_data

    async def smtp_DATA(self, arg: str) -> None:
        readers = self.envelope.rcpt_tos if self.envelope else []
        if set(readers) & set(self._hangs_up_at_data):
            hang_up(self)
        else:
            await super().smtp_DATA(arg)


def _authenticator(story: Story) -> Any:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        said = (given.login.decode(), given.password.decode())
        return AuthResult(success=said == story.credentials, handled=False)

    return check


class _Handler:
    def __init__(self, relay: StoryRelay) -> None:
        self.relay = relay
        self.story = relay.story
        self.number = 0
        self.taken = 0

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        offered = ["250-PIPELINING"] if self.story.pipelining else []
        return [*responses[:-1], *offered, responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.relay.transactions += 1
        self.relay.begun_at.append(time.monotonic())
        self.number = self.relay.transactions
        if self.number in self.story.hang_up_at_mail:
            return hang_up(server)
        if self.number in self.story.busy or self._tired():
            await server.push("421 4.3.2 Service closing")
            return hang_up(server)
        if self.story.credentials and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.number in self.story.refuse_mail:
            return "550 5.7.1 Sender not allowed"
        envelope.mail_from = address
        self.relay.options.append(sorted(options))
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.relay.attempts.append(address)
        self.relay.asked_at[address] = time.monotonic()
        if self.number in self.story.hang_up_at_rcpt or address in self.story.hang_up_on:
            return hang_up(server)
        if self.number in self.story.defer:
            return "451 4.2.1 Mailbox busy, come back"
        if self.number in self.story.refuse:
            return "550 5.1.1 No such reader here"
        if address in self.story.replies:
            return self.story.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.story.slow:
            await asyncio.sleep(self.story.slow)
        while (held := self.story.held.get(envelope.rcpt_tos[0])) and not held.is_set():
            await asyncio.sleep(0.02)
        content = envelope.content
        assert isinstance(content, bytes)
        message = Received(str(envelope.mail_from), envelope.rcpt_tos[0], content)
        if self.number in self.story.refuse_data:
            return "554 5.6.0 Message refused"
        if message.rcpt_to in self.story.by_policy:
            return f"554 5.7.1 <{message.rcpt_to}>: Refused by policy"
        if self.number in self.story.defer_data:
            return "452 4.3.1 Out of room"
        if (
            self.number in self.story.hang_up_after_dot
            or message.rcpt_to in self.story.hang_up_with
        ):
            self.relay.unanswered.append(message)
            return hang_up(server)
        if self.number in self.story.garble:
            self.relay.unanswered.append(message)
            return "well, yes"
        self.relay.received.append(message)
        self.taken += 1
        return f"250 2.0.0 Ok: queued as STORY{self.number}"

    def _tired(self) -> bool:
        return bool(self.story.close_every) and self.taken >= self.story.close_every


def hang_up(server: SMTP) -> str:
    """Cuts the line; what is said afterwards is heard by nobody."""
    if server.transport is not None:
        server.transport.close()
    return "421 gone"
