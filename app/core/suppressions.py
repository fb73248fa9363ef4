"""Suppressions: addresses we must not mail. They outlive the subscriber: an import cannot wake the dead.

An address is known by its keyed hash, so that one who asked to be erased stays known to nobody and
still unmailed. Older secrets are looked up too: turning the key forgets no one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.core import addresses, clock
from app.extensions import db, keys
from app.models import Suppression, SuppressionReason

CHUNK = 500
"""Addresses looked up at a time: SQLite took 999 variables in a statement until 3.32."""


def suppress(address: str, reason: SuppressionReason, note: str = "") -> Suppression:
    """From now on nothing goes to this address. Twice is once: the first reason stands.

    For ERASED only the hash is kept, and an address kept until then is forgotten.
    """
    erased = reason is SuppressionReason.ERASED
    found = find(address) or _add(address, reason, note)
    if erased:
        found.address = ""
        db.session.flush()
    return found


def lift(address: str) -> bool:
    """Let mail go there again, because its owner or an operator said so; False when it could already."""
    hashes = keys.hashes(addresses.key(address))
    lifted = db.session.execute(
        delete(Suppression)
        .where(Suppression.address_hash.in_(hashes))
        .returning(Suppression.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(lifted)


def find(address: str) -> Suppression | None:
    hashes = keys.hashes(addresses.key(address))
    return db.session.scalar(select(Suppression).where(Suppression.address_hash.in_(hashes)))


def among(address_keys: Collection[str]) -> set[str]:
    """Which of these addresses (in lower case) are suppressed."""
    owners = {
        address_hash: address_key
        for address_key in address_keys
        for address_hash in keys.hashes(address_key)
    }
    hashes = list(owners)
    suppressed: set[str] = set()
    for start in range(0, len(hashes), CHUNK):
        found = select(Suppression.address_hash).where(
            Suppression.address_hash.in_(hashes[start : start + CHUNK])
        )
        suppressed.update(owners[address_hash] for address_hash in db.session.scalars(found))
    return suppressed


def listing(after: int = 0, limit: int = 100) -> Sequence[Suppression]:
    """In the order they came, from the one behind the id `after`."""
    found = select(Suppression).where(Suppression.id > after).order_by(Suppression.id).limit(limit)
    return db.session.scalars(found).all()


def _add(address: str, reason: SuppressionReason, note: str) -> Suppression:
    made = Suppression(
        address_hash=keys.hashes(addresses.key(address))[0],
        address=addresses.key(address),
        reason=reason,
        note=note,
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        # Another worker learned of the same bounce a moment ago.
        found = find(address)
        if found is None:
            raise
        return found
    return made
