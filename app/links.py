"""Signed tokens and absolute URLs; the only place that makes either.

Two kinds of token. A *subscription token* is the subscription's number and 128 bits of HMAC-SHA-256
over it: one serves every link of every mail to that reader, it never expires, and making it takes
2 µs where an itsdangerous dump takes 24 (it is made once per copy). A *timed token* (confirmation,
password) is itsdangerous, bound to its purpose by the salt, and carries when it was made.

Older secrets (`HEBDO_SECRET_KEY_FALLBACKS`) still open what they signed; only the first signs.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadData, URLSafeTimedSerializer

from app.settings import Settings


class Purpose(StrEnum):
    """What a timed token is good for; one made for one purpose opens no other door."""

    CONFIRM = "confirm"
    FORM = "form"
    EMBED = "embed"
    """One newsletter's form in a frame, as it was shown on one site."""
    REACTION = "reaction"
    """One form of comments, as it was shown to one visitor."""
    COMMENT = "comment"
    """Its author's hand on a comment."""
    MINE = "mine"
    """A subscriber's own page, with all that is hers."""
    ADDRESS = "address"
    """The yes of a new address."""
    STAY = "stay"
    """The no of the old one."""
    PASSWORD = "password"  # noqa: S105 - a purpose, not a password
    PASS = "pass"  # noqa: S105 - a purpose, not a password


FOR_EVER = 24 * 365 * 100.0
"""Hours: for tokens that do not expire."""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads tokens and URLs for one installation."""

    settings: Settings

    def subscription_token(self, subscription_id: int) -> str:
        """URL-safe, 22 characters and the number; the same every time."""
        return f"{subscription_id}-{_mac(self.settings.secret_key, subscription_id)}"

    def read_subscription_token(self, token: str) -> int | None:
        """The subscription's number, or None when none of our secrets made this token."""
        number, _, mac = token.partition("-")
        if not (number.isascii() and number.isdecimal() and len(number) <= 18 and mac.isascii()):
            return None
        for secret in self._secrets():
            if hmac.compare_digest(_mac(secret, int(number)), mac):
                return int(number)
        return None

    def timed_token(self, purpose: Purpose, value: str) -> str:
        return str(self._serializer(purpose).dumps(value))

    def read_timed_token(self, purpose: Purpose, token: str, hours: float) -> str | None:
        """The value, or None when the token is not ours, for another purpose, or too old."""
        age = dt.timedelta(hours=hours).total_seconds()
        try:
            return str(self._serializer(purpose).loads(token, max_age=int(age)))
        except BadData:
            return None

    def url(self, path: str) -> str:
        """`path` begins with a slash."""
        return self.settings.base_url + path

    def home(self, slug: str) -> str:
        return self.url(f"/newsletters/{slug}")

    def archive(self, slug: str) -> str:
        return self.url(f"/archive/{slug}")

    def year(self, slug: str, year: int) -> str:
        return self.url(f"/archive/{slug}/year/{year}")

    def issue(self, slug: str, number: int) -> str:
        return self.url(f"/archive/{slug}/{number}")

    def reader_slot(self, slug: str, number: int) -> str:
        """An issue's page by the mail's own link, which shows that its reader subscribes."""
        return self.issue(slug, number) + "/for/{{token}}"

    def media(self, name: str) -> str:
        return self.url(f"/media/{name}")

    def unsubscribe(self, token: str) -> str:
        return self.url(f"/unsubscribe/{token}")

    def unsubscribe_slot(self) -> str:
        """The same for every reader of an edition: each copy fills the slot with its own token."""
        return self.unsubscribe("{{token}}")

    def mine(self, token: str) -> str:
        return self.url(f"/mine/{token}")

    def mine_slot(self) -> str:
        return self.mine("{{token}}")

    def fresh_mine(self, subscriber_id: int, seal: str) -> str:
        """Her page with all that the address alone may see; `seal` is what it stands or falls with."""
        return self.mine(self.timed_token(Purpose.MINE, f"{subscriber_id}.{seal}"))

    def new_address(self, change_id: int) -> str:
        return self.url(f"/mine/address/{self.timed_token(Purpose.ADDRESS, str(change_id))}")

    def old_address(self, change_id: int) -> str:
        return self.url(f"/mine/stay/{self.timed_token(Purpose.STAY, str(change_id))}")

    def confirm(self, *subscription_ids: int) -> str:
        """One link for all that were asked for together."""
        value = ".".join(map(str, subscription_ids))
        return self.url(f"/confirm/{self.timed_token(Purpose.CONFIRM, value)}")

    def comment(self, slug: str, number: int, comment_id: int) -> str:
        """Where a comment stands on its issue's page."""
        return f"{self.issue(slug, number)}#comment-{comment_id}"

    def own_comment(self, comment_id: int) -> str:
        """For its author alone: see it, take it back. It never expires."""
        return self.url(f"/comments/{self.timed_token(Purpose.COMMENT, str(comment_id))}")

    def quiet_comment(self, comment_id: int) -> str:
        """For its author alone: no more word of answers to it. It never expires."""
        return f"{self.own_comment(comment_id)}/quiet"

    def read_comment_token(self, token: str) -> int | None:
        """The comment's number, or None when none of our secrets made this token."""
        value = self.read_timed_token(Purpose.COMMENT, token, FOR_EVER)
        return int(value) if value else None

    def password(self, editor_id: int, stamp: int) -> str:
        """Good for one change: the change moves the editor's stamp, and the link is spent."""
        token = self.timed_token(Purpose.PASSWORD, f"{editor_id}.{stamp}")
        return self.url(f"/editor/password/{token}")

    def _secrets(self) -> tuple[str, ...]:
        return (self.settings.secret_key, *self.settings.secret_key_fallbacks)

    def _serializer(self, purpose: Purpose) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            list(reversed(self._secrets())),
            salt=f"hebdo.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256},
        )


def _mac(secret: str, number: int) -> str:
    digest = hmac.digest(secret.encode(), b"subscription:%d" % number, "sha256")[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
