"""Holdings: everything that is held about one person, table by table, to be told and to be erased.

`HELD` is the one list of it. A table that refers to a subscriber or keeps an address and stands neither
here nor in `NOT_HERS` fails a test: what nobody told of, nobody would erase.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from app.core import addresses, clock, comments
from app.extensions import db, keys
from app.models import (
    AddressChange,
    Base,
    Comment,
    Consent,
    Delivery,
    Detail,
    Edition,
    Newsletter,
    Notice,
    NoticeKind,
    NoticeState,
    Question,
    Subscriber,
    Subscription,
    Suppression,
)

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Person:
    """By what rows know her."""

    subscriber_id: int
    subscription_ids: tuple[int, ...]
    address: str
    address_key: str
    former: tuple[tuple[str, dt.datetime], ...] = ()
    """Keys of addresses that were hers, each with the moment she left it; whoever has one since then
    is somebody else."""


@dataclass(frozen=True, slots=True)
class Held:
    """One table: which rows are hers, and what becomes of them when she is erased."""

    model: type[Base]
    hers: Callable[[Person], ColumnElement[bool]]
    erase: Callable[[Person], None]
    ours: frozenset[str] = frozenset()
    """Columns that say nothing of her: the machinery's own."""
    further: Callable[[Person], Callable[[Any], Row]] = lambda who: lambda row: {}
    """What makes a row of numbers readable, or veils a value. All that her rows refer to is read at once:
    who has read for ten years has five hundred of them."""
    untold: Callable[[Person], ColumnElement[bool]] | None = None
    """Rows that go with hers and are not told: they would tell about somebody else."""


def person(subscriber: Subscriber) -> Person:
    ids = tuple(each.id for each in subscriber.subscriptions)
    left = select(AddressChange.former_address, AddressChange.confirmed_at).where(
        AddressChange.subscriber_id == subscriber.id,
        AddressChange.confirmed_at.is_not(None),
        AddressChange.stopped_at.is_(None),
    )
    former = tuple((addresses.key(address), at) for address, at in db.session.execute(left) if at)
    return Person(subscriber.id, ids, subscriber.address, subscriber.address_key, former)


def everything(subscriber: Subscriber) -> dict[str, list[Row]]:
    """Her rows by table, each with its columns by name; times in ISO 8601, UTC."""
    who = person(subscriber)
    return {held.model.__tablename__: list(_rows(held, who)) for held in HELD}


def document(subscriber: Subscriber | None) -> dict[str, object]:
    """The same as one document; of nobody it says that nothing is known."""
    made_at = clock.now().isoformat(timespec="seconds")
    if subscriber is None:
        return {"made_at": made_at, "known": False}
    return {"made_at": made_at, "known": True, **everything(subscriber)}


CELLS = ("table", "row", "field", "value")


def cells(subscriber: Subscriber | None) -> Iterator[tuple[str, int, str, object]]:
    """The same as one table of single values, in the order of `CELLS`: it holds rows of every shape."""
    if subscriber is None:
        return
    for table, rows in everything(subscriber).items():
        for number, row in enumerate(rows, start=1):
            for name, value in row.items():
                yield table, number, name, "" if value is None else value


def _rows(held: Held, who: Person) -> Iterator[Row]:
    wanted = select(held.model).where(held.hers(who))
    if held.untold is not None:
        wanted = wanted.where(~held.untold(who))
    found: Sequence[Base] = db.session.scalars(
        wanted.order_by(*held.model.__table__.primary_key)
    ).all()
    names = [each.name for each in held.model.__table__.columns if each.name not in held.ours]
    further = held.further(who)
    for row in found:
        yield {**{name: _plain(getattr(row, name)) for name in names}, **further(row)}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _delete(
    model: type[Base], hers: Callable[[Person], ColumnElement[bool]]
) -> Callable[..., None]:
    def erase(who: Person) -> None:
        db.session.execute(
            delete(model).where(hers(who)).execution_options(synchronize_session=False)
        )

    return erase


def _by_address(who: Person, key: Any, at: Any) -> ColumnElement[bool]:
    """By the address she has, or by one that was hers then."""
    return or_(
        key == who.address_key, *(and_(key == one, at <= until) for one, until in who.former)
    )


def _her_comments(who: Person) -> ColumnElement[bool]:
    return _by_address(who, Comment.address_key, Comment.created_at)


def _her_notices(who: Person) -> ColumnElement[bool]:
    """To her address, or about what is hers; the desk's own mail to an editor is another matter."""
    to_her = _by_address(who, func.lower(Notice.address), Notice.created_at)
    about_her = Notice.subscription_id.in_(who.subscription_ids)
    return or_(to_her, about_her) & Notice.editor_id.is_(None)


