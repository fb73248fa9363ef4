"""`hebdo doctor`: looks at everything the service stands on and says what to do."""

from __future__ import annotations

import sys

import click

from app.api.readiness import Check, look
from app.cli import dkim
from app.cli.context import as_table_or_json, reading, show
from app.core import imprints, shares
from app.extensions import settings
from emails.smtp import Line
from emails.values import Outcome

REMEDIES = {
    "database": "Is it running? HEBDO_DATABASE_URL says where it is looked for.",
    "migrations": "Run: hebdo db upgrade",
    "workers": "Is `hebdo worker` running, and `hebdo beat`, which asks it for signs of life?",
    "notices": "Look at the worker's log; is the relay below all right?",
    "broker": "Is it running? REDIS_URL says where it is looked for.",
    "relay": "HEBDO_SMTP_URL says where it is; its provider knows user, password and port.",
    "dkim": "`hebdo dkim record` shows what to publish; a new record can take hours to be seen.",
    "limits": "HEBDO_SMTP_SESSIONS and HEBDO_SMTP_RATE say what the relay allows.",
    "legal": "An admin fills it in at the desk, under Newsletters, Legal notice (LCEN, art. 1-1).",
    "media": "HEBDO_MEDIA_DIR must be a directory that this process may write to.",
}


@click.command()
@click.option(
    "--only",
    "names",
    type=click.Choice(list(REMEDIES)),
    multiple=True,
    help="Only this check; several times if you like.",
)
@as_table_or_json
@reading
def doctor(names: tuple[str, ...], shape: str) -> None:
    """Check settings, database, broker, workers and relay; exit code 1 when something is wrong."""
    checks = _examine(names)
    if shape == "json":
        rows = ((each.name, each.ok, each.says, _remedy(each)) for each in checks)
        show(shape, ("check", "ok", "says", "do"), rows)
    else:
        for each in checks:
            click.echo(f"{'ok ' if each.ok else 'NO '} {each.name}: {each.says}")
            if not each.ok:
                click.echo(f"     {_remedy(each)}")
    sys.exit(0 if all(each.ok for each in checks) else 1)


def _examine(names: tuple[str, ...]) -> list[Check]:
    """All checks or those named; and the database, when it keeps others from being looked at."""
    checks = [Check("settings", True, "All settings can be read."), *look()]
    if not names or {"relay", "media"} & set(names):
        checks += _surroundings()
    if checks[1].ok and (not names or {"dkim", "limits", "legal"} & set(names)):
        checks += [_check_dkim(), _check_limits(), _check_legal()]
    return [
        each
        for each in checks
        if not names or each.name in names or (each.name == "database" and not each.ok)
    ]


def _surroundings() -> list[Check]:
    """What the doctor tries and a health page must not: it takes time and touches others."""
    relay = settings().relay
    line = Line(relay)
    answer = line.try_out()
    fine = answer.outcome is Outcome.ACCEPTED
    why = " ".join(filter(None, (str(answer.code or ""), answer.text)))
    kind = ", and addresses with accents (SMTPUTF8)" if line.takes_accents else ""
    said = f"takes us{kind}" if fine else f"does not take us: {why}"
    return [Check("relay", fine, f"The relay {relay.host}:{relay.port} {said}."), _check_media()]


def _check_dkim() -> Check:
    signer = settings().signer
    if signer is None:
        return Check("dkim", True, "Hebdo signs no mail: the relay must, or HEBDO_DKIM_* are set.")
    faults = dkim.unpublished(signer)
    said = "; ".join(faults) if faults else "The key that signs is published for every sender"
    return Check("dkim", not faults, f"{said}.")


def _check_limits() -> Check:
    """What all workers together may use of the relay: nothing that can be wrong, but good to know."""
    known, used = settings(), shares.used_now()
    said = []
    if known.sessions:
        said.append(f"at most {known.sessions} sessions, {used.sessions} in use")
    if known.rate:
        said.append(f"at most {known.rate} messages a second, {used.rate} of them taken")
    if not said:
        each = f"each sending slot opens up to {known.connections} sessions"
        return Check("limits", True, f"No limit holds over all workers; {each}.")
    return Check("limits", True, f"All workers together: {'; '.join(said)}.")


def _check_legal() -> Check:
    missing = ", ".join(map(str, imprints.missing()))
    said = f"The legal notice lacks: {missing}" if missing else "The legal notice is complete"
    return Check("legal", not missing, f"{said}.")


def _check_media() -> Check:
    folder = settings().media_dir
    trial = folder / ".trial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        return Check("media", False, f"Pictures cannot be kept in {folder}: {error.strerror}.")
    return Check("media", True, f"Pictures can be kept in {folder}.")


def _remedy(check: Check) -> str:
    if check.ok:
        return ""
    return REMEDIES.get(check.name, REMEDIES["workers"])
