"""Run the catcher: `python -m app.catcher SMTP_PORT INBOX_PORT`, as `hebdo up` does."""

from __future__ import annotations

import logging
import sys
import threading

from werkzeug.serving import make_server

from app import settings
from app.catcher import pages, postbox
from app.catcher.inbox import Inbox
from app.children import Stop


def run(smtp_port: int, inbox_port: int) -> None:
    """Serve both doors until asked to end."""
    stop = Stop()
    given = settings.load()
    inbox = Inbox(given.state_dir / "inbox")
    mails = postbox.controller(inbox, smtp_port)
    page = make_server(postbox.HOST, inbox_port, pages.create(inbox, given), threaded=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    mails.start()
    threading.Thread(target=page.serve_forever, name="inbox", daemon=True).start()
    while not stop.wait(60):
        continue
    page.shutdown()
    mails.stop()
    inbox.close()


if __name__ == "__main__":
    run(*map(int, sys.argv[1:3]))
