"""Watching an edition go out: a bar on the terminal, read from the ledger, and the exit code."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.core import clock, deliveries, installations, workers
from app.core.deliveries import Progress as Equation
from app.database import reading_only
from app.extensions import db
from app.models import Edition, EditionState

WAITING = "waiting for a worker to print it"

HELD = (
    "Nothing is sent: this database is a copy of another, or was set back.\n"
    "If nothing else sends from it or its original, run: hebdo db adopt"
)

ASLEEP = (
    f"No worker gave a sign of life for {workers.FRESH.seconds} s.\n"
    "The issue goes out once one runs: hebdo worker, or make run."
)

EVERY = 0.5
"""Seconds between two looks at the ledger; the sender is never waited for by it."""


def tell_obstacle(edition_id: int) -> None:
    """Say on stderr what keeps an edition from going out, if anything does; the order is kept."""
    edition, _equation = look(edition_id)
    if edition.state in (EditionState.SENT, EditionState.HALTED, EditionState.CANCELLED):
        return
    with reading_only():
        if installations.is_held():
            click.echo(HELD, err=True)
        elif not workers.alive():
            click.echo(ASLEEP, err=True)
        db.session.rollback()


def follow(edition_id: int, *, first_pass: bool = False, timeout: float | None = None) -> int:
    """Watch until all is settled (or tried once); 0 when the equation holds and nobody waits."""
    tell_obstacle(edition_id)
    end = time.monotonic() + timeout if timeout is not None else None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(WAITING, total=None)
        while True:
            edition, equation = look(edition_id)
            bar.update(task, description=_doing(edition, equation), total=equation.planned or None)
            bar.update(task, completed=equation.settled + (equation.deferred if first_pass else 0))
            if _is_done(edition, equation, first_pass):
                break
            if end is not None and time.monotonic() > end:
                click.echo("Time is up; the workers go on without this command.", err=True)
                break
            time.sleep(EVERY)
    return conclude(edition, equation, first_pass)


def look(edition_id: int) -> tuple[Edition, Equation]:
    """Where the edition stands, in one look at the database that holds nobody up."""
    with reading_only():
        edition = db.session.get_one(Edition, edition_id, populate_existing=True)
        equation = deliveries.progress(edition_id)
        db.session.expunge(edition)
        db.session.rollback()
    return edition, equation


def conclude(edition: Edition, equation: Equation, first_pass: bool) -> int:
    click.echo(sentence(equation))
    if edition.trouble:
        click.echo(f"Trouble: {edition.trouble}", err=True)
    fine = equation.adds_up and _is_done(edition, equation, first_pass)
    return 0 if fine and edition.state is not EditionState.HALTED else 1


def stands(edition: Edition) -> str:
    """Its state, and of one that is scheduled also its moment."""
    if edition.state is not EditionState.SCHEDULED or edition.due_at is None:
        return str(edition.state)
    return f"scheduled for {edition.due_at.astimezone(clock.PARIS):%Y-%m-%d %H:%M} (Paris)"


def sentence(equation: Equation) -> str:
    """The equation, in words and figures."""
    sign = "=" if equation.adds_up else "≠"
    return (
        f"{equation.planned} planned {sign} {equation.waiting} waiting + {equation.sending} sending"
        f" + {equation.accepted} accepted + {equation.deferred} deferred"
        f" + {equation.refused} refused + {equation.in_doubt} in doubt + {equation.skipped} skipped"
    )


def _is_done(edition: Edition, equation: Equation, first_pass: bool) -> bool:
    if edition.state in (EditionState.SENT, EditionState.HALTED):
        return True
    if edition.state is EditionState.CANCELLED:
        return equation.is_over
    tried = not equation.waiting and not equation.sending
    return first_pass and edition.state is EditionState.PLANNED and tried


def _doing(edition: Edition, equation: Equation) -> str:
    if edition.state is EditionState.SCHEDULED:
        return "waiting for its moment"
    if edition.state is EditionState.ORDERED:
        return WAITING
    if edition.state in (EditionState.PAUSED, EditionState.CANCELLED):
        return str(edition.state)
    if edition.trouble:
        return edition.trouble[:60]
    return f"sending ({equation.deferred} deferred)" if equation.deferred else "sending"
