"""An operator makes a key and is told which record publishes it."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app.cli import cli
from app.extensions import db
from app.settings import Settings, SettingsError, load
from emails.dkim import Algorithm, Signer, make_key, read_key
from tests import rows
from tests.conftest import SECRET
from tests.test_settings import FULL


@pytest.fixture
def environ(settings: Settings, flask_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own installation, for commands; the folder that its keys may lie in."""
    given = {
        "HEBDO_STATE_DIR": str(settings.state_dir),
        "HEBDO_SECRET_KEY": SECRET,
        "HEBDO_BASE_URL": settings.base_url,
        "HEBDO_SMTP_URL": "smtp://127.0.0.1:9",
        "HEBDO_MAIL_FROM": settings.mail_from,
        "HEBDO_DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    newsletter = rows.newsletter()
    newsletter.sender_address = "lettre@été.example"
    db.session.commit()
    return settings.state_dir


@pytest.fixture
def key_file(environ: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key that the installation signs with, made by its command."""
    file = environ / "dkim.pem"
    ok("dkim", "key", str(file))
    monkeypatch.setenv("HEBDO_DKIM_SELECTOR", "hebdo1")
    monkeypatch.setenv("HEBDO_DKIM_KEY_FILE", str(file))
    return file


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="hebdo")


def ok(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def strings(line: str) -> str:
    """The text that the strings of a zone line make."""
    return "".join(re.findall('"([^"]*)"', line))


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_is_made_for_its_owner_alone(algorithm: Algorithm, tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    said = ok("dkim", "key", str(file), "--algorithm", algorithm.value)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = Signer("x", read_key(file.read_bytes()))
    assert made.algorithm is algorithm
    assert strings(said) == made.record()
    assert "PRIVATE" not in said


def test_a_key_that_exists_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text("mine", encoding="ascii")
    result = run("dkim", "key", str(file))
    assert result.exit_code == 1
    assert str(file) in result.stderr
    assert file.read_text(encoding="ascii") == "mine"


def test_there_is_a_record_for_every_domain_that_mail_is_from(key_file: Path) -> None:
    by = Signer("hebdo1", read_key(key_file.read_bytes()))
    lines = ok("dkim", "record").splitlines()
    assert [line.split()[0] for line in lines] == [
        "hebdo1._domainkey.hebdo.test.",
        "hebdo1._domainkey.xn--t-9fab.example.",
    ]
    for line in lines:
        assert strings(line) == by.record()
        assert max(map(len, re.findall('"([^"]*)"', line))) <= 255
    listed = json.loads(ok("dkim", "record", "--format", "json"))
    assert [each["value"] for each in listed] == [by.record()] * 2


def test_without_a_key_there_is_no_record(environ: Path) -> None:
    result = run("dkim", "record")
    assert (result.exit_code, "hebdo dkim key" in result.stderr) == (1, True)


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no key file": ({"HEBDO_DKIM_SELECTOR": "hebdo1"}, "HEBDO_DKIM_KEY_FILE is not set"),
    "no selector": ({"HEBDO_DKIM_KEY_FILE": "{good}"}, "HEBDO_DKIM_SELECTOR is not set"),
    "no file": (
        {"HEBDO_DKIM_SELECTOR": "hebdo1", "HEBDO_DKIM_KEY_FILE": "{good}.not"},
        "HEBDO_DKIM_KEY_FILE is .* cannot be read",
    ),
    "no key in it": (
        {"HEBDO_DKIM_SELECTOR": "hebdo1", "HEBDO_DKIM_KEY_FILE": "{bad}"},
        "HEBDO_DKIM_KEY_FILE is .* no private key",
    ),
    "no name": (
        {"HEBDO_DKIM_SELECTOR": "a b; p=", "HEBDO_DKIM_KEY_FILE": "{good}"},
        "HEBDO_DKIM_SELECTOR is 'a b; p='",
    ),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_a_setting_that_cannot_sign_is_named_at_the_start(
    given: dict[str, str], said: str, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_bytes(make_key(Algorithm.ED25519))
    bad.write_text("nothing", encoding="ascii")
    filled = {name: value.format(good=good, bad=bad) for name, value in given.items()}
    with pytest.raises(SettingsError) as odd:
        load({"HEBDO_STATE_DIR": str(tmp_path), **FULL, **filled})
    assert len(str(odd.value).splitlines()) == 1
    assert re.search(said, str(odd.value))


def test_settings_with_a_key_give_a_signer_and_do_not_show_it(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(make_key(Algorithm.RSA))
    given = {"HEBDO_DKIM_SELECTOR": "a.b-c", "HEBDO_DKIM_KEY_FILE": str(file)}
    found = load({"HEBDO_STATE_DIR": str(tmp_path), **FULL, **given})
    assert found.signer is not None
    assert (found.signer.selector, found.signer.algorithm) == ("a.b-c", Algorithm.RSA)
    assert "RSAPrivateKey" not in repr(found)