def _asks_another(who: Person) -> ColumnElement[bool]:
    """The question to an address that she wants to have: that it was put tells that nobody has it."""
    to_her = _by_address(who, func.lower(Notice.address), Notice.created_at)
    return (Notice.kind == NoticeKind.ADDRESS_CONFIRMATION) & ~to_her


def _empty_notices(who: Person) -> None:
    """They stay as numbers; what still waits is not sent."""
    hers = _her_notices(who)
    waiting = hers & (Notice.state == NoticeState.WAITING)
    now = clock.now()
    for which, values in (
        (waiting, {"state": NoticeState.DROPPED, "settled_at": now}),
        (hers, {"address": "", "answer": "", "source": "", "subscription_ids": []}),
    ):
        db.session.execute(
            update(Notice).where(which).values(values).execution_options(synchronize_session=False)
        )


def _empty_deliveries(who: Person) -> None:
    """The ledger goes on adding up; what relays said may name her address, and goes."""
    db.session.execute(
        update(Delivery)
        .where(Delivery.subscriber_id == who.subscriber_id)
        .values(answer="", queue_id="")
        .execution_options(synchronize_session=False)
    )


def _erase_changes(who: Person) -> None:
    """Hers, and her address where somebody else wanted to have it."""
    _delete(AddressChange, _of_subscriber(AddressChange.subscriber_id))(who)
    wanted = AddressChange.address_hash.in_(keys.hashes(who.address_key))
    db.session.execute(
        update(AddressChange)
        .where(wanted)
        .values(address="")
        .execution_options(synchronize_session=False)
    )


def _erase_comments(who: Person) -> None:
    for comment in db.session.scalars(select(Comment).where(_her_comments(who))).all():
        comments.withdraw(comment)


def _keep(who: Person) -> None:
    """What keeps her from being written to again outlives her, without her address."""


def _of_subscriptions(column: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda who: column.in_(who.subscription_ids)


def _of_subscriber(column: Any) -> Callable[[Person], ColumnElement[bool]]:
    return lambda who: column == who.subscriber_id


def _change(who: Person) -> Callable[[AddressChange], Row]:
    """Until it has confirmed, the address is perhaps somebody else's."""
    return lambda row: {"address": row.address if row.confirmed_at else ""}


def _newsletter(who: Person) -> Callable[[Any], Row]:
    names = _by_id(select(Newsletter.id, Newsletter.name))
    return lambda row: {"newsletter": names.get(row.newsletter_id, "")}


def _question(who: Person) -> Callable[[Detail], Row]:
    labels = _by_id(select(Question.id, Question.label))
    return lambda row: {"question": labels.get(row.question_id, "")}


def _edition(who: Person) -> Callable[[Delivery], Row]:
    hers = select(Delivery.edition_id).where(Delivery.subscriber_id == who.subscriber_id)
    subjects = _by_id(select(Edition.id, Edition.subject).where(Edition.id.in_(hers)))
    return lambda row: {"subject": subjects.get(row.edition_id, "")}


def _by_id(pairs: Select[int, str]) -> dict[int, str]:
    return dict(db.session.execute(pairs).all())


def _hers(model: type[Base], which: Callable[[Person], ColumnElement[bool]], **more: Any) -> Held:
    """A table whose rows about her simply go."""
    return Held(model, which, _delete(model, which), **more)


HELD = (
    _hers(Subscriber, _of_subscriber(Subscriber.id)),
    _hers(Subscription, _of_subscriber(Subscription.subscriber_id), further=_newsletter),
    _hers(Consent, _of_subscriptions(Consent.subscription_id)),
    _hers(Detail, _of_subscriptions(Detail.subscription_id), further=_question),
    Held(
        AddressChange,
        _of_subscriber(AddressChange.subscriber_id),
        _erase_changes,
        ours=frozenset({"address_hash"}),
        further=_change,
    ),
    Held(
        Delivery,
        _of_subscriber(Delivery.subscriber_id),
        _empty_deliveries,
        ours=frozenset({"batch_id"}),
        further=_edition,
    ),
    Held(
        Notice,
        _her_notices,
        _empty_notices,
        # A proof's source is the newsroom's draft.
        ours=frozenset({"source", "lease_until", "fence", "strikes", "once", "editor_id"}),
        further=_newsletter,
        untold=_asks_another,
    ),
    Held(
        Comment,
        _her_comments,
        _erase_comments,
        ours=frozenset({"press"}),
    ),
    Held(
        Suppression,
        lambda who: Suppression.address_hash.in_(keys.hashes(who.address_key)),
        _keep,
    ),
)

NOT_HERS = {
    "editor": "people of the desk, who are no readers",
    "newsletter": "the newsletter's own sender and postal address",
    "imprint": "who answers for the installation, with their postal addresses",
    "batch": "numbers of subscribers alone; once she is erased, nobody stands behind hers",
    "moderation": "what editors did to a comment; it names the editor and goes with the comment",
}
"""Tables that look as if they were about readers, and why they are not told or erased with one."""
