"""Rows whose column is one of many values, as one parameter however many there are.

An expanded IN of 250 values is a new statement of 250 parameters each time: rendering, parsing and
planning it cost more than running it (a quarter of the clerk's time, measured).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, any_, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.extensions import db


def among(what: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`what` is one of `values` (all whole numbers, or all text)."""
    given = list(values)
    if db.engine.dialect.name == "postgresql":
        found: ColumnElement[bool] = what == any_(literal(given, ARRAY(what.type)))
        return found
    each = func.json_each(json.dumps(given)).table_valued(column("value"))
    inside: ColumnElement[bool] = what.in_(select(each.c.value))
    return inside
