"""`hebdo up` with real processes: it starts all, keeps what was made, and leaves nobody behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import time
from pathlib import Path

import psutil
import pytest

from app.children import WORKER_GRACE
from app.up import service, state
from tests.installation import Place, Up, get, until
from tests.ports import free_port
from tests.service import wait_for


def gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != "zombie"]


def test_a_first_start_gives_a_newcomer_everything_and_ctrl_c_ends_all_of_it(place: Place) -> None:
    up = place.running()
    said = up.said()
    assert f"{up.web}/newsletters/essentiel-ia" in said
    assert re.search(r"\S+@\S+\.invalid  password: \S{16}\n", said)
    assert "(shown this once)" in said
    assert f"{up.inbox}/" in said
    assert json.loads(get(f"{up.web}/readyz"))["status"] == "ready"
    assert "hebdo.css" in get(f"{up.web}/newsletters/essentiel-ia")

    # A second terminal works at once, and pressing send shows mails in the inbox.
    sent = place.hebdo("issues", "send", "1", "--wait")
    assert sent.returncode == 0, sent.stderr
    assert "25 accepted" in sent.stdout
    assert json.loads(get(f"{up.inbox}/messages.json"))["total"] == 25
    checked = place.hebdo("doctor")
    assert checked.returncode == 0, checked.stdout

    family = up.family()
    # Two servers' masters, their processes, two Celery nodes with theirs, the lookout and beat.
    assert len(family) > 10
    began = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(35) == 0
    assert time.monotonic() - began < 30
    assert gone(family) == []
    assert "was killed" not in up.said()


def test_a_second_start_keeps_everything(place: Place) -> None:
    first = place.running()
    password = re.search(r"password: (\S{16})\n", first.said())
    assert password
    before = json.loads((place.state_dir / "state.json").read_text())
    assert place.hebdo("suppressions", "add", "kept@lecteurs.invalid").returncode == 0
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(35) == 0

    second = place.running()
    after = json.loads((place.state_dir / "state.json").read_text())
    assert {**after, "HEBDO_SMTP_URL": "", "REDIS_URL": ""} == {
        **before, "HEBDO_SMTP_URL": "", "REDIS_URL": "",
    }  # fmt: skip
    assert "kept@lecteurs.invalid" in place.hebdo("suppressions", "list").stdout
    assert "as shown at the first start" in second.said()
    assert "editors password redaction@essentiel-ia.invalid" in second.said()
    assert password[1] not in second.said()


def test_a_copied_database_is_held_until_it_is_adopted_and_the_greeting_says_so(
    place: Place,
) -> None:
    first = place.running()
    wait_for((place.state_dir / "installation.json").exists, what="a worker has begun with it")
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(35) == 0
    original = place.state_dir / "hebdo.sqlite"
    shutil.copy(original, place.state_dir / "copy.sqlite").replace(original)

    second = place.running()
    assert "db adopt" in second.said()
    assert "is a copy" in place.hebdo("doctor", "--only", "installation").stdout
    assert place.hebdo("db", "adopt", "--yes").returncode == 0
    sent = place.hebdo("issues", "send", "1", "--wait")
    assert "25 accepted" in sent.stdout, sent.stderr


def test_what_it_makes_is_for_its_owner_alone(place: Place) -> None:
    place.running()
    for name in ("state.json", "valkey/valkey.conf", "up.lock"):
        mode = (place.state_dir / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, name
    assert stat.S_IMODE(place.state_dir.stat().st_mode) == 0o700
    urls = json.loads((place.state_dir / "state.json").read_text())
    port = int(re.search(r":(\d+)/0$", urls["REDIS_URL"])[1])  # type: ignore[index]
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(100).startswith(b"-NOAUTH")


@pytest.mark.parametrize("name", ["HEBDO_PORT", "HEBDO_INBOX_PORT"])
def test_a_port_in_use_is_one_clear_line(place: Place, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(place.environ[name])))
        taken.listen()
        up = place.up()
        assert up.process.wait(30) == 1
    (line,) = up.said().splitlines()
    assert f"Port {place.environ[name]} is in use" in line
    # What it proposes works when it is pasted: each port is named, and none of them is in use.
    proposed = dict(re.findall(r"(HEBDO_\w+)=(\d+)", line))
    assert proposed.keys() == {"HEBDO_PORT", "HEBDO_INBOX_PORT"}
    assert proposed[name] != place.environ[name]
    assert all(state.is_free(int(port)) for port in proposed.values())


def test_two_ports_in_use_are_told_at_once(place: Place) -> None:
    with socket.socket() as one, socket.socket() as other:
        for taken, name in ((one, "HEBDO_PORT"), (other, "HEBDO_INBOX_PORT")):
            taken.bind(("127.0.0.1", int(place.environ[name])))
            taken.listen()
        up = place.up()
        assert up.process.wait(30) == 1
    (line,) = up.said().splitlines()
    assert f"{place.environ['HEBDO_PORT']} and {place.environ['HEBDO_INBOX_PORT']} are" in line


def test_a_port_that_is_none_is_one_clear_line(place: Place) -> None:
    up = place.up(HEBDO_PORT="many")
    assert up.process.wait(30) == 1
    assert up.said().splitlines() == ["HEBDO_PORT is 'many', but must be a port from 1 to 65535."]


def test_a_wrong_setting_is_told_before_anything_is_started(place: Place) -> None:
    up = place.up(HEBDO_FORM_SECONDS="fast", HEBDO_RETURN_ADDRESS="bounces")
    assert up.process.wait(30) == 1
    title, *lines = up.said().splitlines()
    assert title == "Hebdo cannot start; these settings need you:"
    assert [line.split()[0] for line in lines] == ["HEBDO_RETURN_ADDRESS", "HEBDO_FORM_SECONDS"]
    assert not (place.state_dir / "log").exists()


def test_a_state_that_cannot_be_made_written_or_read_is_told_without_a_trace(place: Place) -> None:
    place.state_dir.parent.joinpath("file").touch()
    (place.state_dir / "up.lock").mkdir(parents=True)
    torn = place.state_dir.parent / "torn"
    torn.mkdir()
    (torn / "state.json").write_text('{"HEBDO_SECRET_KEY": "ab')
    told = {
        str(place.state_dir.parent / "file" / "var"): "cannot be made: Not a directory",
        str(place.state_dir): "cannot be written to: Is a directory",
        str(torn): "is torn, and held the secret key",
    }
    for folder, sentence in told.items():
        up = place.up(HEBDO_STATE_DIR=folder)
        assert up.process.wait(30) == 1
        assert sentence in up.said()
        assert folder in up.said()
        assert "Traceback" not in up.said()


def test_the_secret_is_on_the_disk_before_anything_is_signed_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut later leaves either no state or the whole of it."""
    synced, fsync = [], os.fsync

    def heard(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, (tmp_path / "state.json").exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", heard)
    state.prepare({name: str(free_port()) for name in state.PORTS}, tmp_path)
    assert synced == [("file", False), ("folder", True)]


def test_a_second_up_in_the_same_place_says_so_and_changes_nothing(place: Place) -> None:
    first = place.running()
    second = place.up(HEBDO_PORT=str(free_port()), HEBDO_INBOX_PORT=str(free_port()))
    assert second.process.wait(30) == 1
    assert f"already running here (process {first.process.pid}" in second.said()
    assert json.loads(get(f"{first.web}/readyz"))["status"] == "ready"


def test_killed_without_warning_it_leaves_nobody_and_the_next_start_works(place: Place) -> None:
    first = place.running()
    below = first.family()[1:]
    first.process.kill()
    first.process.wait()
    second = place.running()
    until(lambda: gone(below) == [], lambda: str(gone(below)))
    assert json.loads(get(f"{second.web}/readyz"))["status"] == "ready"


def test_a_child_that_dies_is_said_and_started_again(place: Place) -> None:
    up = place.running()
    for name, marker in (("worker", " worker"), ("web", " web "), ("broker", "valkey-server")):
        old = up.child(marker)
        old.kill()
        until(lambda: f"{name} died (signal SIGKILL) and is started again" in up.said())  # noqa: B023
    until(lambda: ready(up))
    assert place.hebdo("issues", "send", "1", "--wait").returncode == 0


def ready(up: Up) -> bool:
    try:
        return bool(json.loads(get(f"{up.web}/readyz"))["status"] == "ready")
    except OSError:
        return False


def test_a_worker_has_as_long_for_its_answers_as_alone_and_waits_for_nobody_before_it(
    place: Place,
) -> None:
    up = place.running()
    web, worker = up.child(" web "), up.child(" worker")
    web.suspend()
    up.process.send_signal(signal.SIGINT)
    # A page that hangs takes nothing from the worker's time.
    until(lambda: gone([worker]) == [], up.said)
    assert web.status() == "stopped"
    web.resume()
    assert up.process.wait(35) == 0
    assert "was killed" not in up.said()
    assert service.WORKING_SECONDS > WORKER_GRACE
    assert service.WORKING_SECONDS + service.SERVING_SECONDS < 30


def test_a_second_ctrl_c_waits_for_nobody(place: Place) -> None:
    up = place.running()
    family = up.family()
    up.child(" worker").suspend()
    up.process.send_signal(signal.SIGINT)
    until(lambda: "Stopping" in up.said(), up.said)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(12) == 0
    assert "worker did not end in time and was killed" in up.said()
    assert gone(family) == []


def test_ctrl_c_while_starting_ends_what_was_started(place: Place) -> None:
    up = place.up()
    until(lambda: "Starting" in up.said(), up.said)
    until(lambda: len(up.family()) > 1)
    family = up.family()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(40) == 0
    assert gone(family) == []
    assert not up.runs()


def test_a_relay_of_ones_own_takes_the_catchers_place_and_gets_no_sample_readers(
    place: Place,
) -> None:
    place.environ["HEBDO_SMTP_URL"] = "smtp://127.0.0.1:9"
    up = place.running()
    assert "Inbox" not in up.said()
    assert place.hebdo("newsletters", "list", "--format", "json").stdout.strip() == "[]"
