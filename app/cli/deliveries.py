"""`hebdo deliveries`: what became of each copy, from the ledger."""

from __future__ import annotations

import dataclasses
import json

import click

from app.cli import sending
from app.cli.context import as_table_or_json, reading, show
from app.cli.group import Refused
from app.core import deliveries as core
from app.core import editions, issues
from app.core.deliveries import ListedDelivery
from app.models import DeliveryState

COLUMNS = ("address", "state", "code", "enhanced", "answer", "attempts", "at", "not_before")

TELLING = (DeliveryState.REFUSED, DeliveryState.IN_DOUBT, DeliveryState.DEFERRED)
"""What a person may want to act on; accepted and skipped copies are shown when asked for."""


@click.group()
def deliveries() -> None:
    """What became of each copy."""


@deliveries.command(name="show")
@click.argument("issue_id", type=int)
@click.option(
    "--state",
    "states",
    type=click.Choice([each.value for each in DeliveryState]),
    multiple=True,
    help="Name the deliveries in this state; several times if you like. Else those to act on.",
)
@click.option("--limit", default=100, show_default=True, help="Deliveries named at the most.")
@as_table_or_json
@reading
def show_one(issue_id: int, states: tuple[str, ...], limit: int, shape: str) -> None:
    """The equation of issue ISSUE_ID: planned = waiting + accepted + ..., and who was refused, why."""
    edition = editions.of_issue(issues.get(issue_id))
    if edition is None:
        raise Refused(f"Issue {issue_id} is a draft; nothing of it was sent.")
    equation = core.progress(edition.id)
    wanted = [DeliveryState(each) for each in states] or list(TELLING)
    named = core.listing(edition.id, wanted, limit=limit)
    if shape == "json":
        told = {
            "issue": issue_id,
            "state": str(edition.state),
            "trouble": edition.trouble,
            **dataclasses.asdict(equation),
            "adds_up": equation.adds_up,
            "deliveries": [
                dict(zip(COLUMNS, map(_plain, _row(each)), strict=True)) for each in named
            ],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"Issue {issue_id} is {edition.state}.\n{sending.sentence(equation)}")
    if edition.trouble:
        click.echo(f"Trouble: {edition.trouble}")
    if named:
        click.echo("")
        show(shape, COLUMNS, map(_row, named))


def _row(one: ListedDelivery) -> tuple[object, ...]:
    return tuple(getattr(one, name) for name in COLUMNS)


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | None) else str(value)
