"""Settings are read once, typed, and all that is wrong with them is said at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.settings import REQUIRED, SettingsError, load

ROOT = Path(__file__).parents[1]

FULL = {
    "HEBDO_SECRET_KEY": "k" * 40,
    "HEBDO_BASE_URL": "https://letters.example.org/",
    "HEBDO_SMTP_URL": "smtp://desk%40example.org:p%2Fw@relay.example.org?tls=starttls",
    "HEBDO_MAIL_FROM": "desk@example.org",
    "REDIS_URL": "redis://:hush@broker.example.org:6379/0",
}


def environ(tmp_path: Path, **changes: str) -> dict[str, str]:
    return {"HEBDO_STATE_DIR": str(tmp_path), **FULL, **changes}


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as odd:
        load({"HEBDO_STATE_DIR": str(tmp_path)})
    lines = str(odd.value).splitlines()
    assert [line.split()[0] for line in lines] == list(REQUIRED)


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "HEBDO_SECRET_KEY": "short",
        "HEBDO_BASE_URL": "letters.example.org",
        "HEBDO_SMTP_URL": "http://relay:twentyfive?tls=maybe",
        "HEBDO_MAIL_FROM": "nobody",
        "HEBDO_TRUSTED_PROXIES": "-1",
        "HEBDO_LOG_FORMAT": "xml",
        "HEBDO_LOG_LEVEL": "chatty",
        "HEBDO_DATABASE_URL": "mysql://u:hidden@db/hebdo",
        "REDIS_URL": "amqp://u:hidden@broker",
    }
    with pytest.raises(SettingsError) as odd:
        load(environ(tmp_path, **wrong))
    for name in wrong:
        assert name in str(odd.value), name
    assert "hidden" not in str(odd.value)


def test_what_is_read_is_typed(tmp_path: Path) -> None:
    found = load(environ(tmp_path, HEBDO_TRUSTED_PROXIES="2", HEBDO_SECRET_KEY_FALLBACKS="a, b"))
    assert found.base_url == "https://letters.example.org"
    assert found.is_https
    relay = found.relay
    assert (relay.host, relay.port, relay.tls) == ("relay.example.org", 587, "starttls")
    assert (relay.user, relay.password) == ("desk@example.org", "p/w")
    assert found.secret_key_fallbacks == ("a", "b")
    assert found.trusted_proxies == 2
    assert found.media_dir == tmp_path / "media"


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_a_relay_without_a_port_has_the_usual_one(tmp_path: Path, tls: str) -> None:
    port = load(environ(tmp_path, HEBDO_SMTP_URL=f"smtp://relay?tls={tls}")).relay.port
    assert port == {"none": 25, "starttls": 587, "implicit": 465}[tls]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_bare_postgresql_url_names_its_driver(tmp_path: Path, scheme: str) -> None:
    found = load(environ(tmp_path, HEBDO_DATABASE_URL=f"{scheme}://u:p@db/hebdo"))
    assert found.database_url == "postgresql+psycopg://u:p@db/hebdo"
    assert not found.is_sqlite


def test_the_state_of_hebdo_up_stands_below_the_environment(tmp_path: Path) -> None:
    state = {**FULL, "HEBDO_BASE_URL": "http://127.0.0.1:8000", "HEBDO_INBOX_URL": "http://i"}
    (tmp_path / "state.json").write_text(json.dumps(state))
    found = load({"HEBDO_STATE_DIR": str(tmp_path), "HEBDO_BASE_URL": "http://news.lan:8000"})
    assert found.base_url == "http://news.lan:8000"
    assert found.inbox_url == "http://i"
    assert found.is_sqlite


def test_an_empty_variable_is_the_same_as_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not set"):
        load(environ(tmp_path, REDIS_URL=""))


def test_secrets_are_not_in_what_settings_print(tmp_path: Path) -> None:
    printed = repr(load(environ(tmp_path, HEBDO_DATABASE_URL="postgresql://u:hidden@db/hebdo")))
    for secret in ("k" * 40, "p/w", "hush", "hidden"):
        assert secret not in printed


def test_every_setting_has_a_line_in_the_example(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    told = set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", example, flags=re.M))
    source = "".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("app/settings.py", "app/up/state.py", "app/up/__init__.py")
    )
    read = set(re.findall(r'"(HEBDO_[A-Z_]+|REDIS_URL)"', source)) - {"HEBDO_INSTANCE"}
    assert read - told == set()


def test_the_example_sets_no_secret() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.search(r"^HEBDO_SECRET_KEY=\s*$", example, flags=re.M)
    assert re.search(r"^POSTGRES_PASSWORD=\s*$", example, flags=re.M)
