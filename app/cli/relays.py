"""What the doctor can see of the relay from outside: where it stands, its name, how lines to it are kept.

The relay is usually somebody else's, and the address that its mail leaves from need not be the one
that it takes ours at. What cannot be known from here is said, not guessed.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from typing import Any

from app.cli import zones
from app.cli.findings import Finding
from app.extensions import settings
from app.lookups import OFF, Lookups, Unanswered
from emails import sessions
from emails.values import Relay

INCLUDES = {
    "amazonaws.com": "amazonses.com",
    "brevo.com": "spf.brevo.com",
    "gmail.com": "_spf.google.com",
    "mailgun.org": "mailgun.org",
    "mailjet.com": "spf.mailjet.com",
    "office365.com": "spf.protection.outlook.com",
    "ovh.net": "mx.ovh.com",
    "sendgrid.net": "sendgrid.net",
}
"""What providers whose relays end like this ask their customers' SPF to include, where no name tells it."""


@dataclass(frozen=True, slots=True)
class Station:
    """The relay as the DNS knows it."""

    host: str
    addresses: tuple[str, ...] = ()
    """Those that others can reach it at."""
    is_near: bool = False
    """On this machine or network: what others see of it is not known here."""
    silence: str = ""
    """Why nobody could tell where it is."""

    @property
    def include(self) -> str:
        """What its provider asks to be included; empty when we do not know."""
        known = (what for end, what in INCLUDES.items() if f".{self.host}".endswith(f".{end}"))
        return next(known, "")

    @property
    def term(self) -> str:
        """The term of an SPF record that lets it send, as far as we know."""
        if self.include:
            return f"include:{self.include}"
        if self.is_near:
            return "ip4:ADDRESS"
        if self.host in self.addresses:
            return f"ip{ipaddress.ip_address(self.host).version}:{self.host}"
        return f"a:{self.host}"


def station(relay: Relay, lookups: Lookups) -> Station:
    if "." not in relay.host and ":" not in relay.host:
        # A name without a dot is one of this machine or of its network, not of the DNS.
        return Station(relay.host, is_near=True)
    try:
        found = lookups.addresses(relay.host)
    except Unanswered as why:
        return Station(relay.host, silence=str(why))
    public = tuple(one for one in found if ipaddress.ip_address(one).is_global)
    return Station(relay.host, public, is_near=bool(found) and not public)


def ask_again() -> str:
    """What to do about what no name server told."""
    if settings().dns == OFF:
        return "Leave HEBDO_DNS out, and the system's name servers are asked."
    return "Try again later, or name another server in HEBDO_DNS."


def look_back(place: Station, lookups: Lookups) -> list[Finding]:
    """Whether each address of the relay has a name that leads back to it (RFC 1912 §2.1)."""
    if place.is_near:
        says = (
            f"The relay {place.host} is on this machine or network: the address that others see, and"
            " what it calls itself, cannot be known from here."
        )
        do = "On the relay, look up the address that it mails from: dig -x ADDRESS"
        return [Finding("ptr", None, says, do)]
    if place.silence:
        says = f"The relay {place.host} could not be looked up: {place.silence}."
        return [Finding("ptr", None, says, ask_again())]
    if not place.addresses:
        says = f"The relay {place.host} has no address in the DNS."
        return [Finding("ptr", False, says, "HEBDO_SMTP_URL says where it is; is the host right?")]
    return [_look_back(place.host, one, lookups) for one in place.addresses]


def _look_back(host: str, address: str, lookups: Lookups) -> Finding:
    try:
        names = lookups.names(address)
        leading = [one for one in names if address in lookups.addresses(one)]
    except Unanswered as why:
        says = f"The name of {address} ({host}) could not be looked up: {why}."
        return Finding("ptr", None, says, ask_again())
    if leading:
        says = (
            f"{address} ({host}) is {leading[0]}, which leads back to it. If mail leaves from other"
            " addresses, those count, and they are its provider's."
        )
        return Finding("ptr", True, says)
    wrong = f"calls itself {names[0]}, which does not lead back" if names else "has no name"
    do = (
        "If mail leaves from there, whoever rents out the address publishes:\n"
        f"{zones.ptr(address, host if host != address else 'NAME-OF-THE-RELAY')}"
    )
    return Finding("ptr", False, f"The relay's address {address} ({host}) {wrong}.", do)


def look_inside(relay: Relay, place: Station) -> Finding:
    """How the line to the relay is secured, tried with a session that posts nothing."""
    if relay.tls == "none":
        if place.is_near:
            says = f"Mail reaches {relay.host}, on this machine or network, without TLS."
            return Finding("tls", True, says)
        what = "Mail and the relay's password go" if relay.user else "Mail goes"
        do = "Write ?tls=starttls (port 587) or ?tls=implicit (port 465) in HEBDO_SMTP_URL."
        return Finding("tls", False, f"{what} to {relay.host} in the clear.", do)
    try:
        session = sessions.open(relay)
    except sessions.Refused as refused:
        return _unsecured(relay, refused)
    try:
        return Finding("tls", True, _secured(relay, session.sock))
    finally:
        session.close()


def _unsecured(relay: Relay, refused: sessions.Refused) -> Finding:
    why = refused.__cause__
    if isinstance(why, ssl.SSLCertVerificationError):
        says = f"The certificate of {relay.host} is not to be trusted: {why.verify_message}."
        do = (
            "Its provider renews it; or is the host in HEBDO_SMTP_URL not the name it was made for?"
        )
        return Finding("tls", False, says, do)
    if isinstance(why, smtplib.SMTPNotSupportedError):
        says = f"{relay.host}:{relay.port} does not offer STARTTLS."
        return Finding("tls", False, says, "Perhaps it wants ?tls=implicit, on port 465.")
    says = f"No session with {relay.host}:{relay.port}, so nothing can be said about its TLS."
    return Finding("tls", None, says, "See what is said of the relay.")


def _secured(relay: Relay, line: Any) -> str:
    until = ssl.cert_time_to_seconds(line.getpeercert()["notAfter"])
    day = dt.datetime.fromtimestamp(until, dt.UTC).date()
    return f"{line.version()} to {relay.host}, whose certificate holds until {day}."
