"""`hebdo selftest`: the kill test on this machine, and its table."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from pathlib import Path

import click

from app.cli.context import as_table_or_json, show
from app.cli.group import Refused


@click.command()
@click.option(
    "--readers", type=click.IntRange(50, 100_000), default=2000, show_default=True, help="How many."
)
@click.option(
    "--kills", type=click.IntRange(0, 100), default=5, show_default=True, help="How often kill -9."
)
@as_table_or_json
def selftest(readers: int, kills: int, shape: str) -> None:
    """Kill a worker again and again while it sends, and count.

    An issue goes out to READERS made-up readers, and the worker is killed KILLS times: half a minute,
    unless you ask for more. Touches nothing of this installation, and no mail leaves the machine. Exit
    code 0 means: nobody lost, nobody mailed twice, and whoever got nothing is listed as in doubt.
    """
    from app import selftest as trial

    with tempfile.TemporaryDirectory(prefix="hebdo-selftest-") as folder:
        try:
            found = trial.run(readers, kills, Path(folder), lambda line: click.echo(line, err=True))
        except TimeoutError as stuck:
            raise Refused(f"The worker did not finish; its last lines:\n{stuck}") from stuck
    told = {
        "planned": found.progress.planned,
        "received once": found.once,
        "twice": found.twice,
        "never": found.never,
        "in doubt": found.progress.in_doubt,
        "lost": found.unlisted,
        "kills": found.kills,
        "seconds": round(found.seconds, 1),
    }
    if shape == "json":
        equation = dataclasses.asdict(found.progress)
        click.echo(json.dumps({**told, "equation": equation, "holds": found.holds}, indent=2))
    else:
        show(shape, tuple(told), [tuple(told.values())])
        click.echo("Nobody lost, nobody mailed twice." if found.holds else "It does not hold.")
        if found.progress.in_doubt:
            # Else 2000 received and 20 in doubt look like 2020.
            click.echo(
                "In doubt: copies on the line at a kill; the ledger cannot know if they came."
            )
    sys.exit(0 if found.holds else 1)
