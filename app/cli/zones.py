"""Records as a zone file takes them, for whoever publishes what the doctor and `hebdo dkim` name."""

from __future__ import annotations

import ipaddress

STRING = 255
"""Octets that one string of a TXT record can hold (RFC 1035 §3.3); an RSA key needs two."""


def txt(name: str, text: str) -> str:
    """A TXT record, its text in strings that are short enough."""
    strings = (text[at : at + STRING] for at in range(0, len(text), STRING))
    quoted = " ".join(
        '"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in strings
    )
    return f"{name}. IN TXT ( {quoted} )"


def ptr(address: str, name: str) -> str:
    return f"{ipaddress.ip_address(address).reverse_pointer}. IN PTR {name}."
