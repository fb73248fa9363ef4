"""Settings are read once, typed, and all that is wrong with them is said at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import create_app
from app.settings import REQUIRED, SettingsError, load
from app.up import state
from tests.conftest import make_settings

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
        "HEBDO_METRICS_TOKEN": "hidden, short",
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
    left = {**FULL, "HEBDO_BASE_URL": "http://127.0.0.1:8000", "HEBDO_INBOX_URL": "http://i"}
    (tmp_path / "state.json").write_text(json.dumps(left))
    found = load({"HEBDO_STATE_DIR": str(tmp_path), "HEBDO_BASE_URL": "http://news.lan:8000"})
    assert found.base_url == "http://news.lan:8000"
    assert found.inbox_url == "http://i"
    assert found.is_sqlite


def test_an_empty_variable_is_the_same_as_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not set"):
        load(environ(tmp_path, REDIS_URL=""))


def test_secrets_are_not_in_what_settings_print(tmp_path: Path) -> None:
    secrets = {"HEBDO_DATABASE_URL": "postgresql://u:hidden@db/hebdo"}
    printed = repr(load(environ(tmp_path, HEBDO_METRICS_TOKEN="hidden" * 5, **secrets)))
    for secret in ("k" * 40, "p/w", "hush", "hidden"):
        assert secret not in printed


@pytest.mark.parametrize("name", ["HEBDO_MAIL_FROM", "HEBDO_RETURN_ADDRESS"])
@pytest.mark.parametrize(
    "slip",
    ["bounces", "Bounces <b@x.org>", "rédaction@example.org", "b@x.org, c@x.org", "b@x_y.org"],
)
def test_an_address_that_no_mail_could_leave_from_is_told_at_the_start(
    tmp_path: Path, name: str, slip: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is '{slip}', but must be an address alone"):
        load(environ(tmp_path, **{name: slip}))


def test_the_domain_of_an_address_may_have_accents(tmp_path: Path) -> None:
    given = {"HEBDO_MAIL_FROM": "desk@été.example", "HEBDO_RETURN_ADDRESS": "b@été.example"}
    found = load(environ(tmp_path, **given))
    assert (found.mail_from, found.return_address) == ("desk@été.example", "b@été.example")


@pytest.mark.parametrize(
    "slip",
    ["192.0.2.300", "192.0.2.53:99999", "192.0.2.53:0", "192.0.2.53:", "192.0.2.53:x", "::1", "no"],
)
def test_a_name_server_that_cannot_be_asked_is_told_at_the_start(tmp_path: Path, slip: str) -> None:
    with pytest.raises(SettingsError, match=f"^HEBDO_DNS is '{slip}', but must be off, or"):
        load(environ(tmp_path, HEBDO_DNS=slip))


@pytest.mark.parametrize("fits", ["off", "192.0.2.53", "192.0.2.53:5353"])
def test_a_name_server_is_an_address_and_perhaps_a_port(tmp_path: Path, fits: str) -> None:
    assert load(environ(tmp_path, HEBDO_DNS=fits)).dns == fits


SLIPS = [
    ("HEBDO_SMTP_URL", "smtp://desk:hid[den@relay:587"),
    ("HEBDO_SMTP_URL", "smtp://desk:hid]den[@relay:587"),
    ("HEBDO_SMTP_URL", "smtp://desk:[hidden]@relay:587"),
    ("HEBDO_SMTP_URL", "smtp://desk:587/hidden@relay:587"),
    ("HEBDO_SMTP_URL", "smtp://desk:hidden@relay:five"),
    ("HEBDO_SMTP_URL", "smtp://desk:hidden@relay:99999"),
    ("REDIS_URL", "redis://:hid[den@broker:6379/0"),
    ("REDIS_URL", "redis://:hid/den@broker:6379/0"),
    ("REDIS_URL", "redis://:hidden@broker:many/0"),
    ("REDIS_URL", "amqp://u:hid/den@broker"),
    ("HEBDO_DATABASE_URL", "postgresql://u:hidden@db:many/hebdo"),
    ("HEBDO_DATABASE_URL", "mysql://u:hid/den@db/hebdo"),
    ("HEBDO_BASE_URL", "https://letters.example.org:many"),
    ("HEBDO_BASE_URL", "https://[letters.example.org"),
]


@pytest.mark.parametrize(("name", "slip"), SLIPS)
def test_a_url_that_cannot_be_read_is_told_and_nothing_of_it_is_shown(
    tmp_path: Path, name: str, slip: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be like ") as odd:
        load(environ(tmp_path, **{name: slip}))
    (sentence,) = str(odd.value).splitlines()
    assert "hid" not in sentence
    assert "den" not in sentence


def test_a_database_password_may_hold_what_its_driver_takes(tmp_path: Path) -> None:
    url = "postgresql+psycopg://u:p[/]w@db:5432/hebdo"
    assert load(environ(tmp_path, HEBDO_DATABASE_URL=url)).database_url == url


# The state -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("torn", ["", '{"HEBDO_SECRET_KEY": "abc', "[1]", '{"a": 1}', "\udcff"])
def test_a_torn_state_file_is_told_and_that_it_holds_the_secret(tmp_path: Path, torn: str) -> None:
    (tmp_path / "state.json").write_bytes(torn.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match="bring it back from a backup") as odd:
        load(environ(tmp_path))
    assert str(tmp_path / "state.json") in str(odd.value)


def test_a_state_that_cannot_be_read_or_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(environ(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be read: Not a directory"):
        load(environ(tmp_path / "file" / "var"))
    given = make_settings("sqlite://", tmp_path / "file" / "var")
    with pytest.raises(SettingsError, match=r"^HEBDO_STATE_DIR is .*cannot be made: Not a dir"):
        create_app(given)


# The example ---------------------------------------------------------------------------------------

LINE = re.compile(r"^(# )?([A-Z][A-Z0-9_]+)=(.*)$", flags=re.M)

INNER = {"HEBDO_INSTANCE", "HEBDO_TEST_CLOCK"}
"""Written by `hebdo up`, and by tests: nobody sets them by hand."""

PASSWORDS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
"""Of these compose makes HEBDO_DATABASE_URL and REDIS_URL."""

PLACES = {"HEBDO_STATE_DIR", "HEBDO_MEDIA_DIR"}
"""The image has its own."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def example() -> dict[str, tuple[bool, str]]:
    """Each line by its setting's name: whether it stands behind a #, and its value."""
    lines = LINE.findall(read(".env.example"))
    found = {name: (bool(behind), value) for behind, name, value in lines}
    assert len(found) == len(lines), "a setting is told twice"
    return found


