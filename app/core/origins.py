"""Origins: the sites that may show a newsletter's form in a frame, and whose scripts may call the API.

None until an editor lists them. What frames us speaks with our name: a site that nobody chose could
surround our form with its own promises, and the proof of consent would tell nothing of them.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from app.core.errors import Invalid
from app.extensions import _, db
from app.models import Newsletter

MOST = 50
LONGEST = 200

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_HERE = frozenset({"localhost", "127.0.0.1"})
"""Hosts of one's own machine, for trying a page out; these alone may do without https."""


def of(newsletter: Newsletter) -> tuple[str, ...]:
    """As browsers send them: scheme, host, port where it is not the usual one."""
    return tuple(newsletter.origins.split())


def keep(newsletter: Newsletter, typed: str) -> None:
    """These from now on, one a line; whole addresses of pages are cut to their origin.

    Raises Invalid with a sentence that names the first that is none.
    """
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    found: dict[str, None] = {}
    for line in lines:
        origin = read(line)
        if not origin:
            raise _refusal(_("“%(typed)s” is no https address of a site.", typed=line[:LONGEST]))
        found[origin] = None
    if len(found) > MOST:
        raise _refusal(_("At most %(most)s sites, please.", most=MOST))
    newsletter.origins = "\n".join(found)
    db.session.flush()


def read(url: str) -> str:
    """The origin of an address (RFC 6454 §6.2); empty when it is not https or has no proper host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host.encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return ""
    is_here = host in _HERE and parts.scheme in {"http", "https"}
    if not is_here and not (parts.scheme == "https" and _HOST.fullmatch(host)):
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def _refusal(sentence: object) -> Invalid:
    return Invalid(sentence, {"origins": sentence})
