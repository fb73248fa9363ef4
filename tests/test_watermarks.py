"""The watermark moves with every commit that changes what pages show, and with nothing else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import Table, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from app import database
from app.core import corrections, stamps
from app.extensions import db
from app.models import CommentState, Issue, Newsletter
from app.settings import Settings
from app.watermarks import Watermark
from tasks import issues
from tests import people, rows, talks
from tests.conftest import use_relay
from tests.relay import StoryRelay
from tests.sends import progress, send_on

SHOWN = ("newsletter", "issue", "edition", "correction", "comment")


@pytest.fixture
def watermark(flask_app: Flask) -> Watermark:
    found: Watermark = flask_app.extensions["hebdo.watermark"]
    return found


def test_it_stands_still_while_others_only_read(watermark: Watermark) -> None:
    before = watermark.read()
    db.session.query(Newsletter).all()
    db.session.commit()
    assert before is not None
    assert watermark.read() == before


def test_it_moves_with_each_commit_and_with_nothing_less(watermark: Watermark) -> None:
    found = [watermark.read()]
    of = people.newsletter()
    found.append(watermark.read())
    of.name = "Un autre nom"
    db.session.flush()
    db.session.rollback()
    assert watermark.read() == found[-1]
    of.name = "Un autre nom"
    db.session.commit()
    found.append(watermark.read())
    assert None not in found
    assert len(set(found)) == 3


def test_every_table_that_a_page_is_stamped_by_moves_it() -> None:
    """Whoever stamps pages by one more gives it triggers, and a line here."""
    named = {each.name for each in visitors.iterate(stamps._STAMP) if isinstance(each, Table)}
    assert named == set(SHOWN)
    stamped = set(stamps._STAMP.selected_columns)
    for of in (Newsletter, Issue):
        assert set(of.__table__.columns) <= stamped, "a page that shows it would grow old"


def test_it_moves_with_statements_that_no_model_sees(watermark: Watermark) -> None:
    edition = people.edition(people.newsletter(), 12)
    corrections.add(edition.issue, "", "Ce n’était pas lundi.")
    talks.said(edition.issue, state=CommentState.HELD)
    found = [watermark.read()]
    # Those that others refer to come last.
    for table in ("comment", "correction", "edition", "issue", "newsletter"):
        for other in {"edition": ["story_search"], "newsletter": ["rubric"]}.get(table, []):
            db.session.execute(text(f"DELETE FROM {other}"))
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            db.session.execute(text(statement))
            db.session.commit()
            assert watermark.read() not in found, statement
            found.append(watermark.read())


def test_it_moves_with_a_table_emptied_by_hand(watermark: Watermark) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    edition = people.edition(people.newsletter(), 12)
    corrections.add(edition.issue, "", "Ce n’était pas lundi.")
    db.session.commit()
    before = watermark.read()
    db.session.execute(text("TRUNCATE correction"))
    db.session.commit()
    assert watermark.read() not in {before, None}


def test_many_rows_of_one_commit_move_it_once(watermark: Watermark) -> None:
    """Each time again would cost PostgreSQL more than the last: minutes, for a sweep over all comments."""
    if db.engine.dialect.name == "sqlite":
        return
    people.newsletter()
    people.newsletter("autre")
    before = watermark.read()
    marks = []
    # In the middle of a transaction what a commit would do can be seen.
    db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for slug in ("essentiel-ia", "autre"):
        db.session.execute(
            text("UPDATE newsletter SET name = 'Un nom' WHERE slug = :slug"), {"slug": slug}
        )
        marks.append(db.session.scalar(text("SELECT mark FROM page_mark")))
    assert marks == [marks[0], marks[0]]
    db.session.commit()
    assert watermark.read() == marks[0] != before


def test_it_moves_with_what_another_process_commits_by_hand(
    watermark: Watermark, settings: Settings
) -> None:
    people.newsletter()
    db.session.rollback()
    before = watermark.read()
    rows.by_hand(settings, "UPDATE newsletter SET name = 'Un autre nom'")
    assert watermark.read() not in {before, None}


def test_a_send_under_way_leaves_it_where_it_is(flask_app: Flask, watermark: Watermark) -> None:
    edition_id = rows.send_to(6)
    with StoryRelay(defer={3}, refuse={5}) as relay:
        use_relay(flask_app, relay.relay)
        issues.press(edition_id)
        before = watermark.read()
        send_on()
    assert progress(edition_id).accepted == 4
    assert watermark.read() == before


def test_a_commit_long_after_its_first_word_moves_it(watermark: Watermark) -> None:
    """What counts is when others can see it, not when it was written."""
    number = people.newsletter().id
    # SQLite's writers wait for each other.
    db.session.rollback()
    with Session(db.engine) as slow:
        slow.get_one(Newsletter, number).name = "Un autre nom"
        slow.flush()
        written = watermark.read()
        slow.commit()
    assert watermark.read() != written


def test_who_writes_long_keeps_nobody_from_writing_other_rows(watermark: Watermark) -> None:
    """Planning a million readers takes seconds, and a comment shall not wait for it."""
    if db.engine.dialect.name == "sqlite":
        return
    first, second = people.newsletter().id, people.newsletter("autre").id
    db.session.rollback()
    found = [watermark.read()]
    with Session(db.engine) as slow, Session(db.engine) as quick:
        slow.get_one(Newsletter, first).name = "Un autre nom"
        slow.flush()
        quick.execute(text("SET LOCAL lock_timeout = '2s'"))
        quick.get_one(Newsletter, second).name = "Encore un"
        quick.commit()
        found.append(watermark.read())
        slow.commit()
        found.append(watermark.read())
    assert len(set(found)) == 3


def test_who_comes_after_a_commit_never_gets_a_reading_from_before_it(
    flask_app: Flask, watermark: Watermark
) -> None:
    of = people.newsletter()
    with ThreadPoolExecutor(8) as crowd:
        for n in range(20):
            before = watermark.read()
            idle = [crowd.submit(watermark.read) for _ in range(4)]
            of.name = f"Nom {n}"
            db.session.commit()
            after = [crowd.submit(watermark.read) for _ in range(8)]
            assert before not in {each.result() for each in after}
            assert None not in {each.result() for each in idle}


def test_a_line_that_a_page_was_read_by_sees_what_is_committed_later(
    watermark: Watermark,
) -> None:
    """A page is read with one snapshot, and its line goes back to the pool as it is."""
    with database.reading_only():
        db.session.query(Newsletter).all()
        db.session.rollback()
    before = watermark.read()
    people.newsletter()
    assert watermark.read() not in {before, None}


def test_between_two_readings_nothing_is_held(watermark: Watermark) -> None:
    """A transaction left open keeps PostgreSQL from clearing up, and SQLite's log from being emptied."""
    watermark.read()
    people.newsletter()
    watermark.read()
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        assert db.session.scalar(text(others)) == 0
        return
    line = db.engine.raw_connection()
    is_busy, *_pages = line.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    line.close()
    assert is_busy == 0


