"""A mouth: what is to be written to one socket that does not block, and how much of it is still inside."""

from __future__ import annotations

import socket
import ssl

WAITING = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Mouth:
    """Every call may raise OSError: then the line is broken."""

    def __init__(self, sock: socket.socket) -> None:
        self.until_dot = 0
        """Bytes still to be written until the last final dot is out; zero or less: it is out."""
        self._sock = sock
        self._pending: list[memoryview] = []
        self._gathers = not isinstance(sock, ssl.SSLSocket)
        """Over TLS the pieces go out one by one: a write that is under way there tells nothing of
        how much of it has left, so the dot must be the end of one."""

    @property
    def is_full(self) -> bool:
        return bool(self._pending)

    def say(self, content: bytes, dot: bytes, behind: bytes) -> None:
        """All three, in this order; what the kernel does not take now goes out with `flush`."""
        pieces = [piece for piece in (content, dot, behind) if piece]
        if dot:
            self.until_dot = sum(map(len, self._pending)) + len(content) + len(dot)
        if self._pending or not self._gathers:
            self._pending.extend(map(memoryview, pieces))
            self.flush()
            return
        try:
            sent = self._sock.sendmsg(pieces)
        except WAITING:
            sent = 0
        self.until_dot -= sent
        # Nearly always all of it: an empty socket takes a copy whole.
        if sent < sum(map(len, pieces)):
            self._pending.extend(map(memoryview, pieces))
            self._forget(sent)

    def flush(self) -> None:
        while self._pending:
            try:
                if self._gathers:
                    sent = self._sock.sendmsg(self._pending)
                else:
                    sent = self._sock.send(self._pending[0])
            except WAITING:
                return
            self.until_dot -= sent
            self._forget(sent)

    def _forget(self, sent: int) -> None:
        while self._pending and sent >= len(self._pending[0]):
            sent -= len(self._pending.pop(0))
        if sent:
            self._pending[0] = self._pending[0][sent:]
