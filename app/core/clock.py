"""The one clock. Tests move it, also for workers in other processes."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
"""The newsroom's day: an issue sent at half past midnight there carries that day's date."""

TEST_CLOCK = "HEBDO_TEST_CLOCK"
"""Names a file that holds the seconds to add to the time; never set outside tests."""


# CLOCK_MONOTONIC stands still on Linux while the machine sleeps; elsewhere it runs on.
_RUNS_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def ticks() -> float:
    """Seconds since some moment: never set back, and counted also while the machine sleeps."""
    return time.clock_gettime(_RUNS_ON)


def now() -> dt.datetime:
    """The time, aware, UTC."""
    moment = dt.datetime.now(dt.UTC)
    moved = os.environ.get(TEST_CLOCK)
    return moment + _offset(Path(moved)) if moved else moment


def _offset(moved: Path) -> dt.timedelta:
    try:
        return dt.timedelta(seconds=float(moved.read_text(encoding="ascii") or 0))
    except FileNotFoundError:
        return dt.timedelta()