class Slow(Watermark):
    """Its first reading is taken, and not told before it is let go."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.taken, self.free = threading.Event(), threading.Event()

    def _ask(self) -> str | None:
        found = super()._ask()
        self.taken.set()
        assert self.free.wait(30)
        return found


def test_who_comes_while_another_reads_gets_a_reading_of_her_own_time(flask_app: Flask) -> None:
    slow = Slow(db.engine)
    of = people.newsletter()
    with ThreadPoolExecutor(2) as crowd:
        early = crowd.submit(slow.read)
        assert slow.taken.wait(30)
        of.name = "Un autre nom"
        db.session.commit()
        late = crowd.submit(slow.read)
        with pytest.raises(TimeoutError):
            late.result(timeout=0.2)
        slow.free.set()
        assert late.result(timeout=30) not in {early.result(timeout=30), None}
    slow.close()


def test_a_lost_connection_is_told_as_not_known_and_opened_anew(watermark: Watermark) -> None:
    assert watermark.read() is not None
    if db.engine.dialect.name == "postgresql":
        others = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        db.session.execute(others)
        db.session.rollback()
    else:
        assert watermark._line is not None
        watermark._line.dbapi_connection.close()  # type: ignore[union-attr]
    assert watermark.read() is None
    assert watermark.read() is not None
