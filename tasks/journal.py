"""The journal: what a worker was about to do and what came of it, on this machine's own disk.

Between the final dot and the ledger's commit there is a gap in which a worker may die. One line
before each message and one after it close the gap to the single message that was on the wire:
with ledger writes alone a kill left 302 to 684 messages in doubt, with the journal one a connection
(measured). A line goes into memory that the kernel keeps for the file: it survives kill -9 and costs
1 µs (a `write(2)` gave up the interpreter each time, and waiting for it again took 10). It does not
survive a crash of the whole machine (no fsync), so a journal from before the last boot is not believed.

A journal belongs to one slice of one worker. Its name stands in the `owner` of every batch that the
slice claims; its lock (flock) tells a dead owner from a slow one, and is taken before the first claim.
Lines: `batch subscriber` begun, `batch subscriber [answer]` answered, `batch subscriber -` given back,
`batch subscriber ?` rehearsed (see `tasks.rehearsals`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import mmap
import os
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from emails.values import Answer, Blame, Outcome

log = structlog.get_logger()

FOLDER = "journals"

CHUNK = 1 << 18
"""Bytes by which a journal grows: some 2,500 copies; a multiple of any machine's page."""

YOUNG = 600.0
"""Seconds: an owner locks and claims within a few of making its journal."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a journal tells about a batch: who was begun and not answered, and what was answered."""

    begun: frozenset[int]
    answers: dict[int, Answer]
    rehearsed: int | None = None
    """Whose copy was being tried when the journal ends."""


class Unwritable(OSError):
    """No journal can be begun here, and without one nothing may be claimed."""


class Journal:
    """Open for writing and locked; made by `opened`. Threads may write by turns.

    The file is written through memory that it shares with the kernel (mmap), grown by chunks of zeros.
    A line counts from the moment its first byte stands, which is put there last: what a dying process
    leaves of a line begins with a zero, and reading ends there.

    Its first chunk is there from the beginning, so that a full disk is met before anything is claimed.
    Growing raises OSError when the disk is full by then: the slice ends as if it had been killed, and
    whoever was begun without a line for her answer is in doubt.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._size = 0
        self._chunk = self._grow()
        self._at = 0
        """Where in the chunk the next line begins."""
        self._writing = threading.Lock()

    def begin(self, batch_id: int, subscriber_id: int) -> None:
        """Before the first byte of her copy leaves."""
        self._write(b"%d %d\n" % (batch_id, subscriber_id))

    def end(self, batch_id: int, subscriber_id: int, answer: Answer) -> None:
        """As soon as the relay's answer is known."""
        said = (
            answer.outcome,
            answer.code,
            answer.enhanced,
            answer.text,
            answer.queue_id,
            answer.blame,
        )
        line = json.dumps(said).encode()
        self._write(b"%d %d %b\n" % (batch_id, subscriber_id, line))

    def give_back(self, batch_id: int, subscriber_id: int) -> None:
        """Her copy was not out whole, or was refused on account of us: it is still to do."""
        self._write(b"%d %d -\n" % (batch_id, subscriber_id))

    def rehearse(self, batch_id: int, subscriber_id: int) -> None:
        """Before her copy is tried; `give_back` says that it did no harm."""
        self._write(b"%d %d ?\n" % (batch_id, subscriber_id))

    def _write(self, line: bytes) -> None:
        with self._writing:
            if self._at + len(line) > CHUNK:
                self._turn_over()
            start, self._at = self._at, self._at + len(line)
            self._chunk[start + 1 : self._at] = line[1:]
            self._chunk[start] = line[0]

    def _grow(self) -> mmap.mmap:
        """The next chunk. Its zeros are written, not only asked for: memory of a file for which the disk
        has no room kills who touches it."""
        if os.pwrite(self._descriptor, bytes(CHUNK), self._size) < CHUNK:
            raise OSError(errno.ENOSPC, "the journal cannot grow", str(self.path))
        chunk = mmap.mmap(self._descriptor, CHUNK, offset=self._size)
        self._size += CHUNK
        return chunk

    def _turn_over(self) -> None:
        fresh = self._grow()
        # Empty lines, so that reading goes on into the next chunk.
        self._chunk[self._at :] = b"\n" * (CHUNK - self._at)
        self._chunk.close()
        self._chunk, self._at = fresh, 0

    def close(self) -> None:
        with self._writing:
            self._chunk.close()
            os.close(self._descriptor)

    def discard(self) -> None:
        """All of it is in the ledger: nobody needs to read it again."""
        self.path.unlink(missing_ok=True)


