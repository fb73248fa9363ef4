"""Whom an SPF record lets send (RFC 7208), as far as it can be told without a mail in hand.

This reads and follows what is published; it does not judge one mail, as a receiver does. What depends on
the mail itself (macros, `exists`, `ptr`) leaves the reach open.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

MOST_LOOKUPS = 10
"""Terms that ask the DNS, in the record and all that it includes (§4.6.4)."""

ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})

_TERM = re.compile(r"([+?~-]?)([a-z][a-z0-9_.-]*)(?:([:=/])(.*))?", re.IGNORECASE)
_ENDING = re.compile(r"\s(?=[+?~-]?all(?:\s|$)|redirect=)", re.IGNORECASE)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Names(Protocol):
    """The DNS, as this module asks it; no record is an empty list."""

    def texts(self, name: str) -> list[str]: ...
    def addresses(self, name: str) -> list[str]: ...
    def exchanges(self, name: str) -> list[str]: ...


class Broken(Exception):
    """Receivers call this a permanent error and treat the domain as if it had none; says why."""


@dataclass(slots=True)
class Reach:
    """What a record and all that it includes lets send."""

    networks: list[Network] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    """Domains that its terms name, whatever stands behind them."""
    is_open: bool = False
    """It lets anybody send."""
    is_whole: bool = True
    """Nothing in it depends on the mail."""
    lookups: int = 0

    @property
    def is_empty(self) -> bool:
        """It lets nobody send."""
        return self.is_whole and not (self.networks or self.is_open)

    def holds(self, address: str) -> bool:
        found = ipaddress.ip_address(address)
        return any(found in network for network in self.networks)


def records(texts: Iterable[str]) -> list[str]:
    """Those of a domain's texts that are SPF's; more than one is an error (§4.5)."""
    return [
        each for each in texts if each.lower() == "v=spf1" or each.lower().startswith("v=spf1 ")
    ]


def reach(record: str, domain: str, names: Names) -> Reach:
    """Follow a domain's record. Raises Broken, and whatever `names` raises when nobody can tell."""
    found = Reach()
    _follow(record, domain, names, found)
    return found


def extended(record: str, term: str) -> str:
    """The record with one more term, before the one that speaks of all the rest."""
    parts = _ENDING.split(record, maxsplit=1)
    return " ".join([parts[0].rstrip(), term, *parts[1:]]) if parts[1:] else f"{record} {term} ~all"


def merged(found: Iterable[str]) -> str:
    """One record in place of several: every term once, then what all of them say of the rest."""
    terms = list(dict.fromkeys(term for each in sorted(found) for term in each.split()[1:]))
    last = [term for term in terms if _is_last(term)]
    rest = last if len(last) == 1 else ["~all"]
    return " ".join(["v=spf1", *(term for term in terms if term not in last), *rest])


def _is_last(term: str) -> bool:
    return term.lstrip("+?~-").lower() == "all" or term.lower().startswith("redirect=")


def _follow(record: str, domain: str, names: Names, found: Reach) -> None:
    terms = [_read(term) for term in record.split()[1:]]
    says_all = any(name == "all" for _sign, name, _by, _rest in terms)
    for sign, name, by, rest in terms:
        if by == "=" and (name != "redirect" or says_all):
            # Other modifiers let nobody send, and `all` leaves nothing to redirect (§6.1).
            continue
        _count(name, found)
        if sign in ("", "+"):
            _take(name, by, rest, domain, names, found)


def _read(term: str) -> tuple[str, str, str, str]:
    """Sign, name, the sign behind the name, and the rest."""
    read = _TERM.fullmatch(term)
    if read is None:
        raise Broken(f"“{term}” is no term of SPF")
    sign, name, by, rest = (part or "" for part in read.groups())
    known = ASKING | {"all", "ip4", "ip6"}
    if by != "=" and (name.lower() not in known or name.lower() == "redirect"):
        raise Broken(f"“{term}” is no term of SPF")
    return sign, name.lower(), by, rest


def _count(name: str, found: Reach) -> None:
    found.lookups += name in ASKING
    if found.lookups > MOST_LOOKUPS:
        raise Broken(f"it asks for more than {MOST_LOOKUPS} look-ups")


def _take(name: str, by: str, rest: str, domain: str, names: Names, found: Reach) -> None:
    """Add what one term lets send."""
    if name == "all":
        found.is_open = True
    elif "%" in rest or name in ("ptr", "exists"):
        found.is_whole = False
    elif name in ("ip4", "ip6"):
        found.networks.append(_network(rest))
    elif name in ("include", "redirect"):
        found.named.append(rest)
        _follow(_only(names.texts(rest), rest), rest, names, found)
    else:
        target, _, size = rest.partition("/") if by == ":" else (domain, "", rest)
        found.named.append(target)
        hosts = names.exchanges(target) if name == "mx" else [target]
        found.networks += _around([one for host in hosts for one in names.addresses(host)], size)


def _only(texts: Iterable[str], name: str) -> str:
    """The one record of what is included (§5.2)."""
    found = records(texts)
    if len(found) != 1:
        has = "several SPF records" if found else "no SPF record"
        raise Broken(f"it includes {name}, which has {has}")
    return found[0]


def _network(written: str) -> Network:
    try:
        return ipaddress.ip_network(written, strict=False)
    except ValueError as odd:
        raise Broken(f"“{written}” is no address") from odd


def _around(addresses: list[str], size: str) -> list[Network]:
    """The addresses, each with as many around it as `24`, `24//64` or `/64` says (§5.3)."""
    four, _, six = size.partition("//") if "//" in size else (size, "", "")
    if size.startswith("/"):
        four, six = "", size.lstrip("/")
    sizes = {4: four, 6: six}
    return [
        _network(f"{one}/{kept}" if (kept := sizes[ipaddress.ip_address(one).version]) else one)
        for one in addresses
    ]
