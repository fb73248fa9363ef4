"""`hebdo up`, `web`, `worker`, `beat`: the processes of the service."""

from __future__ import annotations

import os
import sys
import time
from typing import NoReturn

import click

from app import lanes, settings
from app.children import WORKER_GRACE, Child, ChildError, Stop, Watch

SOME = click.IntRange(1, 1_000)
"""Processes or threads: without one nothing is done, and no machine has room for more."""


@click.command()
def up() -> None:
    """Start the whole service on this machine; Ctrl-C ends it.

    Ports: HEBDO_PORT (8000) for the pages, HEBDO_INBOX_PORT (8025) for the inbox. What it makes
    stays in HEBDO_STATE_DIR (var).
    """
    from app.up import run

    sys.exit(run())


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port.")
@click.option("--workers", type=SOME, default=2, show_default=True, help="Processes.")
@click.option(
    "--threads", type=SOME, default=lanes.THREADS, show_default=True, help="Threads of each."
)
def web(bind: str, workers: int, threads: int) -> None:
    """Serve the pages: readers' and editors' doors, health."""
    from app import server

    server.run(bind, workers, threads)


@click.command()
@click.option(
    "--only",
    type=click.Choice(["notices", "deliveries", "lookout"]),
    help="One part in this very process; without it, all three as children.",
)
@click.option(
    "--slots", type=SOME, default=2, show_default=True, help="Sending slots (1 on SQLite, always)."
)
def worker(only: str | None, slots: int) -> None:
    """Print, plan and send what rows order.

    Notices have a process that a big send cannot take; the lookout finds rows that no nudge
    announced. A part that dies is started again; one that keeps dying ends all, with exit code 1.
    """
    given = settings.load()
    if only == "lookout":
        _look_out(given)
    elif only:
        count = 1 if only == "notices" or given.is_sqlite else slots
        _become_celery(
            "worker", "-Q", only, "-c", str(count), "-n", f"{only}@%h",
            "--without-gossip", "--without-mingle",
        )  # fmt: skip
    else:
        sys.exit(_keep_workers(slots))


@click.command()
def beat() -> None:
    """Ring the bells that come by the clock. Several at once do no harm."""
    state_dir = settings.load().state_dir
    settings.make_state_dir(state_dir)
    schedule = state_dir / "beat-schedule"
    _become_celery("beat", "-s", str(schedule), "--pidfile", "")


def _look_out(given: settings.Settings) -> None:
    from app import logs
    from tasks import lookout

    logs.configure(given)
    lookout.run(Stop().event)


def _become_celery(*arguments: str) -> NoReturn:
    """Turn this process into Celery: its signals and exit code are then Celery's own."""
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "tasks.celery:celery"]
    os.execv(sys.executable, [*command, *arguments])  # noqa: S606 - no shell, our own arguments


def _keep_workers(slots: int) -> int:
    stop = Stop()
    watch = Watch(lambda line: click.echo(line, err=True))
    for part in ("notices", "deliveries", "lookout"):
        command = [sys.executable, "-m", "app.cli", "worker", "--only", part, "--slots", str(slots)]
        watch.start(Child(part, command))
    try:
        while not stop.wait(0.5):
            watch.look()
    except ChildError as trouble:
        click.echo(str(trouble), err=True)
        return 1
    finally:
        for child in watch.children:
            child.ask_to_stop()
        # One deadline for all: they end at the same time, not one after the other.
        end = time.monotonic() + WORKER_GRACE
        for child in watch.children:
            child.stop(max(0.0, end - time.monotonic()))
    return 0
