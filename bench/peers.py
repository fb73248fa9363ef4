"""The other senders, which get the same bytes to send: Postfix's smtp-source (C), and smtplib.

    python -m bench.peers PORT MESSAGE COUNT SESSIONS      (smtplib; prints the seconds it took)

smtp-source keeps its connections (`-d`): without it, each message pays for a connection of its own,
and it is three times slower than it can be (`engine --connection-each` measures that, too).
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench import parts

SENDER, READER = "bench@hebdo.invalid", "reader@readers.invalid"


def smtp_source(port: int, message: Path, count: int, sessions: int, *, keep: bool = True) -> float:
    """Messages a second."""
    command = [
        parts.program("smtp-source", parts.POSTFIX), *(["-d"] if keep else []),
        "-s", str(sessions), "-m", str(count), "-F", str(message),
        "-f", SENDER, "-t", READER, f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.monotonic()
    subprocess.run(command, check=True, timeout=900)
    return count / (time.monotonic() - began)


def by_smtplib(port: int, message: Path, count: int, sessions: int) -> float:
    """Messages a second: bytes prepared once, a thread and a kept connection for each session."""
    command = [sys.executable, "-m", "bench.peers", str(port), str(message), str(count)]
    done = subprocess.run(
        [*command, str(sessions)], cwd=parts.ROOT, check=True, capture_output=True, text=True
    )
    return count / float(done.stdout)


def send(port: int, message: bytes, numbers: Iterator[int]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as session:
        session.ehlo()
        for _number in numbers:
            session.sendmail(SENDER, READER, message)


def shared(count: int) -> Iterator[int]:
    """Numbers that several threads take from: each but once (the iterator of a range is one step of C)."""
    return iter(range(count))


def main() -> None:
    port, path, count, sessions = sys.argv[1:]
    message = Path(path).read_bytes().replace(b"\n", b"\r\n")
    numbers = shared(int(count))
    threads = [
        threading.Thread(target=send, args=[int(port), message, numbers])
        for _ in range(int(sessions))
    ]
    began = time.monotonic()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    print(time.monotonic() - began)


if __name__ == "__main__":
    main()
