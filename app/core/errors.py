"""Refusals, for people. `app/errors.py` alone knows which page and status each becomes.

    Refusal
    ├── Invalid      what was given does not do; `faults` says where and what to do
    ├── NotFound     there is no such thing, or not for you
    │   └── Gone     the person whose it was has been erased
    ├── Conflict     somebody was quicker, or the thing is past changing
    └── NotAllowed   you may not

Losing a race is no refusal: the verb returns None.
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """Says in words what cannot be done and what to do instead."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message
        """A sentence; may be a lazy string that takes its language when it is shown."""

    def __str__(self) -> str:
        return str(self.message)


class Invalid(Refusal):
    """Carries one sentence per faulty field."""

    def __init__(self, message: object, faults: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.faults: Mapping[str, object] = faults or {}


class NotFound(Refusal):
    pass


class Gone(NotFound):
    pass


class Conflict(Refusal):
    pass


class NotAllowed(Refusal):
    pass
