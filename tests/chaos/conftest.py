"""An installation with a relay that is the oracle."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from app.settings import Settings
from tests.conftest import use_relay
from tests.relay import StoryRelay


@pytest.fixture
def relay() -> Iterator[StoryRelay]:
    with StoryRelay() as relay:
        yield relay


@pytest.fixture
def known(flask_app: Flask, relay: StoryRelay, broker: str) -> Settings:
    """The settings that workers of this test are started with, and that bells are rung by."""
    use_relay(flask_app, relay.relay, connections=4)
    found = dataclasses.replace(flask_app.extensions["hebdo.settings"], redis_url=broker)
    flask_app.extensions["hebdo.settings"] = found
    return found
