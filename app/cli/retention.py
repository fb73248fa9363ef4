"""Forgetting who has done nothing herself for years."""

from __future__ import annotations

import click

from app.cli.context import as_table_or_json, in_app, show
from app.core import retention
from app.extensions import db


@click.command()
@click.option(
    "--years",
    type=click.IntRange(1, 50),
    default=3,
    show_default=True,
    help="Of silence, from her last own act.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
@as_table_or_json
@in_app
def stale(years: int, dry_run: bool, shape: str) -> None:
    """Forget whoever did nothing herself for YEARS.

    Nothing: she signed up nowhere, confirmed, set and said nothing. Their number is told by where
    they stand; then all that is held about them goes, for good. They may sign up again. Look with
    --dry-run first: readers who merely read are among them, unless they pressed “Keep me” on their
    page.
    """
    since = retention.before(years)
    counts = retention.counts(since)
    show(shape, ("stands", "people", "since"), [(name, n, since) for name, n in counts.items()])
    if dry_run:
        if shape == "table":
            click.echo("Nothing was erased.")
        return
    done = 0
    while count := retention.forget(since):
        db.session.commit()
        done += count
    if shape == "table":
        click.echo(f"{done} {'person is' if done == 1 else 'people are'} forgotten.")
