"""Rounds by turns, S E S E … S, and what may be said of them.

The value of a round is E over the mean of its two neighbours, so that a machine that grows slower
slows both; the ratio of one S to the next is the noise, and what lies inside it is no difference.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Rounds:
    """What was measured by turns: messages a second, requests a second, or whatever has a rate."""

    others: list[float]
    """S, one more than there are rounds."""
    ours: list[float]
    """E."""

    @property
    def ratios(self) -> list[float]:
        pairs = itertools.pairwise(self.others)
        return [one / statistics.mean(two) for one, two in zip(self.ours, pairs, strict=True)]

    @property
    def noise(self) -> tuple[float, float]:
        found = [after / before for before, after in itertools.pairwise(self.others)]
        return min(found), max(found)

    @property
    def is_noise(self) -> bool:
        low, high = self.noise
        return low <= statistics.median(self.ratios) <= high


def by_turns(count: int, other: Callable[[], float], our: Callable[[], float]) -> Rounds:
    """`count` rounds; each call gives a rate."""
    others, ours = [other()], []
    for number in range(count):
        ours.append(our())
        others.append(other())
        print(
            f"  round {number + 1}: ours {ours[-1]:,.0f}/s, the other {others[-1]:,.0f}/s",
            flush=True,
        )
    return Rounds(others, ours)


def quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def told(what: str, found: Rounds) -> str:
    """For people."""
    low, middle, high = quartiles(found.ratios)
    calm, wild = found.noise
    lines = [
        f"{what}: {middle:.2f}, quartiles {low:.2f} to {high:.2f},"
        f" range {min(found.ratios):.2f} to {max(found.ratios):.2f};"
        f" {statistics.median(found.ours):,.0f}/s beside {statistics.median(found.others):,.0f}/s;"
        f" noise {calm:.2f} to {wild:.2f}"
    ]
    if found.is_noise:
        lines.append("  inside the noise: no difference is claimed")
    return "\n".join(lines)


def ratio(figure: str, found: Rounds, **told: object) -> dict[str, object]:
    """The figure of a comparison, for machines."""
    low, middle, high = quartiles(found.ratios)
    return {
        "figure": figure,
        **told,
        "value": round(middle, 3),
        "low": round(low, 3),
        "high": round(high, 3),
        "rounds": len(found.ratios),
        "noise": [round(one, 3) for one in found.noise],
        "inside_noise": found.is_noise,
        "ours_per_s": round(statistics.median(found.ours)),
        "other_per_s": round(statistics.median(found.others)),
    }


def plain(figure: str, values: list[float], **told: object) -> dict[str, object]:
    """A figure that is compared with nothing: its median and quartiles."""
    low, middle, high = (round(one, 3) for one in quartiles(values))
    rounds = {"low": low, "high": high, "rounds": len(values)} if len(values) > 1 else {}
    return {"figure": figure, **told, "value": middle, **rounds}


def show(figures: list[dict[str, object]]) -> None:
    """One JSON line a figure."""
    for one in figures:
        print(json.dumps(one), flush=True)


class Bystanders:
    """What share of the machine others took while we measured: more than a few hundredths is noise."""

    def __init__(self) -> None:
        self.at = time.monotonic()
        self.busy = _busy()

    def share(self, ours: float) -> float:
        """Of all cores, 0 to 1; `ours` is the CPU seconds that the measured processes took since."""
        cores = psutil.cpu_count() or 1
        spent = _busy() - self.busy - ours
        return max(spent, 0.0) / ((time.monotonic() - self.at) * cores)


def _busy() -> float:
    times = psutil.cpu_times()
    return float(
        sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0)
    )
