"""Rows whose column is one of many values, as one parameter however many there are.

An expanded IN of 240 values is a new statement of 240 parameters each time: rendering, parsing and
planning it cost more than running it (a quarter of the clerk's time, measured). The one parameter is
text that we join: the driver's own arrays cost a microsecond or two a value.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.extensions import db


def among(what: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`what` is one of `values` (all whole numbers, or all text)."""
    return _inside(what, literal(packed(values), Text))


def among_named(what: Any, name: str) -> ColumnElement[bool]:
    """The same for a statement put together once: the parameter `name` is given `packed` values."""
    return _inside(what, bindparam(name, type_=Text))


def packed(values: Collection[int] | Collection[str]) -> str:
    """The values as the database in use takes them: an array of PostgreSQL's, or JSON."""
    if db.engine.dialect.name != "postgresql":
        return json.dumps(list(values))
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _inside(what: Any, given: BindParameter[str]) -> ColumnElement[bool]:
    if db.engine.dialect.name == "postgresql":
        found: ColumnElement[bool] = what == any_(cast(given, ARRAY(what.type)))
        return found
    each = func.json_each(given).table_valued(column("value"))
    inside: ColumnElement[bool] = what.in_(select(each.c.value))
    return inside


def _element(value: int | str) -> str:
    """Inside its quotes a backslash escapes what follows (PostgreSQL, "Arrays" §8.15.6)."""
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
