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
from urllib.parse import unquote

from app.readings import SIGNS, Reading, split
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
    found = Reading(known, wrong)
    settings = _settings(found, state_dir)
    if wrong:
        raise SettingsError("\n".join(wrong))
    return settings


def read_state(state_dir: Path) -> dict[str, str]:
    """What `hebdo up` left for the other commands; empty when it never ran here."""
    file = state_dir / STATE_FILE
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as odd:
        raise SettingsError(
            f"{file} cannot be read: {odd.strerror}. Call hebdo as the user whose file it is, or name"
            " another folder in HEBDO_STATE_DIR."
        ) from odd
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(each, str) for each in kept.values()):
        raise SettingsError(
            f"{file} is torn, and held the secret key: bring it back from a backup. If there is none,"
            " move it away and start again; no link that was mailed before will open then."
        )
    return kept


def make_state_dir(state_dir: Path) -> None:
    """For its owner alone, where it is not there yet."""
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as odd:
        raise SettingsError(
            f"HEBDO_STATE_DIR is {str(state_dir)!r}, which cannot be made: {odd.strerror}"
        ) from odd


def _why_required() -> dict[str, str]:
    return {
        "HEBDO_SECRET_KEY": "signs sessions and links; make one with: openssl rand -hex 32",
        "HEBDO_BASE_URL": "the address readers see, such as https://letters.example.org",
        "HEBDO_SMTP_URL": "the relay, such as smtp://user:password@host:587?tls=starttls",
        "HEBDO_MAIL_FROM": "the address the desk writes from, such as desk@example.org",
        "REDIS_URL": "the broker, such as redis://:password@host:6379/0",
    }


def _settings(found: Reading, state_dir: Path) -> Settings:
    secret = found.text("HEBDO_SECRET_KEY")
    if secret and len(secret) < 32:
        found.wrong.append("HEBDO_SECRET_KEY is too short: at least 32 characters")
    media = found.text("HEBDO_MEDIA_DIR")
    return Settings(
        secret_key=secret,
        secret_key_fallbacks=tuple(
            found.text("HEBDO_SECRET_KEY_FALLBACKS").replace(",", " ").split()
        ),
        base_url=found.url(
            "HEBDO_BASE_URL", pattern=r"https?://[^\s/]+/?", meant="https://letters.example.org"
        ).rstrip("/"),
        relay=_relay(found),
        mail_from=found.address("HEBDO_MAIL_FROM"),
        redis_url=found.url(
            "REDIS_URL", pattern=r"rediss?://\S+", meant="redis://:password@host:6379/0"
        ),
        database_url=_database_url(found, state_dir),
        state_dir=state_dir,
        media_dir=Path(media).absolute() if media else state_dir / "media",
        trusted_proxies=found.whole("HEBDO_TRUSTED_PROXIES", 0),
        connections=max(1, found.whole("HEBDO_SMTP_CONNECTIONS", 10)),
        sessions=found.whole("HEBDO_SMTP_SESSIONS", 0),
        rate=found.whole("HEBDO_SMTP_RATE", 0),
        return_address=found.address("HEBDO_RETURN_ADDRESS"),
        signer=_signer(found),
        inbox_url=found.text("HEBDO_INBOX_URL"),
        dns=found.name_server("HEBDO_DNS"),
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


def _metrics_token(found: Reading) -> str:
    token = found.text("HEBDO_METRICS_TOKEN")
    if token and not re.fullmatch("[!-~]{16,}", token):
        # What is nearly a secret is not shown.
        found.wrong.append(
            "HEBDO_METRICS_TOKEN must have 16 characters or more, and no blanks;"
            " make one with: openssl rand -hex 32"
        )
    return token


def _database_url(found: Reading, state_dir: Path) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    url = found.text("HEBDO_DATABASE_URL")
    if not url:
        return f"sqlite:///{state_dir / 'hebdo.sqlite'}"
    try:
        # By its own rules, which let a password hold what ends one elsewhere.
        fits = re.fullmatch(r"(sqlite|postgres(ql)?(\+psycopg)?)://\S*", url) and make_url(url)
    except (ArgumentError, ValueError):
        fits = None
    if not fits:
        meant = "postgresql://user:password@host/name"
        found.wrong.append(f"HEBDO_DATABASE_URL must be like {meant} ({SIGNS})")
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _relay(found: Reading) -> Relay:
    """Read `smtp://user:pass@host:port?tls=starttls|implicit|none` (no port: 25, 587 or 465)."""
    url = found.url(
        "HEBDO_SMTP_URL",
        pattern=r"smtp://(?:[^/?#]*@)?[^@/?#:][^@]*",
        meant="smtp://user:password@host:587?tls=starttls",
    )
    parts = split(url)
    if parts is None:
        return Relay(host="", port=0)
    options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    tls = options.get("tls", "none")
    if tls not in {"none", "starttls", "implicit"}:
        found.wrong.append(
            f"HEBDO_SMTP_URL has tls={tls}, but must have none, starttls or implicit"
        )
    return Relay(
        host=parts.hostname or "",
        port=parts.port or {"none": 25, "starttls": 587, "implicit": 465}.get(tls, 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
    )


def _signer(found: Reading) -> Signer | None:
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
