"""The watermark moves with every commit, and stands still where nothing was committed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import Newsletter
from app.watermarks import Watermark
from tests import people


@pytest.fixture
def watermark(flask_app: Flask) -> Watermark:
    found: Watermark = flask_app.extensions["hebdo.watermark"]
    return found


def test_it_stands_still_while_others_only_read(watermark: Watermark) -> None:
    def is_still() -> bool:
        before = watermark.read()
        db.session.query(Newsletter).all()
        db.session.rollback()
        return before is not None and watermark.read() == before

    # PostgreSQL's own housekeeping may commit between two readings, but hardly three times.
    assert any(is_still() for _ in range(3))


def test_it_moves_with_each_commit_and_with_nothing_less(watermark: Watermark) -> None:
    found = [watermark.read()]
    of = people.newsletter()
    found.append(watermark.read())
    of.name = "Un autre nom"
    db.session.commit()
    found.append(watermark.read())
    assert None not in found
    assert len(set(found)) == 3


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
