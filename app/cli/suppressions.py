"""`hebdo suppressions`: addresses that must not be mailed."""

from __future__ import annotations

import click

from app.cli.context import ROW, ROWS, as_table_or_json, in_app, reading, show
from app.cli.group import Refused
from app.core import addresses
from app.core import suppressions as core
from app.extensions import db
from app.models import SuppressionReason


@click.group()
def suppressions() -> None:
    """Addresses that must not be mailed, and why."""


@suppressions.command()
@click.argument("address")
@click.option("--note", default="", help="Why, in words, for whoever looks here later.")
@in_app
def add(address: str, note: str) -> None:
    """Never mail ADDRESS again, whatever is imported. Twice is once: the first reason stands."""
    addresses.read(address)
    kept = core.suppress(address, SuppressionReason.OPERATOR, note)
    db.session.commit()
    click.echo(f"{addresses.key(address)} is suppressed ({kept.reason}).")


@suppressions.command()
@click.argument("address")
@in_app
def lift(address: str) -> None:
    """Let ADDRESS be mailed again, because its owner said so."""
    if not core.lift(address):
        raise Refused(f"{addresses.key(address)} is not suppressed.")
    db.session.commit()
    click.echo(f"{addresses.key(address)} may be mailed again.")


@suppressions.command(name="list")
@click.option("--after", type=ROW, default=0, help="Go on behind this id.")
@click.option("--limit", type=ROWS, default=100, show_default=True, help="Rows at the most.")
@as_table_or_json
@reading
def list_some(after: int, limit: int, shape: str) -> None:
    """Suppressions in the order they came. Of who was erased the address is not known."""
    rows = [
        (each.id, each.address, each.reason, each.note, each.created_at)
        for each in core.listing(after, limit)
    ]
    show(shape, ("id", "address", "reason", "note", "created_at"), rows)
