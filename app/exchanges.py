"""Mail exchanges: whether a domain takes mail at all, asked of the DNS before we promise a mail to it.

RFC 5321 §5.1: the MX records say where mail goes; without any, the domain's own address takes it.
RFC 7505: an MX of "." says that none is taken. Only a plain *no* counts: when the DNS is silent,
slow or odd, the answer is yes, for it is not the reader who is to blame.

A question may take `PATIENCE`, so it is asked before a transaction begins (`sign_ups.capped`); what
is then asked once more is known. No name of a reader is asked for, only the domain behind the @.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.lookups import OFF, is_reserved, resolver

if TYPE_CHECKING:
    from dns.resolver import Answer, Resolver

    from app.settings import Settings

PATIENCE = 1.0
"""Seconds for all questions about one domain together."""

TRY = 0.4
"""Seconds before a lost datagram is sent again."""

KNOWN_FOR, REST = 600.0, 30.0
"""Seconds that an answer is kept; and that nothing is asked after a silence: a DNS that is away must
not cost every visitor `PATIENCE`."""

MOST_KNOWN = 1000
"""Domains remembered in one process."""


class Silence(Exception):
    """The DNS gave no answer that says yes or no."""


@dataclass(frozen=True, slots=True)
class _Known:
    takes_mail: bool
    until: float


class Exchanges:
    """One for the process; safe to ask from several threads."""

    def __init__(self) -> None:
        self._server = OFF
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = threading.Lock()
        self._rest_until = 0.0

    def init_app(self, settings: Settings) -> None:
        self._server = settings.dns
        self._known.clear()
        self._rest_until = 0.0

    def takes_mail(self, domain: str) -> bool:
        """False when the DNS says that the domain is not there or takes no mail; else True.

        `domain` is in ASCII (IDNA), as `core.addresses` writes it. Takes at most `PATIENCE`.
        """
        if self._server == OFF or is_reserved(domain):
            return True
        now = time.monotonic()
        with self._lock:
            known = self._known.get(domain)
            if known is not None and known.until > now:
                return known.takes_mail
            if self._rest_until > now:
                return True
        try:
            found = self._ask(domain)
        except Silence:
            self._rest_until = time.monotonic() + REST
            return True
        self._remember(domain, found)
        return found

    def _remember(self, domain: str, takes_mail: bool) -> None:
        with self._lock:
            self._known[domain] = _Known(takes_mail, time.monotonic() + KNOWN_FOR)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def _ask(self, domain: str) -> bool:
        # Most processes ask nothing, and the library takes a while to load.
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN

        until = time.monotonic() + PATIENCE
        try:
            asked = resolver(self._server, TRY)
            exchanges = _records(asked, domain, "MX", until)
            if exchanges is not None:
                return any(str(each.exchange) != "." for each in exchanges)
            kinds = ("A", "AAAA")
            return any(_records(asked, domain, kind, until) is not None for kind in kinds)
        except NXDOMAIN:
            return False
        except (DNSException, OSError) as odd:
            raise Silence(str(odd)) from odd


def _records(resolver: Resolver, domain: str, kind: str, until: float) -> Answer | None:
    """The records of one kind; None when the domain is there and has none."""
    left = max(until - time.monotonic(), 0.01)
    found = resolver.resolve(
        f"{domain}.", kind, lifetime=left, search=False, raise_on_no_answer=False
    )
    return found if found.rrset is not None else None
