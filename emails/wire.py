"""A wire: one open SMTP session that posts copy after copy, each in a single round trip (RFC 2920).

    write   body of copy n, its final dot, then MAIL RCPT DATA of copy n+1
    read    the answer to the dot of n, then 250 250 354 for n+1

RFC 2920 §3.1: DATA stands last in its group, and the content of a message may stand first in the
next one. A relay that does not offer PIPELINING gets one command at a time by the same code. It
knows no threads, no files and no rows: `Postbox` gives copies and takes answers.

A copy is *begun* when the first byte of its content is written. Until the last byte of its final dot
is out, whatever breaks costs nothing and it is still to do; from then until the answer it is in doubt.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque

from emails import answers
from emails.answers import Phase
from emails.copies import Copy, Postbox
from emails.mouths import WAITING, Mouth
from emails.replies import Replies
from emails.values import Answer

MOUTHFUL = 65_536
"""Bytes read at a time."""
COMMAND_PATIENCE = 300.0
"""Seconds for the answers to MAIL, RCPT and DATA (RFC 5321 §4.5.3.2)."""
LATE = 5.0
"""Seconds for an answer to a dot after which the copy announced behind it goes another way."""
DOT = b".\r\n"


class Wire:
    """One session, open and past its greeting; its socket does not block."""

    def __init__(
        self,
        sock: socket.socket,
        postbox: Postbox,
        *,
        pipelining: bool,
        patience: float,
        utf8: bool = False,
    ) -> None:
        self.sock = sock
        self.postbox = postbox
        self.pipelining = pipelining
        self.utf8 = utf8
        """Whether the relay offers SMTPUTF8."""
        self.patience = patience
        """Seconds for the answer to the final dot."""
        self.posted = 0
        """Copies answered in this session."""
        self.closed: Answer | None = None
        """Why it is over, once it is."""
        self.deadline = float("inf")
        self.begun: Copy | None = None
        """Its content is being written or has been; the answer to its dot is awaited."""
        self.announced: Copy | None = None
        """Its envelope is with the relay."""
        self._awaited: deque[Phase] = deque()
        self._unsaid: deque[tuple[Phase, bytes]] = deque()
        """Commands that a relay without PIPELINING has yet to hear."""
        self._refusal: Answer | None = None
        self._needs_reset = False
        """The relay may still hold an envelope that it refused: RSET goes before the next one."""
        self._is_late = False
        """What was announced has been taken away: the session ends with the answer it waits for."""
        self._is_named = False
        """The relay took MAIL for what is announced: if it breaks now, the copy may be why."""
        self._replies = Replies()
        self._mouth = Mouth(sock)

    @property
    def is_idle(self) -> bool:
        return self.begun is None and self.announced is None and not self._awaited

    @property
    def wants_to_write(self) -> bool:
        return self._mouth.is_full

    def start(self) -> None:
        """Announce a copy when nothing is under way."""
        if self.closed is None and self.is_idle:
            self._write(b"", b"", self._announce())

    def on_readable(self) -> None:
        """Hear what came in. A TLS record may hold more than one read gives: read until it waits."""
        while self.closed is None:
            try:
                heard = self.sock.recv(MOUTHFUL)
            except WAITING:
                return
            except OSError as broken:
                self.fail(f"{type(broken).__name__}: {broken}")
                return
            if not heard:
                self.fail("the relay closed the connection")
                return
            self._hear(heard)
            if len(heard) < MOUTHFUL and not isinstance(self.sock, ssl.SSLSocket):
                return

    def on_writable(self) -> None:
        try:
            self._mouth.flush()
        except OSError as broken:
            self.fail(f"{type(broken).__name__}: {broken}")

    def check_patience(self, now: float) -> None:
        if now > self.deadline and self.closed is None:
            self.fail("the relay did not answer in time")
        elif self.begun is not None and now > self.deadline - self.patience + LATE:
            self._let_go()

    def _let_go(self) -> None:
        """Who is announced must not wait for one slow answer to somebody else's copy."""
        announced, self.announced = self.announced, None
        if announced is not None:
            self._is_late = True
            self._unsaid.clear()
            self._give_back(announced, answers.silence(Phase.MAIL, "late"), suspect=False)

    def stop(self) -> None:
        """Nothing more is to be begun: close as soon as what is begun has its answer."""
        if self.begun is None:
            self.close(answers.silence(Phase.MAIL, "we stopped"))

    def fail(self, reason: str) -> None:
        """The session broke: what was begun is in doubt only if its final dot is out whole."""
        begun, self.begun = self.begun, None
        if begun is not None and self._mouth.until_dot <= 0:
            self.postbox.end(begun, answers.silence(Phase.DOT, reason))
        elif begun is not None:
            self._give_back(begun, answers.silence(Phase.DATA, reason), suspect=True)
        self.close(answers.silence(Phase.MAIL, reason))

    def close(self, why: Answer) -> None:
        """The session is over; a copy that was only announced is given back. Twice is once.

        The socket is closed by whoever listens to it: its number must not be another's before.
        """
        if self.closed is not None:
            return
        self.closed = why
        announced, self.announced = self.announced, None
        if announced is not None:
            self._give_back(announced, why, suspect=self._is_named)

    def _give_back(self, copy: Copy, why: Answer, *, suspect: bool) -> None:
        """A session that ends before MAIL was taken says nothing of the copy that stood next."""
        copy.tries += suspect
        self.postbox.give_back(copy, why)

    def _hear(self, heard: bytes) -> None:
        for code, text in self._replies.cut(heard):
            if self.closed is None:
                self._answered(code, text)
        if self._replies.has_no_end:
            self.fail("what the relay says is no SMTP")

    def _answered(self, code: int, text: bytes) -> None:
        if not self._awaited:
            # Said without being asked, as a 421 before a relay goes.
            self.fail(f"{code} {answers.shown(text)}")
            return
        phase = self._awaited.popleft()
        if phase is Phase.DOT:
            self._dot_answered(code, text)
        elif code == 421:
            self.close(answers.read(Phase.GREETING, code, text))
        elif not answers.is_in_step(phase, code):
            self.fail(f"the relay is out of step: {code} {answers.shown(text)}")
        elif phase is Phase.DATA:
            self._data_answered(code, text)
        elif phase is Phase.RESET and not 200 <= code <= 299:
            # What it was to forget may still stand there, and the next envelope behind it.
            self.close(answers.silence(Phase.MAIL, f"no reset: {code} {answers.shown(text)}"))
        elif not 200 <= code <= 299:
            is_hers = phase is Phase.MAIL and self.announced and self.announced.needs_utf8
            answer = answers.read(phase, code, text)
            self._refusal = self._refusal or (answers.of_her_address(answer) if is_hers else answer)
        elif phase is Phase.MAIL:
            self._is_named = True
        if code == 421 and self.closed is None:
            self.close(answers.read(Phase.GREETING, code, text))
        elif self._unsaid and self.closed is None:
            self._say_next()

    def _dot_answered(self, code: int, text: bytes) -> None:
        """After a reply that comes before its dot is out, or that is none to a dot, nobody could say
        which of the next replies belongs to what: the session is over."""
        if self._mouth.until_dot > 0:
            self._interrupted(code, text)
            return
        self.posted += 1
        begun, self.begun = self.begun, None
        if begun is not None:
            self.postbox.end(begun, answers.read(Phase.DOT, code, text))
        if self._is_late:
            self.close(answers.silence(Phase.MAIL, "the answer was late"))
        elif not answers.is_in_step(Phase.DOT, code):
            self.close(answers.silence(Phase.MAIL, f"no answer to a dot: {code}"))
        elif not self._awaited:
            self.deadline = float("inf")

    def _interrupted(self, code: int, text: bytes) -> None:
        """A clear no in the middle of the content stands, since the dot will not follow; a yes there
        is none (the relay cannot have taken charge of what it has not got)."""
        begun = self.begun
        if begun is not None and 400 <= code <= 599 and code != 421:
            self.begun = None
            self.postbox.end(begun, answers.read(Phase.DATA, code, text))
        self.fail(f"the relay spoke before the dot: {code} {answers.shown(text)}")

    def _data_answered(self, code: int, text: bytes) -> None:
        """The relay has heard the whole envelope: content, or something else to say."""
        copy, self.announced = self.announced, None
        assert copy is not None
        refusal, self._refusal = self._refusal, None
        if code == 354 and refusal is None:
            self._begin(copy)
        elif code == 354:
            # RFC 2920 §3.1: an envelope without a reader that is let through all the same gets an
            # empty message, which nobody receives.
            self._refused(copy, refusal)
            self._awaited.append(Phase.DOT)
            self._write(b"", DOT, self._announce())
        else:
            self._refused(copy, refusal or answers.read(Phase.DATA, code, text))
            self._write(b"", b"", self._announce())

    def _begin(self, copy: Copy) -> None:
        if not self.postbox.begin(copy):
            self.announced = copy
            self.close(answers.silence(Phase.MAIL, "not wanted any more"))
            return
        self.begun = copy
        self._awaited.append(Phase.DOT)
        self._write(copy.data, DOT, self._announce())
        self.deadline = time.monotonic() + self.patience

    def _refused(self, copy: Copy, answer: Answer | None) -> None:
        assert answer is not None
        self._needs_reset = True
        self.postbox.end(copy, answer)

    def _announce(self) -> bytes:
        """The next copy's envelope; empty when there is none, or when it must wait for its turn."""
        copy = self.postbox.take()
        while copy is not None and copy.needs_utf8 and not self.utf8:
            self.postbox.end(copy, answers.no_accents())
            copy = self.postbox.take()
        if copy is None:
            return b""
        self.announced, self._is_named = copy, False
        commands = list(zip((Phase.MAIL, Phase.RCPT, Phase.DATA), copy.envelope, strict=True))
        if self._needs_reset:
            self._needs_reset = False
            commands.insert(0, (Phase.RESET, b"RSET\r\n"))
        self.deadline = time.monotonic() + COMMAND_PATIENCE
        if self.pipelining:
            self._awaited.extend(phase for phase, _ in commands)
            return b"".join(command for _, command in commands)
        self._unsaid.extend(commands)
        if self._awaited:
            return b""
        phase, command = self._unsaid.popleft()
        self._awaited.append(phase)
        return command

    def _say_next(self) -> None:
        """In step: the next command, unless the envelope was refused already."""
        if self._refusal is not None and self.announced is not None:
            copy, self.announced = self.announced, None
            refusal, self._refusal = self._refusal, None
            self._unsaid.clear()
            self._refused(copy, refusal)
            self._write(b"", b"", self._announce())
        elif not self._awaited:
            phase, command = self._unsaid.popleft()
            self._awaited.append(phase)
            self._write(b"", b"", command)

    def _write(self, content: bytes, dot: bytes, behind: bytes) -> None:
        if self.closed is None:
            try:
                self._mouth.say(content, dot, behind)
            except OSError as broken:
                self.fail(f"{type(broken).__name__}: {broken}")
