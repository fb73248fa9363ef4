"""The image and the compose file: outside judges accept them, and what they run was run by hand."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.settings import load
from tests.conftest import create_database, database_url
from tests.ports import free_port
from tests.service import wait_for

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

GIVEN = {
    "HEBDO_SECRET_KEY": "c" * 64,
    "HEBDO_BASE_URL": "http://letters.hebdo.test",
    "HEBDO_MAIL_FROM": "desk@hebdo.test",
    "POSTGRES_PASSWORD": "p4ssw0rd",
    "REDIS_PASSWORD": "w0rd",
}
"""A filled-in .env: what it may not leave out."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    return found


def judged(*command: str) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_specification_accepts_the_compose_file() -> None:
    judged("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    judged("hadolint", "Dockerfile")


def test_the_image_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "ARG BASE_IMAGE=python:3.13-slim"
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001"]


def test_no_secret_stands_in_the_compose_file(compose: dict[str, Any]) -> None:
    named = re.compile(r"SECRET|PASSWORD|AUTH|_URL")
    for service, given in compose["services"].items():
        for name, value in given.get("environment", {}).items():
            if named.search(name) and name not in ("HEBDO_BASE_URL", "HEBDO_SMTP_URL"):
                assert "${" in value, (service, name)
            for default in re.findall(r"\$\{\w*(?:PASSWORD|KEY):-([^}]*)\}", value):
                assert default == "", (service, name)


def test_compose_asks_for_what_is_missing(compose: dict[str, Any]) -> None:
    text = json.dumps(compose)
    for name in GIVEN:
        assert f"${{{name}:?" in text, name


def test_each_service_is_watched_and_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {"web", "worker", "beat", "db", "redis", "mailpit"} < set(services)
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name, service in services.items():
        watched = "test" in service.get("healthcheck", {})
        assert watched or (name == "web" and "HEALTHCHECK" in dockerfile) or name == "migrate", name
    for name in ("web", "worker", "beat"):
        needs = {each: how["condition"] for each, how in services[name]["depends_on"].items()}
        assert needs == {
            "db": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


@pytest.fixture
def environ(compose: dict[str, Any], postgres: str, broker: str, tmp_path: Path) -> dict[str, str]:
    """What compose would give its containers, with the servers of this machine behind it."""
    name = "compose_" + uuid.uuid4().hex[:8]
    create_database(postgres, name)
    given = compose["services"]["web"]["environment"]
    found = {key: interpolated(value) for key, value in given.items()}
    assert found["HEBDO_DATABASE_URL"] == "postgresql://hebdo:p4ssw0rd@db:5432/hebdo"
    assert found["REDIS_URL"] == "redis://:w0rd@redis:6379/0"
    assert load({**found, "HEBDO_STATE_DIR": str(tmp_path)}).relay.host == "mailpit"
    plain = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return {
        **plain,
        **found,
        "HEBDO_STATE_DIR": str(tmp_path / "state"),
        "HEBDO_MEDIA_DIR": str(tmp_path / "media"),
        "HEBDO_DATABASE_URL": database_url(postgres, name),
        "REDIS_URL": broker,
    }


def interpolated(value: str) -> str:
    """`${NAME:-default}` and `${NAME:?complaint}`, as compose reads them."""

    def fill(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        assert kind == ":-" or name in GIVEN
        return GIVEN.get(name, rest)

    return re.sub(r"\$\{(\w+)(:-|:\?)([^}]*)\}", fill, value)


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A service's command as its container would run it; it ends politely within 30 s."""
    process = subprocess.Popen(by_hand(command), cwd=ROOT, env=environ)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, command


def by_hand(command: list[str]) -> list[str]:
    program, *arguments = command
    ours = [sys.executable, "-m", "app.cli"] if program == "hebdo" else [sys.executable]
    return [*ours, *arguments]


def test_what_each_service_runs_works_against_postgresql_and_valkey(
    compose: dict[str, Any], environ: dict[str, str]
) -> None:
    services = compose["services"]
    migrated = subprocess.run(by_hand(services["migrate"]["command"]), cwd=ROOT, env=environ)
    assert migrated.returncode == 0
    port = str(free_port())
    web = [each.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for each in services["web"]["command"]]
    with (
        running(services["worker"]["command"], environ),
        running(services["beat"]["command"], environ),
        running(web, environ),
    ):
        wait_for(lambda: healthy(image_check(port), environ), what="the image's health check")
        for name in ("worker", "beat"):
            check = services[name]["healthcheck"]["test"][1:]
            wait_for(lambda: healthy(check, environ), what=f"{name}'s check")  # noqa: B023
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert json.loads(answer.read())["status"] == "ready"


def healthy(check: list[str], environ: dict[str, str]) -> bool:
    done = subprocess.run(by_hand(check), cwd=ROOT, env=environ, capture_output=True, check=False)
    return done.returncode == 0


def image_check(port: str) -> list[str]:
    """The Dockerfile's own health check, asking at our port."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"HEALTHCHECK.*?CMD (\[.*?\])\n", text, flags=re.S)
    assert found
    return [each.replace("8000", port) for each in json.loads(found[1])]


ROOMS = ("app", "emails", "tasks")


def test_the_image_holds_every_file_that_the_code_asks_for(tmp_path: Path) -> None:
    """Built as the Dockerfile builds it: templates, styles, migrations and samples must be in."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    line = "-m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist ."
    subprocess.run([sys.executable, *line.split()], cwd=tmp_path, check=True)
    (wheel,) = tmp_path.glob("dist/hebdo-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".mo", ".po", ".pot")
    }
    assert wanted - packed == set()
