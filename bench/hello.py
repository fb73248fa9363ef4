"""A bare Flask page under the very server of `hebdo web`: what a request costs before we do anything.

python -m bench.hello ADDRESS:PORT
"""

from __future__ import annotations

import sys

from flask import Flask

from app import lanes
from app.server import Server

WORKERS, THREADS = 2, lanes.THREADS
"""As `hebdo web` by default."""


class Bare(Server):
    def load(self) -> Flask:
        flask_app = Flask(__name__)

        @flask_app.get("/")
        def hello() -> str:
            return "hello"

        return flask_app


if __name__ == "__main__":
    Bare(sys.argv[1], WORKERS, THREADS).run()
