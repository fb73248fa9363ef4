"""`hebdo dkim`: the key that signs mail, and the DNS records that let receivers check it."""

from __future__ import annotations

import os
from pathlib import Path

import click
import dns.exception
import dns.resolver

from app.cli.context import as_table_or_json, reading, show
from app.cli.group import Refused
from app.core import newsletters
from app.extensions import settings
from emails import headers
from emails.dkim import Algorithm, Signer, make_key, read_key
from emails.errors import UnfitValue

PATIENCE = 5.0
"""Seconds for one look into the DNS."""

STRING = 255
"""Octets that one string of a TXT record can hold (RFC 1035 §3.3); an RSA key needs two."""


@click.group()
def dkim() -> None:
    """The key that signs mail, and the DNS records that let receivers check it."""


@dkim.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--algorithm",
    type=click.Choice([each.value for each in Algorithm]),
    default=Algorithm.RSA.value,
    show_default=True,
    help="Every receiver checks RSA; Ed25519 is faster, and many cannot check it.",
)
def key(file: Path, algorithm: str) -> None:
    """Make a new signing key in FILE, for its owner's eyes alone. A file that exists is left alone."""
    pem = make_key(Algorithm(algorithm))
    try:
        # Not written and closed off afterwards: at no moment can others read it.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused(f"No key can be made in {file}: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(pem)
    click.echo(
        f"A new {algorithm} key is in {file}. Publish this, under a selector of your choice:\n"
    )
    click.echo(zone_line(Signer("SELECTOR", read_key(pem)), "YOUR-DOMAIN"))
    click.echo(
        f"\nThen set HEBDO_DKIM_SELECTOR to the selector and HEBDO_DKIM_KEY_FILE to {file.absolute()},"
        "\nrestart, and see `hebdo doctor --only dkim`."
    )


@dkim.command()
@as_table_or_json
@reading
def record(shape: str) -> None:
    """The DNS records to publish: one for each domain that a newsletter or the desk writes from."""
    signer = settings().signer
    if signer is None:
        raise Refused("Hebdo has no signing key. Make one with: hebdo dkim key FILE")
    if shape == "json":
        rows = ((signer.record_name(each), "TXT", signer.record()) for each in domains())
        show(shape, ("name", "type", "value"), rows)
        return
    for each in domains():
        click.echo(zone_line(signer, each))


def domains() -> list[str]:
    """The domains of all our senders, in their ASCII form."""
    senders = [settings().mail_from, *(each.sender_address for each in newsletters.listing())]
    return sorted({_domain(each) for each in senders})


def _domain(sender: str) -> str:
    try:
        return headers.address(sender, sender).rpartition("@")[2].lower()
    except UnfitValue as odd:
        raise Refused(f"Nothing can be sent from {odd}.") from odd


def zone_line(signer: Signer, domain: str) -> str:
    """The record as a zone file takes it, its text in strings that are short enough."""
    text = signer.record()
    strings = (text[at : at + STRING] for at in range(0, len(text), STRING))
    quoted = " ".join(f'"{each}"' for each in strings)
    return f"{signer.record_name(domain)}. IN TXT ( {quoted} )"


def unpublished(signer: Signer) -> list[str]:
    """What keeps receivers from checking our signatures, a sentence for each domain."""
    return [said for each in domains() if (said := _fault(signer, signer.record_name(each)))]


def _fault(signer: Signer, name: str) -> str:
    try:
        answer = dns.resolver.resolve(f"{name}.", "TXT", lifetime=PATIENCE)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return f"{name} is not published"
    except dns.exception.DNSException as odd:
        return f"{name} cannot be looked up ({type(odd).__name__})"
    texts = [b"".join(each.strings).decode("ascii", "replace") for each in answer]
    same = any(_tags(each) == _tags(signer.record()) for each in texts)
    return "" if same else f"{name} holds another key"


def _tags(text: str) -> tuple[str, str]:
    """What of a record makes it ours: kind and key, blanks left out (RFC 6376 §3.6.1)."""
    pairs = (pair.partition("=") for pair in "".join(text.split()).split(";"))
    found = {name: value for name, _, value in pairs}
    return found.get("k", "rsa"), found.get("p", "")
