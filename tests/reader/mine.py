"""A reader's own page, for tests: its paths, and rows as they stand after a press."""

from __future__ import annotations

from sqlalchemy import select

from app.core import address_changes, own_pages
from app.extensions import db, links
from app.models import AddressChange, Newsletter, Rubric, RubricKind, Subscriber, Subscription

RUBRICS = (
    (RubricKind.LEAD, "À la Une", "a-la-une"),
    (RubricKind.BRIEFS, "Dans l’actu", "dans-l-actu"),
    (RubricKind.SPONSORED, "Avec notre partenaire", "partenaire"),
)


def with_rubrics(letter: Newsletter) -> Newsletter:
    """The newsletter with three rubrics, one of them sponsored; committed."""
    letter.every_rubric = [
        Rubric(position=position, kind=kind, title=title, anchor=anchor)
        for position, (kind, title, anchor) in enumerate(RUBRICS)
    ]
    db.session.commit()
    return letter


def lasting(subscription: Subscription) -> str:
    """The path of the link in every issue."""
    return f"/mine/{links().subscription_token(subscription.id)}"


def fresh(subscriber: Subscriber) -> str:
    """The path of the link that is mailed on demand."""
    url = links().fresh_mine(subscriber.id, own_pages.seal(subscriber))
    return url.removeprefix(links().url(""))


def moving(subscription: Subscription) -> list[str]:
    """The paths of a change of address, for the new one and the old one; committed."""
    address_changes.ask(subscription.subscriber, "ailleurs@hebdo.test")
    db.session.commit()
    change = db.session.scalars(select(AddressChange)).one()
    made = (links().new_address(change.id), links().old_address(change.id))
    return [url.removeprefix(links().url("")) for url in made]


def anew(subscription: Subscription) -> Subscription:
    """The subscription as it is in the database now."""
    db.session.expire_all()
    return subscription
