"""Doubts: copies as a list that goes out to whoever can read the relay's log, and comes back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.core import addresses, deliveries
from app.core.errors import Invalid
from app.models import DeliveryState

COLUMNS = (
    "subscriber",
    "address",
    "state",
    "code",
    "enhanced",
    "answer",
    "queue_id",
    "attempts",
    "at",
    "not_before",
)

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """What a list that came back names."""

    subscriber_ids: tuple[int, ...]
    """Readers of whom a copy is in doubt."""
    strangers: tuple[str, ...]
    """What is in the list and matches no copy in doubt, as it was written."""


def table(edition_id: int, states: Collection[DeliveryState]) -> Iterator[tuple[object, ...]]:
    """A row per copy in these states, in the order of `COLUMNS`, read a page at a time.

    Times in ISO 8601, UTC; empty where there is none, and the address of a person who was erased.
    """
    after = 0
    while page := deliveries.listing(edition_id, states, after=after, limit=PAGE):
        for one in page:
            later = one.not_before.isoformat() if one.not_before else ""
            yield (
                one.subscriber_id,
                one.address,
                str(one.state),
                one.code,
                one.enhanced,
                one.answer,
                one.queue_id,
                one.attempts,
                one.at.isoformat(),
                later,
            )
        after = page[-1].subscriber_id


def named(edition_id: int, rows: Iterable[Mapping[str, str]]) -> Named:
    """Whom the rows of such a table mean: by `subscriber` where that is given, else by `address`.

    Raises Invalid when there is neither column.
    """
    by_key: dict[str, int] = {}
    for row in table(edition_id, [DeliveryState.IN_DOUBT]):
        number = int(str(row[0]))
        by_key[str(number)] = number
        if row[1]:
            by_key[addresses.key(str(row[1]))] = number
    found: dict[int, None] = {}
    strangers: dict[str, None] = {}
    for cells in rows:
        if not {"subscriber", "address"} & cells.keys():
            raise Invalid("the first line must name a column address, or subscriber")
        written = cells.get("subscriber") or cells.get("address", "").removeprefix("'")
        number_or_none = by_key.get(addresses.key(written.strip()))
        if number_or_none is None:
            strangers[written] = None
        else:
            found[number_or_none] = None
    return Named(tuple(found), tuple(strangers))
