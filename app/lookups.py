"""Look-ups in the DNS, each within a time limit: what is there, what is not, and what nobody could tell.

`HEBDO_DNS` says whom to ask. That a name is not there is an answer (an empty list); that nobody could
tell is `Unanswered`, and says nothing about the name.
"""

from __future__ import annotations

import ipaddress
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dns.resolver import Resolver

OFF = "off"

RESERVED = (".invalid", ".test", ".example", ".localhost")
"""Names that lead nowhere (RFC 2606 §2): for samples and tests, nothing to ask."""

PATIENCE = 3.0
"""Seconds for one question; all that are put together may take `TIMES` as long."""

TIMES = 10

TRY = 1.0
"""Seconds before a lost datagram is sent again."""


class Unanswered(Exception):
    """Nobody could tell; the message is a word or two on why, such as “no answer within 3 s”."""


class Lookups:
    """Whoever looks up several things together. Asks each question once."""

    def __init__(self, server: str) -> None:
        """`server` as in `Settings.dns`; with `off`, every question is `Unanswered`."""
        self._server = server
        self._until = time.monotonic() + TIMES * PATIENCE
        self._known: dict[tuple[str, str], list[Any] | Unanswered] = {}

    def texts(self, name: str) -> list[str]:
        """TXT records, the strings of each put together (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""
        return [
            _legible(b"".join(each.strings).decode("utf-8", "replace"))
            for each in self._ask(f"{name}.", "TXT")
        ]

    def addresses(self, name: str) -> list[str]:
        """Where a host is, IPv4 first; an address is its own."""
        try:
            return [str(ipaddress.ip_address(name))]
        except ValueError:
            kinds = ("A", "AAAA")
        return [each.address for kind in kinds for each in self._ask(f"{name}.", kind)]

    def exchanges(self, name: str) -> list[str]:
        """The hosts that take mail for a domain."""
        found = self._ask(f"{name}.", "MX")
        return [each.exchange.to_text(omit_final_dot=True) for each in found]

    def names(self, address: str) -> list[str]:
        """What an address calls itself (PTR)."""
        asked = ipaddress.ip_address(address).reverse_pointer
        return [
            _legible(each.target.to_text(omit_final_dot=True))
            for each in self._ask(f"{asked}.", "PTR")
        ]

    def is_there(self, name: str) -> bool:
        """Whether there is such a name at all, whatever it holds."""
        from dns.resolver import NXDOMAIN

        try:
            self._resolve(f"{name}.", "SOA")
        except NXDOMAIN:
            return False
        return True

    def _ask(self, name: str, kind: str) -> list[Any]:
        from dns.resolver import NXDOMAIN

        asked = (name.lower(), kind)
        if asked not in self._known:
            try:
                self._known[asked] = self._resolve(name, kind)
            except NXDOMAIN:
                self._known[asked] = []
            except Unanswered as why:
                self._known[asked] = why
        found = self._known[asked]
        if isinstance(found, Unanswered):
            raise found
        return found

    def _resolve(self, name: str, kind: str) -> list[Any]:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, LifetimeTimeout, NoNameservers

        if self._server == OFF:
            raise Unanswered("HEBDO_DNS is off")
        left = self._until - time.monotonic()
        if left <= 0:
            raise Unanswered("the DNS is too slow today")
        try:
            found = resolver(self._server, TRY).resolve(
                name, kind, lifetime=min(left, PATIENCE), search=False,
                raise_on_no_answer=False,
            )  # fmt: skip
        except NXDOMAIN:
            raise
        except LifetimeTimeout as odd:
            raise Unanswered(f"no answer within {PATIENCE:g} s") from odd
        except NoNameservers as odd:
            raise Unanswered("its name servers are in trouble (SERVFAIL)") from odd
        except (DNSException, OSError, ValueError) as odd:
            raise Unanswered(type(odd).__name__) from odd
        return list(found.rrset or ())


def resolver(server: str, patience: float) -> Resolver:
    """One that asks `server` (empty: the system's), and asks again after `patience` seconds."""
    from dns.resolver import Resolver

    made = Resolver(configure=not server)
    if server:
        host, _colon, port = server.partition(":")
        made.nameservers, made.port = [host], int(port or 53)
    made.timeout = patience
    return made


def is_reserved(domain: str) -> bool:
    """Whether a domain leads nowhere by its very name."""
    return f".{domain}".endswith(RESERVED)


def _legible(text: str) -> str:
    """What others published goes to a terminal: nothing in it may be more than text."""
    return "".join(each if each.isprintable() else "?" for each in text)
