"""Bombing: ten thousand scripted sign-ups are at most one mail an address, with the caps and without.

How long answers take is measured by `bench/sign_ups.py`; here only mails are counted.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import suppressions
from app.extensions import db
from app.models import Notice, SuppressionReason
from tasks import notices
from tests import pages, people
from tests.conftest import use_relay
from tests.relay import StoryRelay

ADDRESSES, NETWORKS, ROBOTS = 200, 50, 4

KNOWN, SUPPRESSED = "robot-7@hebdo.test", "robot-9@hebdo.test"

PAGE = "/newsletters/essentiel-ia"


def attack(flask_app: Flask, robot: int, times: int) -> Counter[int]:
    """One robot: the form's own fields, then as many posts as it can; what they were answered."""
    client = flask_app.test_client()
    with flask_app.app_context():
        fields = pages.hidden(client.get(PAGE).text)
        db.session.remove()
    found: Counter[int] = Counter()
    for n in range(robot, times, ROBOTS):
        address = f"robot-{n % ADDRESSES}@hebdo.test"
        typed = {"address": address.upper() if n % 3 else address, "first_name": f"Pills {n}"}
        several = n % 5 == 0
        asked = {"newsletters": ["autre", "essentiel-ia"]} if several else {"consent": "y"}
        # In turn over all addresses, and over the networks in another rhythm.
        visitor = f"198.51.{(n // ADDRESSES + n) % NETWORKS}.{n % 7}"
        answer = client.post(
            "/" if several else "/subscribe",
            data={**fields, **typed, **asked},
            environ_base={"REMOTE_ADDR": visitor},
        )
        found[answer.status_code] += 1
    return found


def bomb(flask_app: Flask, times: int) -> Counter[int]:
    db.session.remove()
    with ThreadPoolExecutor(ROBOTS) as robots:
        found = robots.map(attack, repeat(flask_app), range(ROBOTS), repeat(times))
        return sum(found, Counter())


def mailed(flask_app: Flask) -> Counter[str]:
    """Whom the relay got a mail for, once everything owed was sent."""
    with StoryRelay() as relay:
        use_relay(flask_app, relay.relay)
        for notice_id in db.session.scalars(select(Notice.id)).all():
            notices.post(notice_id)
    assert not any(b"Pills" in mail.data for mail in relay.received)
    return Counter(address.lower() for address in relay.recipients)


def stage() -> None:
    of = people.newsletter()
    people.newsletter("autre")
    people.confirmed(of, KNOWN)
    suppressions.suppress(SUPPRESSED, SuppressionReason.COMPLAINT)
    # What she was owed for her own sign-up is not what the robots owe.
    for notice in db.session.scalars(select(Notice)):
        db.session.delete(notice)
    db.session.commit()


# Half a minute of work; what depends on the database is the rule, which the next test asks of both.
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_ten_thousand_sign_ups_are_at_most_one_mail_an_address(limited_app: Flask) -> None:
    stage()
    answers = bomb(limited_app, 10_000)
    assert answers.keys() == {303, 429}
    assert answers.total() == 10_000
    # Ten an hour for each address at the most, whatever network it comes from.
    assert answers[303] <= 10 * ADDRESSES
    found = mailed(limited_app)
    assert set(found.values()) == {1}
    assert SUPPRESSED not in found
    assert len(found) == ADDRESSES - 1


def test_the_rule_stands_where_no_cap_counts(flask_app: Flask) -> None:
    stage()
    answers = bomb(flask_app, 2 * ADDRESSES)
    assert answers == {303: 2 * ADDRESSES}
    found = mailed(flask_app)
    assert set(found.values()) == {1}
    assert SUPPRESSED not in found