def taken() -> set[str]:
    """The names of what is read: asked for by a call, not only named in a sentence."""
    asked = r'\.(?:text|whole|address|name_server|url|get)\(\s*"([A-Z_]+)"'
    named = re.findall(asked, read("app/settings.py") + read("app/up/state.py"))
    return {*named, *state.PORTS}


def handed_on() -> dict[str, str]:
    """What compose takes from .env, each with what it takes instead where nothing is said."""
    return dict(re.findall(r"\$\{(\w+):[-?]([^}]*)\}", read("docker-compose.yml")))


def test_every_setting_has_a_line_in_the_example() -> None:
    rooms = (path for room in ("app", "tasks", "emails") for path in (ROOT / room).rglob("*.py"))
    named = re.findall(
        r'"(HEBDO_[A-Z_]+|REDIS_URL)"', "".join(path.read_text("utf-8") for path in rooms)
    )
    assert {*named, *taken()} - INNER <= example().keys()


def test_the_example_and_compose_name_nothing_that_is_not_read() -> None:
    """A line that stayed behind would be filled in, and would do nothing."""
    assert example().keys() - PASSWORDS <= taken()
    assert handed_on().keys() - PASSWORDS <= taken()
    given = re.findall(r"^    (HEBDO_\w+|REDIS_URL): ", read("docker-compose.yml"), flags=re.M)
    assert set(given) <= taken()


def test_a_line_behind_a_sign_shows_what_holds_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    without = load(FULL)
    shown = {name: value for name, (is_behind, value) in example().items() if is_behind}
    for name, value in shown.items():
        if name in state.PORTS:
            assert value == str(state.PORTS[name]), name
        else:
            assert load({**FULL, name: value or FULL.get(name, "")}) == without, name
    # What has another value in production than by default stands there to be seen.
    assert state.PORTS.keys() < shown.keys()
    assert load({**FULL, "HEBDO_STATE_DIR": "elsewhere"}) != without


def test_whatever_the_example_tells_reaches_the_containers_and_means_the_same_there() -> None:
    told = example()
    handed = handed_on()
    made = {"HEBDO_DATABASE_URL", "REDIS_URL"}
    assert told.keys() - handed.keys() == PLACES | made | {"HEBDO_INBOX_URL"}
    compose = read("docker-compose.yml")
    for name in handed:
        if f"${{{name}:?" in compose:
            assert not told[name][0], f"{name} is needed, and stands behind a sign"
        else:
            assert handed[name] == told[name][1], name


def test_what_stands_in_the_example_is_taken_once_its_gaps_are_filled(tmp_path: Path) -> None:
    stands = {name: value for name, (is_behind, value) in example().items() if not is_behind}
    gaps = {name for name, value in stands.items() if not value}
    assert gaps == {"HEBDO_SECRET_KEY", *PASSWORDS}
    filled = {"HEBDO_SECRET_KEY": "k" * 40, "REDIS_URL": FULL["REDIS_URL"]}
    found = load({**stands, **filled, "HEBDO_STATE_DIR": str(tmp_path)})
    assert found.base_url == stands["HEBDO_BASE_URL"]
    assert found.trusted_proxies == 1
