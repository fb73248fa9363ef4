"""Every setting, typed, read once from the environment; all that is wrong is said at once.

What `hebdo up` made for this installation (secrets, ports of its own broker and catcher) stands in
`var/state.json`, mode 0600, below the environment and above the defaults: a second terminal works.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from emails.errors import UnfitKey
from emails.values import Relay

if TYPE_CHECKING:
    from emails.dkim import Signer

STATE_FILE = "state.json"

REQUIRED = ("HEBDO_SECRET_KEY", "HEBDO_BASE_URL", "HEBDO_SMTP_URL", "HEBDO_MAIL_FROM", "REDIS_URL")


class SettingsError(Exception):
    """Settings are missing or wrong; the message names every one, a line each."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What this installation was told. One instance per process, made by `load`."""

    secret_key: str = field(repr=False)
    base_url: str
    """Scheme, host and port that readers see; no slash at the end."""
    relay: Relay
    mail_from: str
    """Sender of what the desk itself writes (password resets, invitations)."""
    redis_url: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    """Older secrets: they still open links, they sign nothing."""
    database_url: str = field(default="sqlite:///var/hebdo.sqlite", repr=False)
    state_dir: Path = Path("var")
    media_dir: Path = Path("var/media")
    trusted_proxies: int = 0
    """How many proxies of ours stand in front; limits then see the visitor."""
    connections: int = 10
    """Sessions to the relay that one sending slot may open."""
    sessions: int = 0
    """Sessions to the relay that all sending slots together may open; 0: each its `connections`."""
    rate: int = 0
    """Messages a second that they together may hand over; 0: as fast as the relay takes them."""
    return_address: str = ""
    """Envelope sender, where bounces come back; empty: the newsletter's own address."""
    signer: Signer | None = None
    """Signs every mail for its sender's domain; None: that is the relay's business."""
    inbox_url: str = ""
    """The catcher's page, only under `hebdo up`."""
    dns: str = ""
    """Whom to ask in the DNS: empty the system's name servers, `off` nobody, or `host[:port]`."""
    form_seconds: float = 2.0
    """A sign-up form that comes back sooner was hardly filled by a person; 0: any may come."""
    metrics_token: str = field(default="", repr=False)
    """What who asks for `/metrics` must bring; empty: there is no such page."""
    log_format: str = "json"
    """`json`, or `lines` for people."""
    log_level: str = "INFO"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment over the state file over the defaults; raise naming all that is wrong."""
    environ = os.environ if environ is None else environ
    state_dir = Path(environ.get("HEBDO_STATE_DIR") or "var").absolute()
    known = {**read_state(state_dir), **{key: value for key, value in environ.items() if value}}
    wrong = [
        f"{name} is not set ({why})" for name, why in _why_required().items() if not known.get(name)
    ]
    found = _Reading(known, wrong)
    settings = _settings(found, state_dir)
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def read_state(state_dir: Path) -> dict[str, str]:
    """What `hebdo up` left for the other commands; empty when it never ran here."""
    try:
        return dict(json.loads((state_dir / STATE_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _why_required() -> dict[str, str]:
    return {
        "HEBDO_SECRET_KEY": "signs sessions and links; make one with: openssl rand -hex 32",
        "HEBDO_BASE_URL": "the address readers see, such as https://letters.example.org",
        "HEBDO_SMTP_URL": "the relay, such as smtp://user:password@host:587?tls=starttls",
        "HEBDO_MAIL_FROM": "the address the desk writes from, such as desk@example.org",
        "REDIS_URL": "the broker, such as redis://:password@host:6379/0",
    }


class _Reading:
    """Casts at the edge; what does not fit is noted, not raised, so that all is told at once."""

    def __init__(self, known: Mapping[str, str], wrong: list[str]) -> None:
        self.known = known
        self.wrong = wrong

    def text(self, name: str, default: str = "", *, pattern: str = ".*", meant: str = "") -> str:
        value = self.known.get(name, default)
        if value and not re.fullmatch(pattern, value):
            # A URL may hold a password, which has no business in a terminal or a log.
            shown = re.sub(r"://[^@/]*@", "://...@", value)
            self.wrong.append(f"{name} is {shown!r}, but must be {meant}")
        return value

    def whole(self, name: str, default: int) -> int:
        value = self.known.get(name, "")
        if value and not value.isdecimal():
            self.wrong.append(f"{name} is {value!r}, but must be a whole number")
            return default
        return int(value) if value else default


def _settings(found: _Reading, state_dir: Path) -> Settings:
    secret = found.text("HEBDO_SECRET_KEY")
    if secret and len(secret) < 32:
        found.wrong.append("HEBDO_SECRET_KEY is too short: at least 32 characters")
    media = found.text("HEBDO_MEDIA_DIR")
    return Settings(
        secret_key=secret,
        secret_key_fallbacks=tuple(
            found.text("HEBDO_SECRET_KEY_FALLBACKS").replace(",", " ").split()
        ),
        base_url=found.text(
            "HEBDO_BASE_URL",
            pattern=r"https?://[^\s/]+/?",
            meant="like https://letters.example.org",
        ).rstrip("/"),
        relay=_relay(found),
        mail_from=found.text("HEBDO_MAIL_FROM", pattern=r"[^\s@<>]+@[^\s@<>]+", meant="an address"),
        redis_url=found.text(
            "REDIS_URL", pattern=r"rediss?://\S+", meant="like redis://:password@host:6379/0"
        ),
        database_url=_database_url(found, state_dir),
        state_dir=state_dir,
        media_dir=Path(media).absolute() if media else state_dir / "media",
        trusted_proxies=found.whole("HEBDO_TRUSTED_PROXIES", 0),
        connections=max(1, found.whole("HEBDO_SMTP_CONNECTIONS", 10)),
        sessions=found.whole("HEBDO_SMTP_SESSIONS", 0),
        rate=found.whole("HEBDO_SMTP_RATE", 0),
        return_address=found.text("HEBDO_RETURN_ADDRESS"),
        signer=_signer(found),
        inbox_url=found.text("HEBDO_INBOX_URL"),
        dns=found.text(
            "HEBDO_DNS",
            pattern=r"off|\d+(\.\d+){3}(:\d+)?",
            meant="off, or a name server such as 192.0.2.53",
        ),
        metrics_token=_metrics_token(found),
        form_seconds=float(found.whole("HEBDO_FORM_SECONDS", 2)),
        log_format=found.text(
            "HEBDO_LOG_FORMAT", "json", pattern="json|lines", meant="json or lines"
        ),
        log_level=found.text(
            "HEBDO_LOG_LEVEL",
            "INFO",
            pattern="(?i)debug|info|warning|error",
            meant="DEBUG, INFO, WARNING or ERROR",
        ).upper(),
    )


def _metrics_token(found: _Reading) -> str:
    token = found.text("HEBDO_METRICS_TOKEN")
    if token and not re.fullmatch("[!-~]{16,}", token):
        # What is nearly a secret is not shown.
        found.wrong.append(
            "HEBDO_METRICS_TOKEN must have 16 characters or more, and no blanks;"
            " make one with: openssl rand -hex 32"
        )
    return token


def _database_url(found: _Reading, state_dir: Path) -> str:
    url = found.text(
        "HEBDO_DATABASE_URL",
        pattern=r"(sqlite|postgres(ql)?(\+psycopg)?)://\S*",
        meant="like postgresql://user:password@host/name",
    )
    if not url:
        return f"sqlite:///{state_dir / 'hebdo.sqlite'}"
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _relay(found: _Reading) -> Relay:
    """Read `smtp://user:pass@host:port?tls=starttls|implicit|none` (no port: 25, 587 or 465)."""
    url = found.text("HEBDO_SMTP_URL")
    parts = urlsplit(url)
    options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    tls = options.get("tls", "none")
    if url and (parts.scheme != "smtp" or not parts.hostname):
        found.wrong.append(
            "HEBDO_SMTP_URL must look like smtp://user:password@host:587?tls=starttls"
        )
    if tls not in {"none", "starttls", "implicit"}:
        found.wrong.append(
            f"HEBDO_SMTP_URL has tls={tls}, but must have none, starttls or implicit"
        )
    return Relay(
        host=parts.hostname or "",
        port=_port(found, parts) or {"none": 25, "starttls": 587, "implicit": 465}.get(tls, 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )


def _signer(found: _Reading) -> Signer | None:
    """The DKIM key and its name in the DNS: both or neither, and a key that receivers accept."""
    label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    selector = found.text(
        "HEBDO_DKIM_SELECTOR", pattern=rf"{label}(?:\.{label})*", meant="a name such as hebdo1"
    )
    file = found.text("HEBDO_DKIM_KEY_FILE")
    if not selector and not file:
        return None
    if not selector or not file:
        missing = "HEBDO_DKIM_KEY_FILE" if selector else "HEBDO_DKIM_SELECTOR"
        found.wrong.append(f"{missing} is not set (signing needs a selector and a key file)")
        return None
    # Cryptography takes a while to load, and most commands sign nothing.
    from emails import dkim

    try:
        return dkim.Signer(selector, dkim.read_key(Path(file).read_bytes()))
    except OSError as odd:
        found.wrong.append(f"HEBDO_DKIM_KEY_FILE is {file!r}, which cannot be read: {odd.strerror}")
    except UnfitKey as odd:
        found.wrong.append(f"HEBDO_DKIM_KEY_FILE is {file!r}, which {odd}")
    return None


def _port(found: _Reading, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        found.wrong.append("HEBDO_SMTP_URL has a port that is no number from 0 to 65535")
        return None
