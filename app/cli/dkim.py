"""`hebdo dkim`: the key that signs mail, and the DNS records that let receivers check it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.cli import domains, zones
from app.cli.context import as_table_or_json, reading, show
from app.cli.group import Refused
from app.extensions import settings
from emails.dkim import Algorithm, Signer, make_key, read_key


@click.group()
def dkim() -> None:
    """The key that signs mail, and its DNS records."""


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
    made = Signer("SELECTOR", read_key(pem))
    click.echo(zones.txt(made.record_name("YOUR-DOMAIN"), made.record()))
    click.echo(
        f"\nThen set HEBDO_DKIM_SELECTOR to the selector and HEBDO_DKIM_KEY_FILE to {file.absolute()},"
        "\nrestart, and see `hebdo doctor --only dkim`."
    )


@dkim.command()
@as_table_or_json
@reading
def record(shape: str) -> None:
    """The DNS records to publish. One for each domain that a newsletter or the desk writes from."""
    signer = settings().signer
    if signer is None:
        raise Refused("Hebdo has no signing key. Make one with: hebdo dkim key FILE")
    names = [signer.record_name(each) for each in domains.of_senders()]
    if shape == "json":
        show(shape, ("name", "type", "value"), ((each, "TXT", signer.record()) for each in names))
        return
    for each in names:
        click.echo(zones.txt(each, signer.record()))
