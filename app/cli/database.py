"""`hebdo db`: the tables, and whose they are."""

from __future__ import annotations

import sys

import click

from app.cli.context import in_app, show
from app.cli.group import Refused
from app.core import deliveries, editions, installations, issues
from app.extensions import db as database
from app.models import Edition, EditionState

UNDER_WAY = (
    EditionState.SCHEDULED,
    EditionState.ORDERED,
    EditionState.PRINTED,
    EditionState.PLANNED,
    EditionState.PAUSED,
)


@click.group()
def db() -> None:
    """The tables of the database, and whose they are."""


@db.command()
@in_app
def upgrade() -> None:
    """Bring the tables up to this version of the code. Twice is the same as once."""
    from flask_migrate import upgrade as migrate

    migrate()
    click.echo("The tables are up to date.")


@db.command()
@click.option("--yes", is_flag=True, help="Ask nothing.")
@in_app
def adopt(yes: bool) -> None:
    """Send from this database, a copy or set back as it is.

    Workers hold such a one: what its original has sent since would go out again. Make sure that
    nothing sends from the original any more. Stop first what did go out: hebdo issues cancel ID, or
    take-back ID while it is scheduled.
    """
    if not installations.is_held():
        click.echo("This database is sent from already; nothing was changed.")
        return
    _show_under_way()
    question = "Does nothing else send from it, and may all of this go out?"
    if not yes and not (sys.stdin.isatty() and click.confirm(question)):
        raise Refused("Nothing was changed. (Without a terminal to ask on, say --yes.)")
    installations.adopt()
    database.session.commit()
    click.echo("The next worker that looks sends from this database.")


def _show_under_way() -> None:
    """What goes out, copy by copy, once the database is adopted; those deferred come later."""
    found = [database.session.get_one(Edition, each) for each in editions.in_state(*UNDER_WAY)]
    if not found:
        click.echo("No issue is under way; notices that wait go out.")
        return
    columns = ("issue", "number", "subject", "state", "to_go_out")
    show("table", columns, [_row(each) for each in found])


def _row(edition: Edition) -> tuple[object, ...]:
    equation = deliveries.progress(edition.id)
    left = equation.waiting + equation.sending + equation.deferred
    to_go_out = left if edition.planned_at else "all its readers"
    issue = edition.issue
    return issue.id, issue.number, issues.as_read(issue.subject), str(edition.state), to_go_out
