"""Enrolments: people who consented elsewhere, brought in from a file, with where and when they did.

An import cannot bring back who left or who must not be mailed: both are said, row by row.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import addresses, answers, clock, consents, preferences, subscribers, suppressions
from app.core.addresses import Address
from app.core.consents import Proof
from app.core.errors import Invalid
from app.extensions import _, db
from app.models import ConsentAct, Newsletter, Subscriber, Subscription, SubscriptionState
from emails import typed

CHUNK = 500
"""Rows looked up and written together. Whoever commits after each of them keeps no sign-up waiting
for long, and two imports never wait for each other in a ring.
"""


class ImportOutcome(StrEnum):
    """What became of one row of an import."""

    ADDED = "added"
    ALREADY = "already"
    """Confirmed before; nothing changed."""
    LEFT = "left"
    """She left this newsletter: an import cannot bring her back."""
    SUPPRESSED = "suppressed"
    REPEATED = "repeated"
    """The address stands further up in the same file."""
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One person of an import, as the file has her; `line` from 1."""

    line: int
    address: str
    first_name: str = ""
    language: str = ""
    """One of `preferences.LANGUAGES`, also as `EN` or `en-GB`; empty: the newsletter's."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """To the newsletter's own questions, by name; nobody asked for those that are missing."""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What the import says of one row."""

    line: int
    address: str
    outcome: ImportOutcome
    why: object = ""
    """For INVALID, a sentence."""


Read = tuple[ImportRow, Address | Invalid]
"""A row, and its address or what is wrong with it."""

Known = Mapping[str, tuple[Subscriber, Subscription | None]]
"""Persons by their address's key, and how they stand with the newsletter of the import."""


def import_confirmed(
    rows: Iterable[ImportRow], newsletter: Newsletter, source: str, consented_at: dt.datetime
) -> Iterator[ImportLine]:
    """Bring in people who consented elsewhere; says of each row, in order, what became of it.

    `source` and `consented_at` stand in each one's proof of consent. Nobody is mailed. Runs as it
    is read, `CHUNK` rows at a time; the caller commits. Twice adds nobody twice. Raises Invalid,
    before a row is read, when `consented_at` is still to come.
    """
    if consented_at > clock.now():
        sentence = _("Please give the day on which they consented: this one is still to come.")
        raise Invalid(sentence, {"consented_at": sentence})
    # What raises must not wait, as a generator does, until somebody asks for the first line.
    return _bring_in(rows, _Intake(newsletter, Proof(source=source), consented_at))


def _bring_in(rows: Iterable[ImportRow], intake: _Intake) -> Iterator[ImportLine]:
    seen: set[str] = set()
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield from intake.take(chunk, seen)


