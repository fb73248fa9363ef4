"""How the settings are read: each cast at the edge, and what does not fit is noted, not raised.

So all that is wrong is told at once (`app/settings.py`). A URL is never shown: it may hold a password, which
has no business in a terminal or a log, and what Python says of one that it cannot read repeats parts of it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from app.lookups import OFF
from emails.errors import UnfitValue

SIGNS = "a port is a number; in a password write [ ] / ? # @ as %5B %5D %2F %3F %23 %40"


class Reading:
    """What is known by name, and the sentences on what is wrong, which each cast adds to."""

    def __init__(self, known: Mapping[str, str], wrong: list[str]) -> None:
        self.known = known
        self.wrong = wrong

    def text(self, name: str, default: str = "", *, pattern: str = ".*", meant: str = "") -> str:
        value = self.known.get(name, default)
        if value and not re.fullmatch(pattern, value):
            self._note(name, value, meant)
        return value

    def whole(self, name: str, default: int) -> int:
        value = self.known.get(name, "")
        if value and not value.isdecimal():
            self._note(name, value, "a whole number")
            return default
        return int(value) if value else default

    def address(self, name: str) -> str:
        """One that every relay takes as an envelope's sender; else all mail would be refused for it."""
        # Most commands need no mail, and the rules of its headers take a while to load.
        from emails import headers

        value = self.known.get(name, "")
        try:
            if value:
                headers.address(name, value, accents=False)
        except UnfitValue:
            meant = "an address alone, without accents before its @, such as desk@example.org"
            self._note(name, value, meant)
        return value

    def name_server(self, name: str) -> str:
        """`off`, or an IPv4 address, perhaps with a port."""
        value = self.known.get(name, "")
        host, colon, port = value.partition(":")
        if value and value != OFF and not (_is_ipv4(host) and (not colon or _is_port(port))):
            meant = "off, or a name server such as 192.0.2.53 or 192.0.2.53:5353"
            self._note(name, value, meant)
        return value

    def url(self, name: str, *, pattern: str, meant: str) -> str:
        """One that whoever is given it can take apart."""
        value = self.known.get(name, "")
        if value and not (re.fullmatch(pattern, value) and split(value)):
            self.wrong.append(f"{name} must be like {meant} ({SIGNS})")
        return value

    def _note(self, name: str, value: str, meant: str) -> None:
        self.wrong.append(f"{name} is {value!r}, but must be {meant}")


def split(url: str) -> SplitResult | None:
    """The parts of a URL; None when its port is no number, or a sign in its password ends the host."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return None if "@" in f"{parts.path}{parts.query}{parts.fragment}" else parts


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65_536
