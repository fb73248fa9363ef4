"""The group of all commands: loads a noun when it is called, says every refusal in one clear line."""

from __future__ import annotations

import importlib
from typing import Any

import click
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app.core.errors import Invalid, Refusal
from app.settings import REQUIRED, SettingsError

NOUNS = {
    "up": "processes",
    "web": "processes",
    "worker": "processes",
    "beat": "processes",
    "db": "database",
    "newsletters": "newsletters",
    "subscribers": "subscribers",
    "issues": "issues",
    "deliveries": "deliveries",
    "suppressions": "suppressions",
    "editors": "editors",
    "dkim": "dkim",
    "doctor": "doctor",
    "selftest": "selftest",
}
"""Command → the module of this package that holds it."""


class Refused(click.ClickException):
    """Exit code 1 and the reason on stderr, without a stack."""

    def show(self, file: Any = None) -> None:
        click.echo(self.format_message(), err=True)


class Commands(click.Group):
    """`hebdo --help` needs no database and a tenth of a second for each noun it does not load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = NOUNS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"app.cli.{module}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise Refused(_settings_trouble(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise Refused(_database_trouble(error)) from error


def refused(refusal: Refusal) -> Refused:
    """A refusal of the core as one of the command line. Called while the app's language is known:
    its sentences are lazy."""
    faults = refusal.faults if isinstance(refusal, Invalid) else {}
    lines = [f"{name}: {what}" for name, what in faults.items()]
    if str(refusal) in map(str, faults.values()):
        # The only fault, or the first: what it says is not said twice.
        return Refused("\n".join(lines))
    return Refused("\n  ".join([str(refusal), *lines]))


def _settings_trouble(error: SettingsError) -> str:
    said = f"Hebdo cannot start; these settings need you:\n{error}"
    if all(f"{name} is not set" in said for name in REQUIRED):
        # Nothing at all: most likely a second terminal in another folder.
        return f"{said}\nThose of a make run are in its var: call hebdo from the folder that var is in."
    return said


def _database_trouble(error: DBAPIError) -> str:
    """A table that is missing is an OperationalError to SQLite, a ProgrammingError to PostgreSQL."""
    said = str(error.orig).partition("\n")[0]
    if isinstance(error, ProgrammingError) or "no such" in said:
        return f"The tables are not there or too old ({said}). Run: hebdo db upgrade"
    return f"The database does not answer: {said}"
