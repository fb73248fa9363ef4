"""What commands share: the app around them, and how a table is shown to people and to scripts."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from flask_babel import force_locale
from rich.console import Console
from rich.table import Table

from app.cli.group import refused
from app.core.errors import Refusal
from app.database import reading_only
from app.extensions import db
from app.models import LARGEST_KEY

P = ParamSpec("P")
R = TypeVar("R")

ROW = click.IntRange(0, LARGEST_KEY - 1)
"""The number of a row: both databases know none that is larger."""

ROWS = click.IntRange(0, 1_000_000)
"""How many rows are shown."""

as_table_or_json = click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, JSON for scripts.",
)


def in_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the app. What it changed it must commit itself, or nothing is kept."""

    @functools.wraps(command)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        from app import create_app, logs, settings

        given = settings.load()
        logs.configure(dataclasses.replace(given, log_format="lines"), level="WARNING")
        # Refusals are lazy sentences; this terminal speaks English throughout.
        with create_app(given).app_context(), force_locale("en"):
            try:
                return command(*args, **kwargs)
            except Refusal as refusal:
                raise refused(refusal) from refusal
            finally:
                db.session.remove()
                db.engine.dispose()

    return inside


def reading(command: Callable[P, R]) -> Callable[P, R]:
    """The same for a command that only looks: it cannot write and keeps no writer waiting."""

    @functools.wraps(command)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with reading_only():
            return command(*args, **kwargs)

    return in_app(inside)


def copies(count: int, kind: str = "") -> str:
    """`1 copy`, `2 deferred copies`."""
    return " ".join(filter(None, (str(count), kind, "copy" if count == 1 else "copies")))


def show(shape: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows as a table, or as a JSON array of objects with these columns as keys."""
    if shape == "json":
        found = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False, markup=False).print(table)


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        # The desk shows the hour of Paris; logs, the relay's among them, mostly speak UTC.
        return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    return "" if value is None else str(value)
