"""Objects that exist before an app does: db, csrf, babel, limiter, keys, exchanges …, and the words' `_`."""

from __future__ import annotations

import hmac
import ipaddress
import re

from flask import current_app, request
from flask_babel import Babel, gettext
from flask_babel.speaklater import LazyString
from flask_limiter import Limiter
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from markupsafe import Markup, escape

from app.exchanges import Exchanges
from app.links import Links
from app.models.base import Base
from app.settings import Settings

db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True, compare_type=True)
csrf = CSRFProtect()
babel = Babel()


class Sentence(LazyString):  # type: ignore[misc]
    """A sentence that takes its language when it is shown, and is escaped like any other text.

    Flask-Babel's own calls itself safe HTML, though what people typed may stand in it.
    """

    @property
    def written(self) -> str:
        """As it stands in the code, in English, its places open."""
        return str(self._args[0])

    def __html__(self) -> Markup:
        return escape(str(self))


def _(sentence: str, **values: object) -> Sentence:
    """A sentence for people, in English here; `%(name)s` in it takes its value from `values`."""
    return Sentence(gettext, sentence, **values)


_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def visitor() -> str:
    """Whom limits count: the visitor's address as our own proxies hand it on.

    Some proxies add the port, which is new with every connection. Of IPv6 the /64 counts: within it
    a visitor takes whatever address she likes, a new one each day by default (RFC 8981).
    """
    given = request.remote_addr or ""
    bare = _WITH_PORT.fullmatch(given)
    try:
        found = ipaddress.ip_address(bare[1] or bare[2] if bare else given)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, 64), strict=False).network_address)


limiter = Limiter(visitor, default_limits=[], swallow_errors=True)
# A broker that is away must not shut the door on readers: hence swallow_errors.


class Keys:
    """Keyed hashes of addresses, for suppressions that outlive the person's rows."""

    def __init__(self) -> None:
        self._secrets: tuple[bytes, ...] = ()

    def init_app(self, settings: Settings) -> None:
        secrets = (settings.secret_key, *settings.secret_key_fallbacks)
        self._secrets = tuple(secret.encode() for secret in secrets)

    def hashes(self, address: str) -> list[str]:
        """HMAC-SHA-256, hex, of the address in lower case: by today's secret first, then by older ones."""
        # JSON may hold half a character, of which there is no UTF-8: it is an address like any faulty one.
        name = b"address:" + address.strip().lower().encode("utf-8", "surrogatepass")
        # In one call: 1 µs against 3 for `hmac.new`, once per reader and send.
        return [hmac.digest(secret, name, "sha256").hex() for secret in self._secrets]


keys = Keys()
exchanges = Exchanges()


def settings() -> Settings:
    """The settings of the running app."""
    found: Settings = current_app.extensions["hebdo.settings"]
    return found


def links() -> Links:
    """The maker of tokens and URLs of the running app."""
    found: Links = current_app.extensions["hebdo.links"]
    return found
