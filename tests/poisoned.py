"""A sending node of which one reader's copy kills the process that makes it, as a fault in a library
would: `python -m tests.poisoned reader-7@readers.invalid`. No trace, no exception, no clean-up."""

from __future__ import annotations

import os
import signal
import sys

from app.core.audiences import Reader
from emails.values import Addressee
from tasks.addressees import Letterbox
from tasks.celery import celery


def run(deadly: str) -> None:
    sound = Letterbox.addressee

    def addressee(letterbox: Letterbox, reader: Reader) -> Addressee:
        if reader.address == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return sound(letterbox, reader)

    Letterbox.addressee = addressee  # type: ignore[method-assign]
    celery.worker_main(
        ["--quiet", "worker", "-Q", "deliveries", "-c", "1", "--without-gossip", "--without-mingle"]
    )


if __name__ == "__main__":
    run(sys.argv[1])
