"""What goes into mail and what comes out, as frozen values.

These are the only things the other rooms hand to `emails` and get back from it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class RubricKind(StrEnum):
    """The types of section that a newsletter can have; each has its own frame in mail and on web."""

    LEAD = "lead"
    BRIEFS = "briefs"
    IMAGE = "image"
    INTERVIEWS = "interviews"
    LINKS = "links"
    TEXT = "text"
    SPONSORED = "sponsored"


@dataclass(frozen=True, slots=True)
class Masthead:
    """A newsletter as mail shows it. All URLs are absolute."""

    name: str
    slug: str
    tagline: str
    language: str
    """`fr` or `en`."""
    sender_name: str
    sender_address: str
    reply_to: str
    publisher: str
    """Who is responsible (a person or company)."""
    postal_address: str
    """One or more lines, separated by LF."""
    accent: str
    """`#rrggbb`; only used where its contrast is enough."""
    home_url: str
    """The newsletter's page on the web (sign-up and latest issue)."""
    archive_url: str
    unsubscribe_url: str
    """Ends in the slot `{{token}}`, which each copy fills with its reader's own token."""
    mine_url: str = ""
    """The reader's own page, with the same slot; empty in what was frozen before there was one."""


@dataclass(frozen=True, slots=True)
class Picture:
    url: str
    width: int
    """Pixels of the stored file."""
    height: int
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class StoryText:
    """One entry in a rubric, as typed: `body` is Markdown, everything else is plain text."""

    title: str
    body: str
    link: str = ""
    """An http(s) URL, or empty."""
    link_label: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class RubricText:
    kind: RubricKind
    title: str
    anchor: str
    """Unique within the issue, `[a-z0-9-]+`."""
    stories: tuple[StoryText, ...] = ()
    """A rubric without stories is left out of mail and page."""


@dataclass(frozen=True, slots=True)
class IssueText:
    """An issue, whole, before printing: what the press of *send* freezes and hashes."""

    masthead: Masthead
    number: int
    subject: str
    preheader: str
    dated: dt.date
    """The day printed under the masthead."""
    web_url: str
    """Where the issue stands in the archive once it is out."""
    rubrics: tuple[RubricText, ...] = ()
    reader_url: str = ""
    """The same, as a reader's own copy leads there: ends in the slot `{{token}}`. Empty in issues that
    were frozen before copies had one."""
    own_slots: tuple[str, ...] = ()
    """The names of the newsletter's own questions, which may be typed as slots in this issue."""

    @property
    def own_url(self) -> str:
        """Where *read online* leads from a copy."""
        return self.reader_url or self.web_url

    def url_for(self, token: str) -> str:
        """The same, for the reader whose subscription has this token."""
        return self.own_url.replace("{{token}}", token)


@dataclass(frozen=True, slots=True)
class Print:
    """An issue printed once: subject, preheader, HTML and text, slots still open."""

    subject: str
    html: str
    text: str
    digest: str
    """SHA-256, hex, over subject, html and text: what was approved and what is sent must agree."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """The reader of one copy, and what the slots of the mail are filled with."""

    address: str
    first_name: str
    token: str
    """The signed token of the subscription: URL-safe, stands in every link of the mail."""
    message_id: str
    """Stable for one delivery, without angle brackets: a copy sent again carries the same."""
    return_path: str
    """The envelope sender (VERP when bounces are read, else the plain return address)."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What the newsletter's own slots are filled with, by name; the fallback where it has none."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message ready for the wire: `data` is CRLF-only, not yet dot-stuffed, ends with CRLF."""

    mail_from: str
    rcpt_to: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to one person about their own affairs, composed; slots are all filled."""

    subject: str
    html: str
    text: str


class Outcome(StrEnum):
    """What became of one message, from the sender's side of the SMTP session."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    """The line broke after the final dot and before the answer."""


class Blame(StrEnum):
    """Whom a refusal concerns: this reader, this message, or us (then nobody else is tried)."""

    READER = "reader"
    MESSAGE = "message"
    UNCLEAR = "unclear"
    """This reader or us: one alone does not tell, many in a row do."""
    US = "us"


@dataclass(frozen=True, slots=True)
class Answer:
    """The relay's truth about one message. `code` is 0 when there was no answer at all."""

    outcome: Outcome
    code: int = 0
    enhanced: str = ""
    """The RFC 3463 code, such as `5.1.1`, or empty."""
    text: str = ""
    """What the relay said, ≤ 500 characters, control characters replaced."""
    queue_id: str = ""
    blame: Blame = Blame.READER


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over; read from `HEBDO_SMTP_URL`."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "none"
    """`none`, `starttls` or `implicit`."""
    timeout: float = 600.0
    """Seconds to wait for the answer to the final dot (RFC 5321 §4.5.3.2.6 asks for ten minutes)."""
    ca_file: str = ""
    """PEM file of the authority to trust instead of the system's; for relays with a private one."""
