"""Run the catcher: `python -m app.catcher SMTP_PORT INBOX_PORT`, as `hebdo up` does."""

from __future__ import annotations

import logging
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import make_server

from app import settings
from app.catcher import pages
from app.catcher.inbox import Inbox
from app.children import Stop

HOST = "127.0.0.1"


class Catch:
    """Takes whatever comes and says 250 only once it is on disk."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        data = envelope.content if isinstance(envelope.content, bytes) else b""
        caught = self.inbox.keep(envelope.mail_from or "", envelope.rcpt_tos, data)
        return f"250 2.0.0 Ok: queued as {caught.id:08d}"


def run(smtp_port: int, inbox_port: int) -> None:
    """Serve both doors until asked to end."""
    stop = Stop()
    given = settings.load()
    inbox = Inbox(given.state_dir / "inbox")
    mails = Controller(
        Catch(inbox), HOST, smtp_port, server_hostname="catcher.invalid", enable_SMTPUTF8=True
    )
    page = make_server(HOST, inbox_port, pages.create(inbox, given), threaded=True)
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
