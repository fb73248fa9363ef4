"""A real DNS server on loopback that tests fill with a zone, and that can be as silent as a bad day.

with NameServer({"hebdo.net": {"MX": ["10 mx.hebdo.net."]}}) as names:
    ...                                   # ask names.address
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, Sequence[str]]]


class NameServer:
    """Answers over UDP. A domain that is not in the zone is not there (NXDOMAIN)."""

    def __init__(
        self, zone: Zone, silent: Collection[str] = (), broken: Collection[str] = ()
    ) -> None:
        self.zone = zone
        self.silent = silent
        """Domains of which nothing is ever said."""
        self.broken = broken
        """Domains whose own servers are down (SERVFAIL)."""
        self.asked: list[tuple[str, str]] = []
        """Every question, in order: domain and kind of record."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # An empty datagram is the sign to end.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, sender = self._socket.recvfrom(4096)
            if not wire:
                return
            answer = self._answer(dns.message.from_wire(wire))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), sender)

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        question = query.question[0]
        domain = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((domain, kind))
        if domain in self.silent:
            return None
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if domain in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif domain not in self.zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif records := self.zone[domain].get(kind):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        return answer
