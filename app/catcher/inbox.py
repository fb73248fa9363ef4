"""The mails that were caught: a file each, an index in memory and beside them, the newest kept."""

from __future__ import annotations

import datetime as dt
import email.header
import email.parser
import email.policy
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LIMIT = 5_000
"""Mails: a rehearsal with 5,000 readers fits, and 300 MB are the most it costs."""


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail as the list shows it."""

    id: int
    at: str
    """ISO 8601, UTC."""
    mail_from: str
    rcpt_to: tuple[str, ...]
    sender: str
    to: str
    subject: str
    size: int
    """Bytes."""

    def mentions(self, words: Sequence[str]) -> bool:
        """Whether each of these words, in lower case, stands in an address or the subject."""
        text = " ".join((self.mail_from, *self.rcpt_to, self.sender, self.to, self.subject)).lower()
        return all(word in text for word in words)


class Inbox:
    """Keeps what it is given, also over a restart. Safe to use from several threads."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = folder
        self.limit = limit
        self._lock = threading.Lock()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._index = folder / "index.jsonl"
        self._mails: OrderedDict[int, Caught] = OrderedDict(
            (mail.id, mail) for mail in self._remembered()
        )
        self._last = max(self._mails, default=0)
        self._shorten()
        self._compact()
        self._written = self._index.open("a", encoding="utf-8")

    def close(self) -> None:
        self._written.close()

    def keep(self, mail_from: str, rcpt_to: Sequence[str], data: bytes) -> Caught:
        """Keep one mail as it came; the oldest goes when there are too many."""
        headers = _headers(data)
        with self._lock:
            self._last += 1
            mail = Caught(
                id=self._last,
                at=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
                mail_from=mail_from,
                rcpt_to=tuple(rcpt_to),
                sender=_words(headers.get("From", "")),
                to=_words(headers.get("To", "")),
                subject=_words(headers.get("Subject", "")),
                size=len(data),
            )
            self._file(mail.id).write_bytes(data)
            self._written.write(_line(mail))
            self._written.flush()
            self._mails[mail.id] = mail
            self._shorten()
        return mail

    def search(self, typed: str = "") -> list[Caught]:
        """The mails that mention all the words typed, newest first."""
        words = typed.lower().split()
        with self._lock:
            mails = list(reversed(self._mails.values()))
        return [mail for mail in mails if mail.mentions(words)]

    def let_go(self) -> int:
        """How many came and are kept no more."""
        with self._lock:
            return self._last - len(self._mails)

    def find(self, mail_id: int) -> tuple[Caught, bytes] | None:
        """A mail and its bytes, as they came over the wire."""
        with self._lock:
            mail = self._mails.get(mail_id)
            return (mail, self._file(mail_id).read_bytes()) if mail else None

    def _file(self, mail_id: int) -> Path:
        return self.folder / f"{mail_id:08d}.eml"

    def _remembered(self) -> Iterator[Caught]:
        if not self._index.exists():
            return
        for line in self._index.read_text(encoding="utf-8").split("\n"):
            try:
                kept = json.loads(line)
            except json.JSONDecodeError:
                # The last line of a catcher that was killed while writing; its mail goes with it.
                continue
            if isinstance(kept, dict) and self._file(kept["id"]).exists():
                yield Caught(**{**kept, "rcpt_to": tuple(kept["rcpt_to"])})

    def _shorten(self) -> None:
        while len(self._mails) > self.limit:
            oldest, _mail = self._mails.popitem(last=False)
            self._file(oldest).unlink(missing_ok=True)

    def _compact(self) -> None:
        fresh = self._index.with_suffix(".new")
        fresh.write_text("".join(map(_line, self._mails.values())), encoding="utf-8")
        fresh.replace(self._index)


def _line(mail: Caught) -> str:
    return json.dumps(asdict(mail), ensure_ascii=False) + "\n"


def _headers(data: bytes) -> email.message.Message:
    """Only the headers, by the quick parser: 0.1 ms a mail. Bare UTF-8 in them is read as such."""
    top = data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace") + "\r\n\r\n"
    return email.parser.HeaderParser(policy=email.policy.compat32).parsestr(top)


def _words(value: object) -> str:
    """A header as people read it (RFC 2047 undone)."""
    try:
        return str(email.header.make_header(email.header.decode_header(str(value))))
    except (UnicodeError, LookupError, email.errors.HeaderParseError):
        return str(value)
