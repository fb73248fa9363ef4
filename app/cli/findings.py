"""Findings: what the doctor says of one thing it looked at, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    ok: bool | None
    """None: nobody could tell, which is no fault."""
    says: str
    do: str = ""
    """What to do, records to publish on lines of their own; empty when nothing is."""

    @property
    def mark(self) -> str:
        return {True: "ok ", False: "NO ", None: "?? "}[self.ok]
