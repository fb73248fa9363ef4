"""What a DMARC record asks of receivers (RFC 7489 §6.3)."""

from __future__ import annotations

from collections.abc import Iterable

POLICIES = ("none", "quarantine", "reject")


class Broken(Exception):
    """Receivers act as if there were none; says why."""


def records(texts: Iterable[str]) -> list[str]:
    """Those of the texts at `_dmarc.DOMAIN` that are DMARC's: its version stands first."""
    return [each for each in texts if _tags(each)[:1] == [("v", "DMARC1")]]


def policy(found: list[str], *, inherited: bool = False) -> str:
    """What the domain's policy is, a word of `POLICIES`; `inherited`: for a domain below it.

    Raises Broken for more than one record (§6.6.3), and for one without a policy.
    """
    if len(found) > 1:
        raise Broken("has several DMARC records, and receivers then heed none of them")
    tags = dict(_tags(found[0]))
    asked = tags.get("p", "").lower()
    if asked not in POLICIES:
        has = f"has p={asked}, which is none of {', '.join(POLICIES)}" if asked else "has no p="
        raise Broken(f"has a DMARC record that {has}")
    below = tags.get("sp", "").lower()
    return below if inherited and below in POLICIES else asked


def places(domain: str) -> list[str]:
    """The domains whose record may hold for this one: its own, then those above it.

    The public suffix list would say where to stop; walking up to two labels finds the same record
    wherever one is published, and asks about a registry's own domain at worst.
    """
    labels = domain.split(".")
    return [domain, *(".".join(labels[at:]) for at in range(1, len(labels) - 1))]


def _tags(text: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in text.split(";") if pair.strip())
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]
