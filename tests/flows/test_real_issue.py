"""The real issue, by the commands an operator types: imported, sent to a thousand, read back word by word."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.models import Newsletter
from app.settings import Settings
from tests import rows
from tests.conftest import use_relay
from tests.relay import Received, StoryRelay
from tests.service import ROOT, environment, running

READERS = 1000
REAL = ROOT.parent / "shared" / "seed" / "weekly-ai-issue.fr.txt"
OURS = ROOT / "app" / "samples" / "weekly.fr.md"

HEADINGS = {
    "A la Une",
    "Dans l'actu",
    "L'image de la semaine",
    "Les entretiens qui ont rythmé l'actu",
    "Et aussi",
}


@pytest.fixture
def settings(settings: Settings, broker: str) -> Settings:
    return dataclasses.replace(settings, redis_url=broker)


def hebdo(settings: Settings, *command: str) -> str:
    """A command as an operator runs it; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *command],
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def add_newsletter(settings: Settings) -> None:
    hebdo(
        settings, "newsletters", "add", "hebdo-ia",
        "--name", "L’hebdo de l’IA",
        "--sender-name", "L’hebdo de l’IA",
        "--sender-address", "lettre@hebdo.test",
        "--publisher", "Les Éditions du Marronnier",
        "--postal-address", "12, rue des Imprimeurs, 75011 Paris",
    )  # fmt: skip
    of = db.session.query(Newsletter).one()
    rows.readers(of, READERS)
    db.session.commit()


def import_issue(settings: Settings, file: Path) -> dict[str, Any]:
    said = hebdo(
        settings, "issues", "import", str(file), "--newsletter", "hebdo-ia", "--format", "json"
    )
    found: dict[str, Any] = json.loads(said)
    return found


def send(flask_app: Flask, issue_id: int) -> list[Received]:
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        known: Settings = flask_app.extensions["hebdo.settings"]
        with running(known, "worker"):
            hebdo(known, "issues", "send", str(issue_id), "--yes", "--wait", "--timeout", "120")
        equation = json.loads(hebdo(known, "deliveries", "show", str(issue_id), "--format", "json"))
    assert equation["planned"] == equation["accepted"] == READERS
    return relay.received


def body(received: Received) -> str:
    message = message_from_bytes(received.data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def words(text: str) -> list[str]:
    """What a reader reads: words and figures in order, whatever the spaces between them."""
    return re.findall(r"[\w’'€%]+", re.sub(r"[\s\u00a0\u202f]+", " ", text))


def printed_words(text: str) -> list[str]:
    """The words between the mail's head and its foot, rubric titles aside."""
    lines = text[text.index("À LA UNE") : text.index("-" * 72)].splitlines()
    titles = {above for above, line in itertools.pairwise(lines) if re.fullmatch("=+", line)}
    return [word for line in lines if line not in titles for word in words(line)]


def holds_in_order(whole: list[str], part: list[str]) -> bool:
    rest = iter(whole)
    return all(word in rest for word in part)


def check_copies(received: list[Received]) -> None:
    """A thousand mails, a thousand readers, a thousand ways out."""
    assert len(received) == READERS
    assert len({each.rcpt_to for each in received}) == READERS
    headers = [message_from_bytes(each.data, policy=policy.default) for each in received]
    ways_out = {str(each["List-Unsubscribe"]) for each in headers}
    assert len(ways_out) == READERS
    assert {str(each["List-Unsubscribe-Post"]) for each in headers} == {
        "List-Unsubscribe=One-Click"
    }
    assert len({str(each["Message-ID"]) for each in headers}) == READERS
    for each, way_out in zip(received[:20], headers[:20], strict=True):
        assert str(way_out["List-Unsubscribe"]).strip("<>") in body(each)


@pytest.mark.skipif(not REAL.exists(), reason="the real issue is not beside this clone")
def test_the_real_issue_reaches_a_thousand_readers_word_for_word(flask_app: Flask) -> None:
    settings: Settings = flask_app.extensions["hebdo.settings"]
    add_newsletter(settings)
    imported = import_issue(settings, REAL)
    lines = REAL.read_text(encoding="utf-8").splitlines()
    assert imported["subject"] == lines[0]
    db.session.rollback()
    assert db.session.query(Newsletter).one().tagline == lines[1]
    db.session.rollback()

    received = send(flask_app, imported["id"])
    check_copies(received)
    first = message_from_bytes(received[0].data, policy=policy.default)
    assert first["Subject"] == lines[0]
    assert printed_words(body(received[0])) == [
        word for line in lines[2:] if line.replace("’", "'") not in HEADINGS for word in words(line)
    ]


def test_our_own_sample_reaches_a_thousand_readers_word_for_word(flask_app: Flask) -> None:
    settings: Settings = flask_app.extensions["hebdo.settings"]
    add_newsletter(settings)
    imported = import_issue(settings, OURS)
    received = send(flask_app, imported["id"])
    check_copies(received)
    text = words(body(received[0]))
    for title in re.findall(r"^### (.+)$", OURS.read_text(encoding="utf-8"), re.MULTILINE):
        assert holds_in_order(text, words(title)), title
