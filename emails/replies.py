"""What a relay says, cut into replies (RFC 5321 §4.2.1): a code, and the text of all its lines."""

from __future__ import annotations

LONGEST = 65_536
"""Bytes after which one reply, of however many lines, is no SMTP: it would never come to its end."""


class Replies:
    """Of one session, however the network cuts what was said."""

    def __init__(self) -> None:
        self._rest = b""
        """The beginning of a line whose end has not been heard."""
        self._lines: list[bytes] = []
        """The lines before it of the same reply."""
        self._unfinished = 0
        """Bytes heard of a reply that is not at its end."""

    @property
    def has_no_end(self) -> bool:
        return self._unfinished > LONGEST

    def cut(self, heard: bytes) -> list[tuple[int, bytes]]:
        """The replies that are at their end now; a code that is none is 0, lines stand under each other."""
        lines = (self._rest + heard).split(b"\n")
        self._rest = lines.pop()
        self._unfinished += len(heard)
        whole = []
        for line in lines:
            if line[3:4] == b"-":
                self._lines.append(line[4:])
                continue
            text = line[4:]
            if self._lines:
                text = b"\n".join((*self._lines, text))
                self._lines.clear()
            self._unfinished = len(self._rest)
            whole.append((int(line[:3]) if line[:3].isdigit() else 0, text))
        return whole
