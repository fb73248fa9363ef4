"""The notices about a reader's own page and her address: whether they are still wanted, and their words."""

from __future__ import annotations

from app.core import address_changes, own_pages
from app.extensions import links
from app.models import AddressChange, Notice, NoticeKind, Subscriber, Subscription
from emails import notices as letters
from emails.values import Masthead
from emails.values import Notice as Letter

HER_OWN = frozenset(
    {
        NoticeKind.MY_SUBSCRIPTION,
        NoticeKind.ADDRESS_CONFIRMATION,
        NoticeKind.ADDRESS_TAKEN,
        NoticeKind.ADDRESS_CHANGING,
    }
)
FRESH_HOURS = int(own_pages.FRESH.total_seconds() // 3600)
CONFIRM_HOURS = int(address_changes.CONFIRM_WITHIN.total_seconds() // 3600)


def unwanted(notice: Notice) -> str:
    """Why it is no longer to be sent; empty when it is."""
    if notice.subscription is None:
        return "the subscriber is gone by now"
    if notice.kind in (NoticeKind.MY_SUBSCRIPTION, NoticeKind.ADDRESS_TAKEN):
        return ""
    return "" if _change(notice) is not None else "the change of address was stopped by now"


def write(notice: Notice, subscription: Subscription, masthead: Masthead) -> Letter:
    subscriber = subscription.subscriber
    if notice.kind is NoticeKind.MY_SUBSCRIPTION:
        return letters.my_subscription(masthead, _fresh_link(subscriber), FRESH_HOURS)
    if notice.kind is NoticeKind.ADDRESS_TAKEN:
        return letters.address_taken(masthead, _fresh_link(subscriber))
    change = _change(notice)
    assert change is not None
    if notice.kind is NoticeKind.ADDRESS_CONFIRMATION:
        url = links().new_address(change.id)
        return letters.address_confirmation(masthead, url, CONFIRM_HOURS)
    return letters.address_changing(masthead, links().old_address(change.id))


def _fresh_link(subscriber: Subscriber) -> str:
    return links().fresh_mine(subscriber.id, own_pages.seal(subscriber))


def _change(notice: Notice) -> AddressChange | None:
    return address_changes.find_open(int(notice.source))
