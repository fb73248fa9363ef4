"""What every row shares: one base class, UTC times, enums as text, keys of 64 bits."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only for INTEGER, which holds 64 bits there."""

LARGEST_KEY = 2**63
"""No row has this number or one beyond it; the databases cannot even be asked."""


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC time both ways: SQLite would hand back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be kept")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def word(kind: type[StrEnum]) -> Enum:
    """The column type of an enum: text in the database, so that rows read as words."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=False,
        values_callable=lambda words: [word.value for word in words],
    )


Key = Annotated[int, mapped_column(BigInt, primary_key=True)]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The one base of all models, handed to Flask-SQLAlchemy (`db.Model` fails strict typing)."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: UTCDateTime(),
            str: Text(),
            int: BigInt,
            list[int]: JSON(),
        },
    )
