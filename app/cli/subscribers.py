"""`hebdo subscribers`: who subscribes, in from a table and out into one."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from app.cli import files, persons, retention
from app.cli.context import ROWS, as_table_or_json, in_app, reading, show
from app.cli.group import Refused
from app.core import enrolments, newsletters, spreadsheets
from app.core import subscribers as core
from app.core.enrolments import ImportLine, ImportOutcome, ImportRow
from app.extensions import db

ADDRESS = ("address", "email", "e-mail", "mail", "adresse", "courriel")
FIRST_NAME = ("first_name", "first name", "firstname", "prénom", "prenom")
LANGUAGE = ("language", "lang", "langue")

HALF_WAY = "What was counted is kept. Mend the file and run it again: who is in already is not added twice."

TOLD = 20
"""Rows that are named one by one; beyond that their number is told."""


@click.group()
def subscribers() -> None:
    """Who subscribes."""


subscribers.add_command(persons.known)
subscribers.add_command(persons.erase)
subscribers.add_command(retention.stale)


@subscribers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--newsletter", "slug", required=True, help="Slug of the newsletter.")
@click.option("--confirmed", is_flag=True, help="State that each of them consented; required.")
@click.option("--source", required=True, help="Where they consented, in words; kept as proof.")
@click.option("--consented-at", required=True, type=click.DateTime(["%Y-%m-%d"]), help="When.")
@as_table_or_json
@in_app
def import_(
    file: Path, slug: str, confirmed: bool, source: str, consented_at: dt.datetime, shape: str
) -> None:
    """Bring in people from a CSV FILE who consented elsewhere. Nobody is mailed.

    The first row names the columns: address, and if you like first_name, language and the names of
    the newsletter's own fields. Whoever left or must not be mailed stays out, and so does a row with
    an answer that its field would refuse; that is said, row by row.
    """
    if not confirmed:
        raise Refused(
            "Only people who consented may be imported. If they did, say so with --confirmed; "
            "if not, ask them to sign up on the newsletter's page."
        )
    if not source.strip():
        raise Refused("--source is empty: say where these people consented.")
    newsletter = newsletters.get(slug)
    told: list[ImportLine] = []
    counts: Counter[ImportOutcome] = Counter()
    moment = consented_at.replace(tzinfo=dt.UTC)
    rows = _rows(file, [each.name for each in newsletter.questions])
    lines = enrolments.import_confirmed(rows, newsletter, source.strip(), moment)
    try:
        for done, line in enumerate(lines, start=1):
            counts[line.outcome] += 1
            if line.outcome not in (ImportOutcome.ADDED, ImportOutcome.ALREADY):
                told.append(line)
            if done % enrolments.CHUNK == 0:
                db.session.commit()
    except Refused as odd:
        if not counts:
            raise
        # Lines come by whole chunks: all that were counted are committed.
        _report(counts, told, shape)
        raise Refused(f"{odd.message}\n{HALF_WAY}") from odd
    db.session.commit()
    _report(counts, told, shape)


@subscribers.command()
@click.option("--newsletter", "slug", required=True, help="Slug of the newsletter.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file, which only you can read; else the terminal.",
)
@reading
def export(slug: str, output: Path | None) -> None:
    """All subscriptions of a newsletter as CSV. Cells cannot run as formulas."""
    newsletter = newsletters.get(slug)
    names, rows = core.columns(newsletter), core.export(newsletter)
    if output is None:
        spreadsheets.write(sys.stdout, names, rows)
        return
    with files.whole(output) as stream:
        spreadsheets.write(stream, names, rows)


@subscribers.command(name="list")
@click.option("--newsletter", "slug", required=True, help="Slug of the newsletter.")
@click.option("--limit", type=ROWS, default=100, show_default=True, help="Rows at the most.")
@as_table_or_json
@reading
def list_some(slug: str, limit: int, shape: str) -> None:
    """The first subscriptions of a newsletter."""
    newsletter = newsletters.get(slug)
    show(shape, core.columns(newsletter), islice(core.export(newsletter), limit))


def _rows(file: Path, questions: list[str]) -> Iterator[ImportRow]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for number, cells in spreadsheets.read(stream):
                yield ImportRow(
                    line=number,
                    address=_cell(cells, ADDRESS, required=True),
                    first_name=_cell(cells, FIRST_NAME),
                    language=_cell(cells, LANGUAGE),
                    answers={name: _cell(cells, (name,)) for name in questions if name in cells},
                )
    except csv.Error as odd:
        raise Refused(f"The file is no table that can be read: {odd}.") from odd
    except UnicodeDecodeError as odd:
        raise Refused(f"Line {_odd_line(file)} is not UTF-8; save the file as UTF-8.") from odd


def _odd_line(file: Path) -> int:
    """The first that is not UTF-8, from 1: the decoder itself counts from where it read last."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _cell(cells: object, names: tuple[str, ...], required: bool = False) -> str:
    assert isinstance(cells, dict)
    for name in names:
        if name in cells:
            return str(cells[name]).strip()
    if required:
        raise Refused(f"The first row names no column for the address ({', '.join(names)}).")
    return ""


def _report(counts: Counter[ImportOutcome], told: list[ImportLine], shape: str) -> None:
    if shape == "json":
        rows = [
            {
                "line": each.line,
                "address": each.address,
                "outcome": each.outcome,
                "why": str(each.why),
            }
            for each in told
        ]
        click.echo(
            json.dumps({"counts": dict(counts), "kept_out": rows}, ensure_ascii=False, indent=2)
        )
        return
    for outcome in ImportOutcome:
        click.echo(f"{outcome:<12}{counts[outcome]:>9}")
    for each in told[:TOLD]:
        why = f": {each.why}" if each.why else ""
        click.echo(f"line {each.line}: {each.address} ({each.outcome}){why}")
    if len(told) > TOLD:
        click.echo(f"... and {len(told) - TOLD} more; --format json names all.")
