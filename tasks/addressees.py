"""From a reader's row to the addressee of one copy (her token, her Message-ID, the return path), and to
the skeleton that she wants it made of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from app.core import editions, preferences
from app.core.audiences import Reader
from app.extensions import links, settings
from app.links import Links
from app.models import Edition
from emails import compose
from emails.skeletons import Skeleton
from emails.values import Addressee, Print


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Addresses the copies of one edition."""

    edition_id: int
    return_path: str
    host: str
    links: Links
    choosable: frozenset[str] = frozenset()
    """The anchors of the edition's rubrics that a reader may do without."""
    tells_details: bool = True
    """Whether its mail has slots for what readers answered to the newsletter's own questions."""
    variants: dict[tuple[str, bool], Skeleton | None] = field(default_factory=dict, compare=False)
    """Cut once a slice for each wish that occurs in it (50 µs)."""

    def skeleton(self, whole: Skeleton, reader: Reader) -> Skeleton | None:
        """What her copy is made of: the whole, or the same bytes without what she does not want.

        None when she has hidden all there is in this issue: an advertisement alone is no issue.
        """
        if not reader.hidden and not reader.text_only:
            return whole
        wish = (reader.hidden, reader.text_only)
        if wish not in self.variants:
            hidden = self.choosable.intersection(reader.hidden.split())
            nothing_left = bool(hidden) and hidden == self.choosable
            self.variants[wish] = (
                None if nothing_left else whole.variant(hidden, text_only=reader.text_only)
            )
        return self.variants[wish]

    def addressee(self, reader: Reader) -> Addressee:
        return Addressee(
            address=reader.address,
            first_name=reader.first_name,
            token=self.links.subscription_token(reader.subscription_id),
            message_id=f"edition-{self.edition_id}.{reader.subscriber_id}@{self.host}",
            return_path=self.return_path,
            details=reader.details,
        )


def skeleton(edition: Edition) -> Skeleton:
    """An edition's skeleton, compiled once per process (80 ms for 60 KB)."""
    printed = Print(edition.subject, edition.html, edition.text, edition.digest)
    return _compiled(printed, edition.source, edition.ordered_at)


@lru_cache(maxsize=4)
def _compiled(printed: Print, source: str, ordered_at: dt.datetime) -> Skeleton:
    return compose.compile_issue(printed, editions.thaw(source).masthead, ordered_at)


def letterbox(edition: Edition) -> Letterbox:
    issue = editions.thaw(edition.source)
    return Letterbox(
        edition.id,
        return_path(issue.masthead.sender_address),
        message_host(),
        links(),
        choosable=preferences.choosable(issue.rubrics),
        tells_details=bool(issue.own_slots),
    )


def return_path(sender_address: str) -> str:
    """Where bounces come back: our own return address when one is set, else the sender's."""
    return settings().return_address or sender_address


def message_host() -> str:
    """The right side of every Message-ID."""
    return urlsplit(settings().base_url).hostname or "localhost"
