"""gunicorn with our app, our logs and no files of its own outside the state directory."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from app import create_app, lanes, logs, settings

GRACE = 8
"""Seconds that a request under way may take once we are asked to end."""

RINGING = ("tasks.celery", "celery.app.amqp", "kombu.transport.redis")
"""What a bell needs, loaded before the first visitor: the ringer's thread would load it beside her."""


class OurLogger(Logger):  # type: ignore[misc]
    """gunicorn's words through our door; `app.logs` writes the line of each request itself."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.handlers[:] = []
        self.access_log.disabled = True

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: the path of a request may hold a reader's token."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """What even the page of errors broke over, with its trace and without that path."""
        super().exception(str(msg).partition(" %s")[0], **kwargs)


class Server(BaseApplication):  # type: ignore[misc]
    """Serves one installation; each of its processes makes the app anew, so that none shares a line."""

    def __init__(self, bind: str, workers: int, threads: int) -> None:
        self.given: dict[str, Any] = {
            "bind": bind,
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "graceful_timeout": GRACE,
            "timeout": 30,
            "logger_class": OurLogger,
            "control_socket_disable": True,
            # Behind a proxy that speaks for visitors, `HEBDO_TRUSTED_PROXIES` decides, not gunicorn.
            "forwarded_allow_ips": "",
            "proc_name": "hebdo-web",
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.given.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        for name in RINGING:
            import_module(name)
        flask_app = create_app()
        lanes.register(flask_app, self.given["threads"])
        return flask_app


def run(bind: str, workers: int, threads: int) -> None:
    """Serve until SIGTERM. Wrong settings are told before the port is taken."""
    logs.configure(settings.load())
    Server(bind, workers, threads).run()
