"""`hebdo doctor`: looks at everything the service stands on and says what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from app.api.readiness import Check, look
from app.cli import domains, relays
from app.cli.context import as_table_or_json, reading, show
from app.cli.findings import Finding
from app.core import imprints, shares
from app.extensions import settings
from app.lookups import Lookups
from emails.smtp import Line
from emails.values import Outcome
from tasks import journal

REMEDIES = {
    "database": "Is it running? HEBDO_DATABASE_URL says where it is looked for.",
    "migrations": "Run: hebdo db upgrade",
    "installation": "If nothing else sends from it or its original, run: hebdo db adopt",
    "workers": "Is `hebdo worker` running, and `hebdo beat`, which asks it for signs of life?",
    "notices": "Look at the worker's log; is the relay below all right?",
    "broker": "Is it running? REDIS_URL says where it is looked for.",
    "relay": "HEBDO_SMTP_URL says where it is; its provider knows user, password and port.",
    "journals": "Make room, or let this process write there: HEBDO_STATE_DIR. No worker sends without.",
    "limits": "HEBDO_SMTP_SESSIONS and HEBDO_SMTP_RATE say what the relay allows.",
    "legal": "An admin fills it in at the desk, under Newsletters, Legal notice (LCEN, art. 1-1).",
    "media": "HEBDO_MEDIA_DIR must be a directory that this process may write to.",
}

OF_UP = {"broker", "relay", "workers"}
"""What `hebdo up` starts: under it there is no setting to look at."""

IN_THE_DNS = ("spf", "dkim", "dmarc", "ptr", "tls")
"""What says of us, where others ask, that our mail is ours. Each finding brings its own remedy."""


@click.command()
@click.option(
    "--only",
    "names",
    type=click.Choice([*REMEDIES, *IN_THE_DNS]),
    multiple=True,
    help="Only this check; several times if you like.",
)
@as_table_or_json
@reading
def doctor(names: tuple[str, ...], shape: str) -> None:
    """Look at all that the service stands on; say what to do.

    That is settings, database, broker, workers, relay, and what the DNS says of our senders. Exit
    code 1 when something is wrong; what nobody could tell (??) is no fault.
    """
    found = _examine(names)
    if shape == "json":
        show(
            shape,
            ("check", "ok", "says", "do"),
            ((one.name, one.ok, one.says, one.do) for one in found),
        )
    else:
        for each in found:
            click.echo(f"{each.mark} {each.name}: {each.says}")
            for line in each.do.splitlines():
                click.echo(f"     {line}")
    sys.exit(1 if any(each.ok is False for each in found) else 0)


def _examine(names: tuple[str, ...]) -> list[Finding]:
    """All checks or those named; and the database, when it keeps others from being looked at."""
    checks = [Check("settings", True, "All settings can be read."), *look()]
    database = checks[1].ok
    if not names or {"relay", "media", "journals"} & set(names):
        checks += _surroundings()
    if database and (not names or {"limits", "legal"} & set(names)):
        checks += [_check_limits(), _check_legal()]
    found = [Finding(each.name, each.ok, each.says, _remedy(each)) for each in checks]
    if database:
        found += _outside([each for each in IN_THE_DNS if not names or each in names])
    return [
        each
        for each in found
        if not names or each.name in names or (each.name == "database" and not each.ok)
    ]


def _outside(names: list[str]) -> list[Finding]:
    """What receivers see of us: asked of the DNS, and of the relay."""
    relay, lookups = settings().relay, Lookups(settings().dns)
    place = relays.station(relay, lookups) if names else relays.Station(relay.host)
    looks: dict[str, Callable[[], list[Finding]]] = {
        "spf": lambda: domains.look_at_spf(place, lookups),
        "dkim": lambda: domains.look_at_dkim(lookups),
        "dmarc": lambda: domains.look_at_dmarc(lookups),
        "ptr": lambda: _caught() or relays.look_back(place, lookups),
        "tls": lambda: [relays.look_inside(relay, place)],
    }
    return [finding for name in names for finding in looks[name]()]


def _caught() -> list[Finding]:
    """Under `hebdo up` no mail leaves, so that nobody asks who brings it."""
    says = "Mail is caught on this machine and leaves it for nobody."
    return [Finding("ptr", True, says)] if settings().inbox_url else []


def _surroundings() -> list[Check]:
    """What the doctor tries and a health page must not: it takes time and touches others."""
    relay = settings().relay
    line = Line(relay)
    answer = line.try_out()
    fine = answer.outcome is Outcome.ACCEPTED
    why = " ".join(filter(None, (str(answer.code or ""), answer.text)))
    kind = ", and addresses with accents (SMTPUTF8)" if line.takes_accents else ""
    said = f"takes us{kind}" if fine else f"does not take us: {why}"
    found = Check("relay", fine, f"The relay {relay.host}:{relay.port} {said}.")
    return [found, _check_journals(), _check_media()]


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


def _check_journals() -> Check:
    """What each worker begins with, here as it does it there."""
    folder = settings().state_dir / journal.FOLDER
    try:
        with journal.opened(settings().state_dir) as (_, own):
            own.discard()
    except journal.Unwritable as error:
        return Check("journals", False, f"No journal can be kept in {folder}: {error.strerror}.")
    return Check("journals", True, f"Journals can be kept in {folder}.")


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
    if check.name in OF_UP and settings().inbox_url:
        return "Does `make run` (or `hebdo up`) still run? It starts this; its logs are in var/log."
    return REMEDIES.get(check.name, REMEDIES["workers"])
