"""From a reader's row to the addressee of one copy: her token, her Message-ID, the return path."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core import editions
from app.core.audiences import Reader
from app.extensions import links, settings
from app.links import Links
from app.models import Edition
from emails.values import Addressee


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Addresses the copies of one edition."""

    edition_id: int
    return_path: str
    host: str
    links: Links

    def addressee(self, reader: Reader) -> Addressee:
        return Addressee(
            address=reader.address,
            first_name=reader.first_name,
            token=self.links.subscription_token(reader.subscription_id),
            message_id=f"edition-{self.edition_id}.{reader.subscriber_id}@{self.host}",
            return_path=self.return_path,
        )


def letterbox(edition: Edition) -> Letterbox:
    masthead = editions.thaw(edition.source).masthead
    return Letterbox(edition.id, return_path(masthead.sender_address), message_host(), links())


def return_path(sender_address: str) -> str:
    """Where bounces come back: our own return address when one is set, else the sender's."""
    return settings().return_address or sender_address


def message_host() -> str:
    """The right side of every Message-ID."""
    return urlsplit(settings().base_url).hostname or "localhost"
