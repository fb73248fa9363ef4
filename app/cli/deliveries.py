"""`hebdo deliveries`: what became of each copy, from the ledger."""

from __future__ import annotations

import csv
import dataclasses
import json
import sys
from pathlib import Path

import click

from app.cli import sending
from app.cli.context import ROW, ROWS, as_table_or_json, copies, in_app, reading, show
from app.cli.group import Refused
from app.core import deliveries as core
from app.core import doubts, editions, issues, spreadsheets
from app.core.deliveries import ListedDelivery, Verdict
from app.core.doubts import Named
from app.extensions import db
from app.models import DeliveryState, Edition

COLUMNS = ("address", "state", "code", "enhanced", "answer", "attempts", "at", "not_before")

TELLING = (DeliveryState.REFUSED, DeliveryState.IN_DOUBT, DeliveryState.DEFERRED)
"""What a person may want to act on; accepted and skipped copies are shown when asked for."""


@click.group()
def deliveries() -> None:
    """What became of each copy."""


@deliveries.command(name="show")
@click.argument("issue_id", type=ROW)
@click.option(
    "--state",
    "states",
    type=click.Choice([each.value for each in DeliveryState]),
    multiple=True,
    help="Name the deliveries in this state; several times if you like. Else those to act on.",
)
@click.option(
    "--limit", type=ROWS, default=100, show_default=True, help="Deliveries named at the most."
)
@as_table_or_json
@reading
def show_one(issue_id: int, states: tuple[str, ...], limit: int, shape: str) -> None:
    """How far issue ISSUE_ID is, and who was refused, why.

    The equation: planned = waiting + accepted + ..., and the deliveries to act on.
    """
    edition = _edition(issue_id)
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
    click.echo(f"Issue {issue_id} is {sending.stands(edition)}.\n{sending.sentence(equation)}")
    if edition.trouble:
        click.echo(f"Trouble: {edition.trouble}")
    if named:
        click.echo("")
        show(shape, COLUMNS, map(_row, named))


@deliveries.command(name="list")
@click.argument("issue_id", type=ROW)
@click.option(
    "--state",
    "states",
    type=click.Choice([each.value for each in DeliveryState]),
    multiple=True,
    help="Only deliveries in this state; several times if you like. Else those to act on.",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="A table for people, CSV for spreadsheets and for resolve --from, JSON for scripts.",
)
@reading
def list_all(issue_id: int, states: tuple[str, ...], shape: str) -> None:
    """Every delivery of issue ISSUE_ID in a state.

    A table to take to the relay's log and back.
    """
    wanted = [DeliveryState(each) for each in states] or list(TELLING)
    rows = doubts.table(_edition(issue_id).id, wanted)
    if shape == "csv":
        spreadsheets.write(sys.stdout, doubts.COLUMNS, rows)
    else:
        show(shape, doubts.COLUMNS, rows)


@deliveries.command()
@click.argument("issue_id", type=ROW)
@click.option(
    "--refused",
    is_flag=True,
    help="Those that the relay refused instead, once what it refused them for is mended.",
)
@in_app
def retry(issue_id: int, *, refused: bool) -> None:
    """Try the deferred copies of issue ISSUE_ID again now.

    Else each waits for its time.
    """
    from tasks import nudges

    again = core.retry_refused if refused else core.retry_now
    count = again(_edition(issue_id).id)
    db.session.commit()
    nudges.sweep()
    kind, are = "refused" if refused else "deferred", "is" if count == 1 else "are"
    told = f"{copies(count, kind)} {are} due now." if count else f"No copy is {kind}."
    click.echo(told)


@deliveries.command()
@click.argument("issue_id", type=ROW)
@click.option(
    "--as",
    "verdict",
    required=True,
    type=click.Choice([each.value for each in Verdict]),
    help="accepted: the relay has it; refused: give it up; again: send it once more.",
)
@click.option(
    "--subscriber", "subscribers", type=ROW, multiple=True, help="Only this one; else all in doubt."
)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only those in this CSV file, with a column address or subscriber (as list makes it).",
)
@in_app
def resolve(issue_id: int, verdict: str, subscribers: tuple[int, ...], source: Path | None) -> None:
    """Say what became of copies of issue ISSUE_ID that are in doubt. Look at the relay's log first.

    A copy sent again carries the same Message-ID: a mail program that has both shows one.
    With --from, what matches no copy in doubt is named, nothing is done for it, and the exit code is 1.
    """
    from tasks import nudges

    edition_id = _edition(issue_id).id
    if source is not None and subscribers:
        raise Refused("Give either --subscriber or --from, not both.")
    named = _named(edition_id, source) if source else Named(subscribers, ())
    ids = named.subscriber_ids if source or subscribers else None
    count = core.resolve(edition_id, Verdict(verdict), ids)
    db.session.commit()
    nudges.sweep()
    click.echo(
        f"{copies(count)} in doubt: now {verdict}."
        if count
        else "Nothing changed: no such copy is in doubt, or its send was stopped."
    )
    if named.strangers:
        lines = "\n".join(f"  {each}" for each in named.strangers)
        raise Refused(f"{len(named.strangers)} in the file match no copy in doubt:\n{lines}")


def _named(edition_id: int, source: Path) -> Named:
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            return doubts.named(edition_id, (cells for _, cells in spreadsheets.read(stream)))
    except (csv.Error, UnicodeDecodeError) as odd:
        raise Refused(f"{source} is no CSV file in UTF-8: {odd}") from odd


@deliveries.command()
@in_app
def recover() -> None:
    """Do at once what workers do by themselves.

    Frees what dead ones hold, brings back what is due. Harmless at any time, also while workers are sending.
    """
    from tasks import lookout

    freed = lookout.tidy()
    click.echo(f"{freed} batches of dead workers are free again.")


def _edition(issue_id: int) -> Edition:
    edition = editions.of_issue(issues.get(issue_id))
    if edition is None:
        raise Refused(f"Issue {issue_id} is a draft; nothing of it was sent.")
    return edition


def _row(one: ListedDelivery) -> tuple[object, ...]:
    return tuple(getattr(one, name) for name in COLUMNS)


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | None) else str(value)
