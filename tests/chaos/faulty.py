"""A worker that dies where it is told to: `python -m tests.chaos.faulty`, orders on its input.

Nothing in the product knows of this. The process imports the product once and forks a worker for
each order, which is a real process with a real journal, lock and socket, and ends it with SIGKILL
when it comes to the named lines: before the call on them, or as soon as the call is over.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
ROUNDS = 12
"""Looks of a worker at what is to be done; between two of them twenty minutes pass."""


@dataclass
class Fault:
    """Ends this process at the `nth` time that the lines `first` to `last` of `path` are run."""

    path: str
    first: int
    last: int
    when: str
    nth: int

    def arm(self) -> None:
        self._file = str(ROOT / self.path)
        self._times = 0
        self._inside: FrameType | None = None
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:
        return self._follow if frame.f_code.co_filename == self._file else None

    def _follow(self, frame: FrameType, event: str, argument: object) -> Any:
        is_there = event == "line" and self.first <= frame.f_lineno <= self.last
        if frame is self._inside and not (is_there and self.last > self.first):
            die()
        if is_there and frame.f_lineno == self.first and self._inside is None:
            self._times += 1
            if self._times == self.nth and self.when == "before":
                die()
            if self._times == self.nth:
                self._inside = frame
        return self._follow


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Narrow(socket.socket):
    """Takes four kilobytes at a time, however fast the other end reads."""

    __slots__ = ()

    def sendmsg(self, pieces: Any, *given: Any) -> int:
        return self.send(b"".join(pieces)[:4096])


def write_in_small_pieces() -> None:
    """A copy then leaves in many writes. No small buffer of the kernel's would do: on loopback it is
    emptied while it is filled."""
    from emails import sessions

    opened = sessions.open

    def narrow(*given: Any) -> Any:
        session = opened(*given)
        assert session.sock is not None
        session.sock.__class__ = Narrow
        return session

    sessions.open = narrow


def stumble() -> None:
    """The MJML engine breaks over whatever it is given."""
    from emails import render
    from emails.errors import MjmlError

    def broken(_: object) -> Any:
        raise MjmlError(0, "the engine stumbles")

    render.print_issue = broken


def work() -> None:
    """All that a worker machine does, one thing after the other, until nothing waits any more."""
    from app.core import deliveries
    from app.extensions import db
    from app.models import Edition
    from tasks import comments, lookout
    from tasks import deliveries as sending
    from tasks.celery import DELIVERIES, flask_app

    lookout.alive(DELIVERIES)
    for _ in range(ROUNDS):
        lookout.sweep()
        comments.sweep()
        with flask_app().app_context():
            lookout.look()
            while sending.pump():
                pass
            waits = [
                edition.id
                for edition in db.session.query(Edition)
                if not deliveries.progress(edition.id).is_over
            ]
            db.session.rollback()
        if not waits:
            return
        pass_the_time(20 * 60)


def send_on() -> None:
    """What a sending slot and the lookout beside it do, for ever: somebody ends this process."""
    from tasks import deliveries as sending
    from tasks import lookout
    from tasks.celery import flask_app

    with flask_app().app_context():
        while True:
            lookout.tidy()
            while sending.pump():
                pass
            time.sleep(0.05)


def press_send(issue_id: int, address: str) -> None:
    """An editor's browser and the web process that answers it, in one."""
    from app import create_app, settings
    from tests.desk import Desk

    flask_app = create_app(settings.load())
    with flask_app.app_context():
        at_desk = Desk(flask_app)
        assert at_desk.sign_in(address).status_code == 303
        page = f"/editor/issues/{issue_id}/send"
        assert at_desk.post(page, {"revision": 1}).status_code == 303


def pass_the_time(seconds: float) -> None:
    from app.core import clock

    moved = Path(os.environ[clock.TEST_CLOCK])
    moved.write_text(str(float(moved.read_text(encoding="ascii")) + seconds), encoding="ascii")


def obey(order: dict[str, Any]) -> None:
    """In the forked process: become the worker that was ordered."""
    from app.core import plans
    from tasks import clerks

    os.environ.update(order["environment"])
    with Path(order["log"]).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    if order.get("size"):
        plans.SIZE = order["size"]
    if order.get("lease"):
        clerks.LEASE = dt.timedelta(seconds=order["lease"])
    if order.get("limited"):
        os.environ["HEBDO_SMTP_SESSIONS"] = "4"
    if order.get("pieces"):
        write_in_small_pieces()
    if order.get("misprint"):
        stumble()
    if order.get("fault"):
        Fault(**order["fault"]).arm()
    if order.get("press"):
        press_send(**order["press"])
    elif order.get("goes_on"):
        send_on()
    else:
        work()


def main() -> None:
    """One line of JSON an order; one line with the exit code when its worker has ended, or at once with
    its process when it *goes on* until it is killed: then another order asks for its exit code."""
    # Imported, and the templates read, once for all workers.
    from emails import render
    from tasks import deliveries, lookout  # noqa: F401
    from tests.emails import samples

    render.print_issue(samples.ISSUE)

    for line in sys.stdin:
        order = json.loads(line)
        process = order.get("ended") or start(order)
        if order.get("goes_on"):
            print(process, flush=True)
        else:
            _, status = os.waitpid(process, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


def start(order: dict[str, Any]) -> int:
    """Fork a worker that obeys; its process."""
    process = os.fork()
    if not process:
        code = 1
        try:
            obey(order)
            code = 0
        except BaseException:  # noqa: BLE001 - the fork must not come back here
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)
    return process


if __name__ == "__main__":
    main()
