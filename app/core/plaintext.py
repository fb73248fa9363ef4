"""Plain text made into Markdown that shows exactly the same characters."""

from __future__ import annotations

import re

_ANYWHERE = re.compile(r"[\\`*\[\]]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|_(?!\w)|(?<!\w)_")
_AT_START = re.compile(r"^(\s*)([#>~]|[-+](?=\s|$)|=+\s*$|-+\s*$|\d{1,9}(?=[.)](?:\s|$)))", re.M)
_NUMBER = re.compile(r"\d+")


def escape(text: str) -> str:
    """A backslash before whatever Markdown would take for a sign (CommonMark 0.31 §2.4).

    An underscore inside a word, a lone `<` and a lone `&` are left as they are: they mean nothing.
    Blanks at the start of a line go; four of them would be a sign too.
    """
    text = "\n".join(line.strip() for line in text.split("\n"))
    return _AT_START.sub(_escape_start, _ANYWHERE.sub(r"\\\g<0>", text))


def _escape_start(found: re.Match[str]) -> str:
    blanks, sign = found[1], found[2]
    # `1.` would open a numbered list; its point is what can be escaped.
    return f"{blanks}{sign}\\" if _NUMBER.fullmatch(sign) else f"{blanks}\\{sign}"
