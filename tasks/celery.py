"""The Celery app. The broker is a bell and nothing else: no results, no eta, no countdown, no retry.

A task that is lost is found again by the lookout; a task that comes twice loses the claim. So the
settings here ask the broker for little, and for that quickly.
"""

from __future__ import annotations

import faulthandler
import mmap
import sys
from functools import cache
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_process_init, worker_shutting_down
from flask import Flask, has_app_context

from tasks import schedule

NOTICES = "notices"
DELIVERIES = "deliveries"


class Configuration:
    """Read when Celery first asks, not when this module is imported: a door only wants the names."""

    task_ignore_result = True
    task_acks_late = True
    task_reject_on_worker_lost = True
    worker_prefetch_multiplier = 1
    worker_cancel_long_running_tasks_on_connection_loss = False
    broker_connection_retry_on_startup = True
    # By default a killed worker's tasks come back after 100 s or more.
    broker_transport_options = {  # noqa: RUF012
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
    }
    task_default_queue = DELIVERIES
    # Printing (80 ms) and planning (a second for a million) go where no send is in the way.
    task_routes = {  # noqa: RUF012
        "tasks.comments.*": {"queue": NOTICES},
        "tasks.notices.*": {"queue": NOTICES},
        "tasks.issues.*": {"queue": NOTICES},
    }
    imports = (
        "tasks.comments",
        "tasks.notices",
        "tasks.issues",
        "tasks.deliveries",
        "tasks.lookout",
    )
    beat_schedule = schedule.BEATS
    timezone = "UTC"

    @property
    def broker_url(self) -> str:
        from app.extensions import settings

        if has_app_context():
            return settings().redis_url
        with flask_app().app_context():
            return settings().redis_url


class ContextTask(Task):  # type: ignore[type-arg]
    """Every task runs inside the app: `db.session` and `settings()` are there."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with flask_app().app_context():
            return self.run(*args, **kwargs)


@cache
def flask_app() -> Flask:
    """The app that tasks of this process run in; reads the environment."""
    from app import create_app

    return create_app()


celery = Celery("hebdo", task_cls=ContextTask, set_as_current=True)
celery.config_from_object(Configuration())


_leaving = mmap.mmap(-1, 1)
"""Shared with the children that the node forks, which hear nothing of a stop by themselves."""


@worker_shutting_down.connect
def leave(**_: Any) -> None:
    """In the node: SIGTERM has come."""
    _leaving[0] = 1


def is_leaving() -> bool:
    """In a child, too: begin nothing more."""
    return _leaving[0] == 1


@worker_process_init.connect
def leave_traces(**_: Any) -> None:
    """A fault in a library ends the process without an exception; its stack goes to the log."""
    faulthandler.enable(sys.__stderr__ or sys.stderr)


@worker_process_init.connect
def leave_the_parents_connections(**_: Any) -> None:
    """A forked child must not speak on database connections that its parent opened."""
    from app.extensions import db

    with flask_app().app_context():
        db.engine.dispose(close=False)


@setup_logging.connect
def log_like_the_rest(**_: Any) -> None:
    """Taking this signal keeps Celery from setting up logging of its own."""
    from app import logs
    from app.extensions import settings

    with flask_app().app_context():
        logs.configure(settings())
