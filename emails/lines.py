"""Lines: several wires to one relay, in one thread, each with its own pace.

A slow or broken session never stops the others: sessions are opened in threads of their own, and
nothing here waits for any single one. Whoever closes on us is opened again, one at a time and ever
more slowly while it brings nothing.

Why by hand: with `smtplib` a 61 KB message costs the sender 613 µs and every command a round trip;
this way it costs about 35 µs and one round trip a message (measured; RFC 2920).
"""

from __future__ import annotations

import contextlib
import queue
import selectors
import smtplib
import socket
import ssl
import threading
import time

from emails import sessions
from emails.copies import Postbox
from emails.sessions import Refused
from emails.values import Answer, Relay
from emails.wire import Wire

SLOWEST = 30.0
"""Seconds between two attempts to open a session, at the most."""
FIRST_PAUSE = 0.25
LOOK = 0.5
"""Seconds after which the loop looks up although nothing was heard."""
IDLE_LOOK = 0.005
"""The same while a wire has nothing to post and more is to come."""


class Lines:
    """Up to `count` sessions to `relay`. Belongs to one thread; `run` may be called once."""

    def __init__(self, relay: Relay, postbox: Postbox, count: int, name: str = "") -> None:
        self.relay = relay
        self.postbox = postbox
        self.count = count
        self._name = name
        self._selector = selectors.DefaultSelector()
        self._wires: dict[Wire, smtplib.SMTP] = {}
        self._opened: queue.SimpleQueue[smtplib.SMTP | Answer] = queue.SimpleQueue()
        self._opening = 0
        self._handover = threading.Lock()
        """Held while a session is handed over: then either the run has it or nobody will."""
        self._is_ended = False
        self._failures = 0
        self._pause_until = 0.0
        self._tend_at = 0.0
        """When to look after the sessions again, if none of them asks for it before."""

    def run(self) -> None:
        """Post until the postbox has no more or is stopping, and every answer is in."""
        try:
            while True:
                if time.monotonic() >= self._tend_at:
                    if self._is_over():
                        return
                    self._tend()
                self._look()
        finally:
            self._turn_away()
            self._hang_up()

    def _tend(self) -> None:
        """Take in what was opened, let idle wires go on, open more, end what is silent for too long.

        Every half second, or at once when a wire is idle or closed: per copy it would cost 10 µs.
        """
        self._welcome()
        self._open_more()
        now = time.monotonic()
        for one in list(self._wires):
            one.check_patience(now)
            self._see_to(one)
        busy = sum(not one.is_idle for one in self._wires)
        is_starving = self._opening or busy < max(len(self._wires), 1)
        self._tend_at = now + (IDLE_LOOK if is_starving else LOOK)

    def _is_over(self) -> bool:
        stopping = self.postbox.is_stopping()
        if stopping:
            for one in list(self._wires):
                one.stop()
                self._see_to(one)
            return not self._wires
        return not self.postbox.has_more() and all(one.is_idle for one in self._wires)

    def _welcome(self) -> None:
        """Take in the sessions that were opened meanwhile, and let idle wires go on."""
        while True:
            try:
                found = self._opened.get_nowait()
            except queue.Empty:
                break
            self._opening -= 1
            if isinstance(found, Answer):
                self._failed(found)
            else:
                self._add(found)
        for one in list(self._wires):
            if one.is_idle:
                one.start()
                self._see_to(one)

    def _add(self, session: smtplib.SMTP) -> None:
        assert session.sock is not None
        session.sock.setblocking(False)
        # A group of commands must not wait for the acknowledgement of the one before.
        session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one = Wire(
            session.sock,
            self.postbox,
            pipelining=session.has_extn("pipelining"),
            patience=self.relay.timeout,
            utf8=session.has_extn("smtputf8"),
        )
        self._wires[one] = session
        self._selector.register(one.sock, selectors.EVENT_READ, one)

    def _open_more(self) -> None:
        """As many as there is work for; while nothing comes of it, one at a time."""
        now = time.monotonic()
        if now < self._pause_until or self.postbox.is_stopping():
            return
        busy = sum(not one.is_idle for one in self._wires)
        limit = 1 if self._failures else self.count
        # One is opened before there is anything to post: the first copy then finds it open.
        load = max(busy + self.postbox.waiting(), 1)
        wanted = min(load, self.count) - len(self._wires) - self._opening
        for _ in range(min(wanted, limit - self._opening)):
            self._opening += 1
            threading.Thread(target=self._open, daemon=True).start()

    def _hang_up(self) -> None:
        """Nothing is left here when the run came to its end; something is when it broke."""
        try:
            for one in list(self._wires):
                one.fail("the sender ended")
                self._bury(one)
        finally:
            # A postbox that raises again must not keep the sockets open.
            for session in self._wires.values():
                session.close()
            self._selector.close()

    def _open(self) -> None:
        """In a thread of its own."""
        try:
            session = sessions.open(self.relay, self._name)
        except Refused as refused:
            self._opened.put(refused.answer)
            return
        with self._handover:
            if not self._is_ended:
                self._opened.put(session)
                return
        session.close()

    def _failed(self, answer: Answer) -> None:
        pause = min(SLOWEST, FIRST_PAUSE * 2.0**self._failures)
        self._failures += 1
        self._pause_until = time.monotonic() + pause
        if not self._wires:
            self.postbox.trouble_opening(answer)

    def _look(self) -> None:
        """Wait until a socket can go on, and let its wire."""
        patience = max(self._tend_at - time.monotonic(), 0.0)
        for key, events in self._selector.select(patience):
            one: Wire = key.data
            if events & selectors.EVENT_READ:
                one.on_readable()
            if events & selectors.EVENT_WRITE and one.closed is None:
                one.on_writable()
            if one.closed is not None or one.is_idle:
                self._tend_at = 0.0
            self._see_to(one)

    def _see_to(self, one: Wire) -> None:
        """Listen for what this wire waits for now, or bury it."""
        if one.closed is not None:
            if one in self._wires:
                self._bury(one)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if one.wants_to_write else 0)
        if self._selector.get_key(one.sock).events != events:
            self._selector.modify(one.sock, events, one)

    def _bury(self, one: Wire) -> None:
        session = self._wires.pop(one)
        self._selector.unregister(one.sock)
        if one.posted:
            self._failures = 0
        elif one.closed is not None and not self.postbox.is_stopping():
            self._failed(one.closed)
        if one.is_idle:
            with contextlib.suppress(OSError, ssl.SSLError):
                one.sock.send(b"QUIT\r\n")
        session.close()

    def _turn_away(self) -> None:
        """Close the sessions that came too late; those still to come close themselves."""
        with self._handover:
            self._is_ended = True
        while not self._opened.empty():
            found = self._opened.get()
            if not isinstance(found, Answer):
                found.close()
