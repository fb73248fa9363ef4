"""`hebdo db`: the tables."""

from __future__ import annotations

import click

from app.cli.context import in_app


@click.group()
def db() -> None:
    """The tables of the database."""


@db.command()
@in_app
def upgrade() -> None:
    """Bring the tables up to this version of the code. Twice is the same as once."""
    from flask_migrate import upgrade as migrate

    migrate()
    click.echo("The tables are up to date.")
