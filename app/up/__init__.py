"""`hebdo up`: starts and stops the whole service on one machine, in order.

Owns: the installation's own state, the processes of this machine, what the terminal says.
Must not know: rows (a process of its own prepares them), pages, mail.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from app import settings
from app.children import ChildError, Stop, adopt_orphans
from app.up import lock, state
from app.up.service import Service, Stopped, Welcome


def run() -> int:
    """Run until Ctrl-C or SIGTERM; the exit code. Raises SettingsError before anything is started."""
    stop = Stop()
    state_dir = Path(os.environ.get("HEBDO_STATE_DIR") or "var").absolute()
    settings.make_state_dir(state_dir)
    adopt_orphans()
    try:
        held = lock.take(state_dir, stop)
        prepared = state.prepare(os.environ, state_dir)
    except (lock.AlreadyRunning, state.PortError) as refusal:
        say(str(refusal))
        return 1
    except OSError as odd:
        why = f"HEBDO_STATE_DIR is {str(state_dir)!r}, which cannot be written to: {odd.strerror}"
        raise settings.SettingsError(why) from odd
    # What is wrong would else be said by whichever child reads it first, with its last lines.
    settings.load()
    return _serve(Service(prepared, held, stop, say))


def _serve(service: Service) -> int:
    try:
        say("Starting Hebdo ...")
        greet(service, service.start())
        service.keep()
    except Stopped:
        return 0
    except ChildError as trouble:
        say(str(trouble))
        if service.welcome and service.welcome.password:
            # It will not be shown again, and this start did not come as far as the greeting.
            say(f"The first editor was made: {_key(service.welcome)}")
        return 1
    finally:
        say("Stopping: half a minute at most. Ctrl-C again does not wait for what is under way.")
        service.end()
        say("Hebdo has stopped.")
    return 0


def greet(service: Service, welcome: Welcome) -> None:
    """A few lines that say where to go."""
    values = service.state.values
    base = os.environ.get("HEBDO_BASE_URL") or values["HEBDO_BASE_URL"]
    page = f"/newsletters/{welcome.newsletter}" if welcome.newsletter else "/"
    lines = ["", "Hebdo is running.", ""]
    lines += [f"  Sign-up page  {base}{page}"]
    lines += [f"  Desk          {base}/editor/", f"                {_key(welcome)}"]
    if "HEBDO_INBOX_URL" in values:
        lines += [f"  Inbox         {values['HEBDO_INBOX_URL']}/  (every mail lands here)"]
    if welcome.is_held:
        lines += ["", "  Nothing is sent: this database is a copy of another, or was set back."]
        lines += [f"  If nothing else sends from it or its original: {_command()} db adopt"]
    lines += ["", f"  In a second terminal: {_command()} --help", f"  Logs: {_logs(service)}"]
    lines += ["  Ctrl-C ends everything; what you made is kept.", ""]
    say("\n".join(lines))


def say(text: str) -> None:
    print(text, flush=True)


def _key(welcome: Welcome) -> str:
    """Who may sign in and how, in lines that fit a terminal of 80 columns."""
    if not welcome.editor:
        return f"(its editors: {_command()} editors list)"
    if welcome.password:
        return f"{welcome.editor}  password: {welcome.password}\n{'':16}(shown this once)"
    return (
        f"{welcome.editor}  password: as shown at the first start\n"
        f"  Lost it?      {_command()} editors password {welcome.editor}"
    )


def _command() -> str:
    """How to call this very `hebdo` from another terminal in the same directory."""
    beside = Path(sys.executable).parent / "hebdo"
    return _short(beside) if beside.exists() else f"{sys.executable} -m app.cli"


def _logs(service: Service) -> str:
    return _short(service.state.state_dir / "log")


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
