"""Sequences: what stands in an order that an editor chose, the fields of a form and the rubrics.

Whoever changes one holds its newsletter first: two editors at it at once would give one place twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sqlalchemy import select

from app.extensions import db
from app.models import Newsletter

DIRECTIONS = {"up": -1, "down": 1}
"""What to shift by, as addresses of buttons say it."""


class Placed(Protocol):
    """A row with a place, from 0."""

    position: int


P = TypeVar("P", bound=Placed)


def hold(newsletter: Newsletter) -> None:
    """Wait for whoever else changes what belongs to it, and see what they left."""
    one = select(Newsletter.id).where(Newsletter.id == newsletter.id)
    db.session.execute(one.with_for_update(key_share=True))
    db.session.expire(newsletter, ["questions", "every_rubric"])


def shift(row: Sequence[P], one: P, by: int) -> None:
    """One place up (-1) or down (1); at an end, and for what is gone, nothing changes."""
    order = list(row)
    if one not in order:
        return
    here = order.index(one)
    there = here + by
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
        for position, each in enumerate(order):
            each.position = position
        db.session.flush()


def end_of(row: Sequence[Placed]) -> int:
    """The place behind all."""
    return max((each.position for each in row), default=-1) + 1
