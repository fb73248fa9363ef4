"""Many values as one parameter: each is found as it was written, on both databases, and no other."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from app.core import clock, sets
from app.extensions import db
from app.models import Subscriber

ODD = (
    'a"b@x.invalid',
    "a\\b@x.invalid",
    'a\\"b@x.invalid',
    "a,b@x.invalid",
    "{a}@x.invalid",
    "NULL",
    "",
    " ",
    "'; DROP TABLE subscriber; --",
    "é\u2028😀@x.invalid",
    "a\\\\",
)


def keep(*addresses: str) -> None:
    now = clock.now()
    db.session.add_all(
        Subscriber(address=one, address_key=one, first_name="", created_at=now) for one in addresses
    )
    db.session.commit()


def test_text_is_found_as_it_was_written(flask_app: Flask) -> None:
    keep(*ODD, "another@x.invalid")
    among = select(Subscriber.address).where(sets.among(Subscriber.address, ODD))
    assert set(db.session.scalars(among)) == set(ODD)


def test_each_odd_text_finds_itself_alone(flask_app: Flask) -> None:
    keep(*ODD)
    for one in ODD:
        among = select(Subscriber.address).where(sets.among(Subscriber.address, [one]))
        assert db.session.scalars(among).all() == [one]


def test_numbers_are_found_to_their_last_digit_and_none_of_none(flask_app: Flask) -> None:
    keep("one@x.invalid", "two@x.invalid")
    first, second = db.session.scalars(select(Subscriber.id).order_by(Subscriber.id))
    count = select(func.count()).select_from(Subscriber)
    assert db.session.scalar(count.where(sets.among(Subscriber.id, [first, 2**62]))) == 1
    assert db.session.scalar(count.where(sets.among(Subscriber.id, [second, first, first]))) == 2
    assert db.session.scalar(count.where(sets.among(Subscriber.id, []))) == 0
