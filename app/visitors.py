"""What we keep of where a visitor is: enough to prove a consent, too little to find a person."""

from __future__ import annotations

import ipaddress

from app.extensions import visitor

IPV4_BITS = 24
IPV6_BITS = 48


def network(address: str | None = None) -> str:
    """The /24 (IPv4) or /48 (IPv6) of an address, by default the visitor's; empty when it is none.

    Cut so far, it names a neighbourhood of 256 addresses or one customer's whole allotment
    (RFC 6177), and limits by it meet the robots that change addresses at will.
    """
    try:
        found = ipaddress.ip_address(address if address is not None else visitor())
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    bits = IPV4_BITS if found.version == 4 else IPV6_BITS
    return str(ipaddress.ip_network((found, bits), strict=False))
