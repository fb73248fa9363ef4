"""Before the first request: the tables, the sample, the first editor. `python -m app.up.preparation`.

A process of its own, so that `hebdo up` itself never opens the database. Says on stdout, as JSON,
what the greeting needs (`app.up.service.Welcome`). Twice changes nothing that somebody made.
"""

from __future__ import annotations

import json
import sys

from flask_migrate import upgrade

from app import create_app, logs, settings
from app.cli.editors import new_password
from app.core import editors, installations, newsletters, samples
from app.extensions import db
from app.models import Editor, Role

FIRST_EDITOR = "redaction@essentiel-ia.invalid"

QUEUES = ("notices", "deliveries")


def run() -> dict[str, str | bool]:
    """Bring the database to where a newcomer can begin; what the greeting tells her."""
    given = settings.load()
    logs.configure(given)
    with create_app(given).app_context():
        upgrade()
        if given.inbox_url and not newsletters.listing():
            # Its readers exist nowhere: only where all mail is caught may they be written to.
            samples.plant(given.media_dir)
        editor, password = first_editor()
        db.session.commit()
        ask_for_signs_of_life()
        known = newsletters.listing()
        return {
            "newsletter": known[0].slug if known else "",
            "editor": editor.address if editor else "",
            "password": password,
            "is_held": installations.is_held(),
        }


def first_editor() -> tuple[Editor | None, str]:
    """The editor we made; with her password only when she was made now, for it is kept nowhere.

    None where others have been added and ours removed: there is nobody to tell of.
    """
    editor = editors.find(FIRST_EDITOR)
    if editor is not None or editors.listing():
        return editor, ""
    password = new_password()
    return editors.add(FIRST_EDITOR, "La rédaction", Role.ADMIN, password), password


def ask_for_signs_of_life() -> None:
    """Each worker answers this first, so that readiness is known now and not at beat's next round."""
    from tasks.celery import celery

    for queue in QUEUES:
        celery.send_task("tasks.lookout.alive", args=[queue], queue=queue, retry=False)


if __name__ == "__main__":
    json.dump(run(), sys.stdout)
