"""Before the first request: the tables, the sample, the first editor. `python -m app.up.preparation`.

A process of its own, so that `hebdo up` itself never opens the database. Says on stdout, as JSON,
what the greeting needs (`app.up.service.Welcome`). Twice changes nothing that somebody made.
"""

from __future__ import annotations

import json
import sys

from flask_migrate import upgrade
from sqlalchemy import select

from app import create_app, logs, settings
from app.extensions import db
from app.models import Newsletter

QUEUES = ("notices", "deliveries")


def run() -> dict[str, str]:
    """Bring the database to where a newcomer can begin."""
    given = settings.load()
    logs.configure(given)
    with create_app(given).app_context():
        upgrade()
        newsletter = db.session.scalar(select(Newsletter.slug).order_by(Newsletter.id))
        ask_for_signs_of_life()
        return {"newsletter": newsletter or "", "editor": "", "password": ""}


def ask_for_signs_of_life() -> None:
    """Each worker answers this first, so that readiness is known now and not at beat's next round."""
    from tasks.celery import celery

    for queue in QUEUES:
        celery.send_task("tasks.lookout.alive", args=[queue], queue=queue, retry=False)


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
