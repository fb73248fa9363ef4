"""Logs: one JSON object a line on stderr, or lines for people; each carries the id of its request.

What other libraries log (gunicorn, Celery, Alembic) goes through the same door. Whoever posts a
notice binds its number (`structlog.contextvars.bound_contextvars`); lines about a send name its edition or
batch. Addresses, tokens and paths with tokens in them are not logged: a request is named by its rule, and of
what broke neither the variables nor what a statement was given (`hide_parameters` in `app/database.py`).
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor, WrappedLogger

from app.settings import Settings

QUIET = (
    "kombu",
    "amqp",
    "mail.log",
    "alembic.runtime.plugins",
    "celery.beat",
    "celery.worker",
    "celery.app.trace",
)
"""Libraries whose INFO says nothing to an operator; their warnings are heard."""

UNWATCHED = frozenset({"static", "api.healthz", "api.readyz"})
"""Endpoints too frequent and too dull for a line each."""

VALUES = re.compile(r"(?:\n|\\n)(?:DETAIL|CONTEXT): .*?(?=\\n|$)", flags=re.M)
"""Where PostgreSQL repeats the row that it is about: Key (address)=(…) already exists. Celery writes some
errors as their repr, whose lines end in a backslash and an n."""

log = structlog.get_logger()


def configure(settings: Settings, level: str | None = None) -> None:
    """Set up this process. Twice is the same as once."""
    shared = _shared()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    door = logging.StreamHandler(sys.stderr)
    door.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_ending(settings.log_format)
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [door]
    root.setLevel(level or settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def register(flask_app: Flask) -> None:
    """One line per request, when it has been answered; what broke, with its trace."""
    flask_app.after_request(log_request)
    flask_app.log_exception = log_exception  # type: ignore[method-assign]


def log_request(response: Response) -> Response:
    if request.endpoint in UNWATCHED:
        return response
    log.info(
        "request",
        method=request.method,
        rule=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.monotonic() - g.arrived_at) * 1000, 1),
    )
    return response


def log_exception(exc_info: Any) -> None:
    """In place of Flask's own, which names the path."""
    rule = request.url_rule.rule if request.url_rule else None
    log.error(f"Exception on {rule} [{request.method}]", exc_info=exc_info)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _name_task,
    ]


def _ending(log_format: str) -> list[Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    rendered: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if log_format == "lines":
        # Its own traces show each function's variables, tokens and addresses among them.
        plain = structlog.dev.plain_traceback
        rendered = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=plain
        )
    return [strip, structlog.processors.format_exc_info, _without_values, rendered]


def _without_values(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    for name, said in event.items():
        if isinstance(said, str):
            event[name] = VALUES.sub("", said)
    return event


def _name_task(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Inside a Celery task, say which run of it speaks."""
    task = _current_task()
    if task is not None and task.request.id:
        event.setdefault("task_id", task.request.id)
        event.setdefault("task", task.name)
    return event


def _current_task() -> Any:
    """None outside Celery; a process that never loaded it does not load it to log a line.

    While another thread loads it, the module is there and half empty.
    """
    asked = getattr(sys.modules.get("celery._state"), "get_current_task", None)
    return asked() if asked is not None else None
