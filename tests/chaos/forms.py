"""The short form of the chaos tests, for every run, and the long one, for `make chaos`."""

from __future__ import annotations

import os

import pytest

LONG = os.environ.get("HEBDO_CHAOS") == "long"
READERS = 10_000 if LONG else 600
KILLS = 30 if LONG else 4
STOPS = 4 if LONG else 2
SEEDS = range(20 if LONG else 1)
"""For faults at random moments."""
NODES = range(4 if LONG else 1)
"""The same where each kill costs the start of a whole node."""
NODE_KILLS = 30 if LONG else 2
PATIENCE = 900.0 if LONG else 180.0
"""Seconds in which a send must be over."""

DATABASES = ("sqlite", "postgresql")


def on(*databases: str) -> pytest.MarkDecorator:
    """On which database a test runs in the short form; the long one takes both."""
    return pytest.mark.parametrize("settings", DATABASES if LONG else databases, indirect=True)


def by_turns(seeds: range, *databases: str) -> pytest.MarkDecorator:
    """The same with a seed for each run; the long form takes the two databases by turns."""
    long = [(DATABASES[seed % 2], seed) for seed in seeds]
    short = [(database, seed) for database in databases for seed in seeds]
    return pytest.mark.parametrize(
        ("settings", "seed"), long if LONG else short, indirect=["settings"]
    )
