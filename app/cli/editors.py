"""`hebdo editors`: who may sign in at the desk."""

from __future__ import annotations

import secrets

import click

from app.cli.context import as_table_or_json, in_app, reading, show
from app.cli.group import Refused
from app.core import editors as core
from app.extensions import db
from app.models import Editor, Notice, Role


@click.group()
def editors() -> None:
    """Who may sign in at the desk."""


@editors.command()
@click.argument("address")
@click.option("--name", required=True, help="How the desk calls her.")
@click.option(
    "--role",
    type=click.Choice([each.value for each in Role]),
    default=Role.EDITOR.value,
    show_default=True,
    help="An admin may also add editors; a contributor may write but not send.",
)
@click.option("--invite", is_flag=True, help="Mail her a link to choose a password herself.")
@in_app
def add(address: str, name: str, role: str, invite: bool) -> None:
    """Add an editor. A password is made for her and shown once, unless she is invited by mail."""
    if invite:
        _mail(core.invite(address, name, Role(role)))
        return
    password = new_password()
    editor = core.add(address, name, Role(role), password)
    db.session.commit()
    click.echo(f"{editor.address} may sign in. Password, shown only here: {password}")


@editors.command()
@click.argument("address")
@click.option("--mail", is_flag=True, help="Mail her a link to choose a new one instead.")
@in_app
def password(address: str, mail: bool) -> None:
    """Give the editor ADDRESS a new password; all her sessions end."""
    editor = _known(address)
    if mail:
        notice = core.forget_password(address)
        if notice is None:
            raise Refused("She was mailed a link a few minutes ago; it is still good.")
        _mail(notice)
        return
    made = new_password()
    core.set_password(editor, made)
    db.session.commit()
    click.echo(f"New password of {editor.address}, shown only here: {made}")


@editors.command()
@click.argument("address")
@click.argument("role", type=click.Choice([each.value for each in Role]))
@in_app
def role(address: str, role: str) -> None:
    """Give the editor ADDRESS another role; the last admin stays one."""
    before = core.change_role(_known(address), Role(role))
    if before is None:
        raise _unknown(address)
    db.session.commit()
    click.echo(f"{address} had the role {before} and has the role {role} now.")


@editors.command(name="list")
@as_table_or_json
@reading
def list_all(shape: str) -> None:
    """All editors, by name."""
    rows = [(each.address, each.name, each.role, each.signed_in_at) for each in core.listing()]
    show(shape, ("address", "name", "role", "signed_in_at"), rows)


def new_password() -> str:
    """96 bits, in characters that can be copied by a double click."""
    return secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")


def _known(address: str) -> Editor:
    editor = core.find(address)
    if editor is None:
        raise _unknown(address)
    return editor


def _unknown(address: str) -> Refused:
    return Refused(f"{address} is no editor. All of them: hebdo editors list")


def _mail(notice: Notice) -> None:
    from tasks import nudges

    db.session.commit()
    nudges.notice(notice.id)
    click.echo(f"A link is on its way to {notice.address}.")
