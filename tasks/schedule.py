"""What beat rings for, and how often. Each is harmless when it comes twice, or from three beats."""

from __future__ import annotations

from typing import Any

BEATS: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "tasks.lookout.sweep",
        "schedule": 5.0,
        # Rings that nobody heard in time are dropped: the next one says the same.
        "options": {"expires": 5, "queue": "deliveries"},
    },
    "comments": {
        "task": "tasks.comments.sweep",
        "schedule": 60.0,
        "options": {"expires": 60, "queue": "notices"},
    },
    "alive in deliveries": {
        "task": "tasks.lookout.alive",
        "schedule": 15.0,
        "args": ["deliveries"],
        "options": {"expires": 15, "queue": "deliveries"},
    },
    "alive in notices": {
        "task": "tasks.lookout.alive",
        "schedule": 15.0,
        "args": ["notices"],
        "options": {"expires": 15, "queue": "notices"},
    },
}
