"""`hebdo newsletters`: what one can subscribe to."""

from __future__ import annotations

import click

from app.cli.context import as_table_or_json, in_app, reading, show
from app.core import audiences, preferences
from app.core import newsletters as core
from app.extensions import db

FIELDS = {
    "tagline": "One sentence under its name.",
    "description": "What the sign-up page says it is.",
    "rhythm": "How often it comes, in words.",
    "reply_to": "Where answers go; the sender's address when left out.",
    "publisher": "Who is responsible for it; needed before an issue can go out.",
    "postal_address": "Postal address; needed before an issue can go out.",
    "accent": "Its colour, as #rrggbb.",
}


@click.group()
def newsletters() -> None:
    """What one can subscribe to."""


@newsletters.command()
@click.argument("slug")
@click.option("--name", required=True, help="Its name.")
@click.option("--sender-name", required=True, help="Who mails come from, in words.")
@click.option("--sender-address", required=True, help="The address mails come from.")
@click.option(
    "--language", type=click.Choice(preferences.LANGUAGES), default="fr", show_default=True
)
@in_app
def add(slug: str, **given: str | None) -> None:
    """Add the newsletter SLUG with the usual rubrics of a weekly."""
    chosen = {name: value for name, value in given.items() if value is not None}
    newsletter = core.add(slug, core.Settings(**chosen))
    db.session.commit()
    click.echo(f"Added {newsletter.slug}: {newsletter.name}, {len(newsletter.rubrics)} rubrics.")


for _field, _meaning in reversed(FIELDS.items()):
    add = click.option(f"--{_field.replace('_', '-')}", _field, help=_meaning)(add)


@newsletters.command(name="list")
@as_table_or_json
@reading
def list_all(shape: str) -> None:
    """All newsletters, and how many readers an issue sent now would have."""
    rows = [
        (each.slug, each.name, each.language, each.sender_address, audiences.count(each.id))
        for each in core.listing()
    ]
    show(shape, ("slug", "name", "language", "sender_address", "readers"), rows)
