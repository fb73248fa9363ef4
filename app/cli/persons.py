"""One person's data by the command line: for whoever asks by letter and has no link at hand."""

from __future__ import annotations

import json

import click

from app.cli.context import in_app, reading
from app.cli.group import Refused
from app.core import addresses, erasures, holdings, spreadsheets
from app.core import subscribers as core
from app.extensions import db
from app.models import Subscriber


@click.command()
@click.argument("address")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help="One document, or a table of single values.",
)
@reading
def known(address: str, shape: str) -> None:
    """Everything that is held about ADDRESS, as its owner would get it."""
    found = core.find(address)
    if shape == "csv":
        click.echo(spreadsheets.text(holdings.CELLS, holdings.cells(found)), nl=False)
    else:
        click.echo(json.dumps(holdings.document(found), ensure_ascii=False, indent=2))


@click.command()
@click.argument("address")
@click.option(
    "--yes", "sure", is_flag=True, help="Erase; without it the command only says what it would."
)
@in_app
def erase(address: str, sure: bool) -> None:
    """Erase everything that is held about ADDRESS but a keyed hash. It cannot be undone."""
    found = _get(address)
    counts = {table: len(rows) for table, rows in holdings.everything(found).items() if rows}
    for table, count in counts.items():
        click.echo(f"{table:<16}{count:>6}")
    if not sure:
        click.echo("Nothing was erased. To erase, add --yes.")
        return
    erasures.erase(found)
    db.session.commit()
    click.echo(f"{addresses.key(address)} is erased, and no mail will be sent there.")


def _get(address: str) -> Subscriber:
    found = core.find(address)
    if found is None:
        raise Refused(f"Nothing is known of {addresses.key(address)}.")
    return found
