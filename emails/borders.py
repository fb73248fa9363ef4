"""Borders: where in a print one rubric ends and the next begins, for readers who want only some.

Each rubric stands behind a line of its own that holds its anchor between two private-use characters
(U+E002, U+E003); a border without an anchor begins the frame again. Typed text has both characters
taken out (`emails.typed`). Borders never go out: whoever makes a mail cuts along them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OPEN, CLOSE = "\ue002", "\ue003"

_ANCHOR = re.compile(r"[a-z0-9-]*")
_MARK = re.compile(f"{OPEN}([a-z0-9-]*){CLOSE}\n?")
_LOOSE = re.compile(f"\\s*({OPEN}[a-z0-9-]*{CLOSE})\\s*")


def mark(anchor: str) -> str:
    """The border before the rubric of this anchor; before the frame's next part for an empty one.

    A line of its own. An anchor that is none gets no border: its rubric belongs to the part before it.
    """
    return f"{OPEN}{anchor}{CLOSE}\n" if _ANCHOR.fullmatch(anchor) else ""


def settle(html: str) -> str:
    """Each border on a line of its own, wherever the MJML engine has put it."""
    return _LOOSE.sub(r"\n\1\n", html)


def cut(printed: str) -> Iterator[tuple[str, str]]:
    """(anchor, part) in order, the frame's parts with an empty anchor; joined, the print without borders."""
    first, *rest = _MARK.split(printed)
    yield "", first
    yield from zip(rest[0::2], rest[1::2], strict=True)


def erase(printed: str) -> str:
    return _MARK.sub("", printed)