def place(state_dir: Path) -> str:
    """This disk and this boot: the beginning of every owner's name that can be recovered here."""
    return f"{_disk(state_dir)}/{_boot()}/"


@contextlib.contextmanager
def opened(state_dir: Path) -> Iterator[tuple[str, Journal]]:
    """A new journal, locked, with the owner's name that leads to it.

    Raises Unwritable when there can be none: the disk is full, or the folder is not ours.
    """
    try:
        owner, own = place(state_dir), _begun(_folder(state_dir) / uuid.uuid4().hex)
    except OSError as error:
        raise Unwritable(*error.args) from error
    try:
        yield owner + own.path.name, own
    finally:
        own.close()


def _begun(path: Path) -> Journal:
    """A journal with its first chunk; where there is no room for it, nothing of it stays."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with contextlib.ExitStack() as undo:
        undo.callback(path.unlink, missing_ok=True)
        undo.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # A process that was stopped for ten minutes right here has had its journal swept away.
        path.stat()
        own = Journal(path, descriptor)
        undo.pop_all()
        return own


@contextlib.contextmanager
def left_by(state_dir: Path, owner: str) -> Iterator[Path | None]:
    """The journal of an owner that is dead, held so that nobody else takes it at the same time.

    None when it is gone, cannot be opened, or is from another disk or boot. Raises BlockingIOError
    while the owner lives: then its batch is not to be touched, whatever its deadline says.
    """
    path = _folder(state_dir) / owner.rpartition("/")[2]
    if not owner.startswith(place(state_dir)) or not path.is_file():
        yield None
        return
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError as error:
        log.warning("journal.unreadable", path=str(path), why=str(error))
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield path
    finally:
        os.close(descriptor)


def left_alone(state_dir: Path) -> list[str]:
    """The owners of journals here to which nothing was written for `YOUNG`; they may live all the same.

    A journal of an earlier boot bears the name of this one: no batch waits for it under any other,
    since nobody would believe it.
    """
    before = time.time() - YOUNG
    found = []
    for path in _folder(state_dir).iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.name != "disk" and path.stat().st_mtime < before:
                found.append(place(state_dir) + path.name)
    return found


def read(path: Path, batch_id: int) -> Trace:
    """What a journal tells about one batch. A last line without its first byte is no line.

    Raises OSError when the disk does not give it back, ValueError or TypeError when it gives back
    something else: lines that stand behind a hole, too, may name who was begun.
    """
    begun: set[int] = set()
    answers: dict[int, Answer] = {}
    rehearsed = None
    mine = b"%d " % batch_id
    lines, _, last = path.read_bytes().partition(b"\0")
    if lines[-1:] not in (b"", b"\n") or b"\n" in last.rstrip(b"\0\n"):
        raise ValueError("there is a hole in this journal")
    for line in lines.split(b"\n"):
        if not line.startswith(mine):
            continue
        subscriber, _, said = line[len(mine) :].partition(b" ")
        subscriber_id = int(subscriber)
        rehearsed = subscriber_id if said == b"?" else None
        if said:
            begun.discard(subscriber_id)
        else:
            begun.add(subscriber_id)
        if said == b"-":
            answers.pop(subscriber_id, None)
        elif said and said != b"?":
            answers[subscriber_id] = _answer(said)
    return Trace(frozenset(begun), answers, rehearsed)


def has_answers(path: Path) -> bool:
    """Whether its owner had got anywhere before it died. Then it died neither of its edition nor of a
    batch of which it says nothing: that one only waited in its hand."""
    return b" [" in path.read_bytes()


def _answer(said: bytes) -> Answer:
    outcome, code, enhanced, text, queue_id, blame = json.loads(said)
    return Answer(Outcome(outcome), code, enhanced, text, queue_id, Blame(blame))


def _folder(state_dir: Path) -> Path:
    folder = state_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _disk(state_dir: Path) -> str:
    """A name for the disk that holds the journals: a container's host name changes, this does not."""
    path = _folder(state_dir) / "disk"
    if not path.exists():
        fresh = path.with_name(f"disk.{os.getpid()}")
        fresh.write_text(uuid.uuid4().hex, encoding="ascii")
        # link(2) fails when another process was quicker: then its name counts.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()


def _boot() -> str:
    """Changes when the machine starts anew; on macOS, which has no boot id, the time it started."""
    linux = Path("/proc/sys/kernel/random/boot_id")
    if linux.exists():
        return linux.read_text(encoding="ascii").strip()
    import subprocess

    found = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "kern.boottime"], capture_output=True, check=True
    )
    return found.stdout.decode("ascii").split(",")[0].strip("{ ").replace(" ", "")