@dataclass(frozen=True, slots=True)
class _Intake:
    """The settings of one import, and its steps over a chunk."""

    newsletter: Newsletter
    proof: Proof
    consented_at: dt.datetime

    def take(self, chunk: Sequence[ImportRow], seen: set[str]) -> list[ImportLine]:
        """Their lines, in order, once all that was new is written."""
        read = [(row, _read(row)) for row in chunk]
        keys = _keys(read)
        fresh = keys - seen
        known = _hold(keys, self.newsletter)
        while True:
            try:
                with db.session.begin_nested():
                    return self._lines(read, seen, known)
            except IntegrityError:
                # Somebody signed up one of them a moment ago, and we waited for her commit.
                before, known = known.keys(), _hold(keys, self.newsletter)
                if known.keys() <= before:
                    raise
                seen -= fresh

    def _lines(self, read: Sequence[Read], seen: set[str], known: Known) -> list[ImportLine]:
        # Asked once all are held: who had herself erased while we waited for her row is among them.
        suppressed = suppressions.among(_keys(read))
        # New ones are written in one order, so that two imports never wait for each other in a ring.
        in_order = sorted(read, key=_place)
        lines = [self._line(row, found, seen, suppressed, known) for row, found in in_order]
        return sorted(lines, key=lambda line: line.line)

    def _line(
        self,
        row: ImportRow,
        found: Address | Invalid,
        seen: set[str],
        suppressed: set[str],
        known: Known,
    ) -> ImportLine:
        if isinstance(found, Invalid):
            return ImportLine(row.line, row.address, ImportOutcome.INVALID, found.message)
        if found.key in seen:
            outcome = ImportOutcome.REPEATED
        elif found.key in suppressed:
            outcome = ImportOutcome.SUPPRESSED
        else:
            try:
                outcome = self._admit(row, found, *known.get(found.key, (None, None)))
            except Invalid as refusal:
                return ImportLine(row.line, found.written, ImportOutcome.INVALID, _told(refusal))
        seen.add(found.key)
        return ImportLine(row.line, found.written, outcome)

    def _admit(
        self,
        row: ImportRow,
        address: Address,
        subscriber: Subscriber | None,
        subscription: Subscription | None,
    ) -> ImportOutcome:
        if subscription is not None and subscription.state is SubscriptionState.CONFIRMED:
            return ImportOutcome.ALREADY
        if subscription is not None and subscription.ended_at is not None:
            # Also while a sign-up waits to be confirmed: anybody can have typed her address.
            return ImportOutcome.LEFT
        language = _language(row.language) or self.newsletter.language
        kept = answers.read_all(self.newsletter.questions, row.answers, partly=True)
        if subscription is None:
            person = subscriber or self._subscriber(row, address, language)
            subscription = self._subscription(person)
        subscription.state = SubscriptionState.CONFIRMED
        subscription.confirmed_at = self.consented_at
        consents.record(subscription, ConsentAct.IMPORTED, self.proof, self.consented_at)
        if kept:
            db.session.flush()
            answers.keep(subscription, kept)
        return ImportOutcome.ADDED

    def _subscriber(self, row: ImportRow, address: Address, language: str) -> Subscriber:
        made = Subscriber(
            address=address.written,
            address_key=address.key,
            first_name=typed.line(row.first_name)[: subscribers.LONGEST_NAME],
            language=language,
            created_at=clock.now(),
        )
        db.session.add(made)
        return made

    def _subscription(self, subscriber: Subscriber) -> Subscription:
        made = Subscription(
            subscriber=subscriber,
            newsletter=self.newsletter,
            state=SubscriptionState.PENDING,
            asked_at=self.consented_at,
        )
        db.session.add(made)
        return made


def _read(row: ImportRow) -> Address | Invalid:
    try:
        return addresses.read(row.address)
    except Invalid as refusal:
        return refusal


def _place(one: Read) -> str:
    _row, found = one
    return found.key if isinstance(found, Address) else ""


def _keys(read: Iterable[Read]) -> set[str]:
    return {found.key for _, found in read if isinstance(found, Address)}


def _language(written: str) -> str:
    """`en` of `en-GB`; empty for none. Raises Invalid for one that our pages do not speak."""
    language = re.split("[-_]", written.strip().lower())[0]
    if language and language not in preferences.LANGUAGES:
        sentence = _("Choose fr or en.")
        raise Invalid(sentence, {"language": sentence})
    return language


def _told(refusal: Invalid) -> str:
    """Each faulty column with its sentence."""
    return " ".join(f"{name}: {sentence}" for name, sentence in refusal.faults.items())


def _hold(keys: set[str], newsletter: Newsletter) -> Known:
    """Those who are known, as they stand now; nobody else signs them up, ends or confirms anything of
    theirs until the transaction ends. In one order everywhere: persons, then subscriptions, by number."""
    persons = db.session.scalars(
        select(Subscriber)
        .where(Subscriber.address_key.in_(keys))
        .order_by(Subscriber.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    theirs = db.session.scalars(
        select(Subscription)
        .where(Subscription.newsletter_id == newsletter.id)
        .where(Subscription.subscriber_id.in_([each.id for each in persons]))
        .order_by(Subscription.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    standings = {each.subscriber_id: each for each in theirs}
    return {each.address_key: (each, standings.get(each.id)) for each in persons}
