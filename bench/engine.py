"""The sending engine beside smtp-source and smtplib, whole chain: worker, ledger, journal, composing.

    python -m bench.engine [NAME ...] [--rounds 10]     (names: see SCENARIOS; all without any)

All send the same 61 KB to the same sink, by turns (`bench.rounds`); planned = ledger = received in
every round, or the run does not count. Prints sentences for people, then one JSON line a figure.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from bench import parts, peers, rounds, sinks
from bench.installation import Installation, Sent, Setup, installed
from bench.sinks import Sink

SOURCE = "engine_over_smtp_source"
SMTPLIB = "engine_over_smtplib"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One comparison. A round of either side lasts a second or more at the rates of a small machine."""

    figure: str
    sink: str = sinks.FAST
    database: str = parts.POSTGRESQL
    readers: int = 20_000
    count: int = 20_000
    """Messages of the other sender in a round."""
    sessions: int = 20
    """Of the other sender; ours has ten, as by default, and as many behind latency."""
    connections: int = 10
    latency_ms: int = 0
    keep: bool = True
    """Whether smtp-source keeps its connections."""
    slots: int = 1

    @property
    def described(self) -> dict[str, object]:
        """What a figure says besides its value."""
        return {
            "sink": self.sink,
            "database": self.database,
            "latency_ms": self.latency_ms,
            "connections": self.connections * self.slots,
            "sessions": self.sessions,
            **({} if self.keep else {"connection_each": True}),
        }


SCENARIOS = {
    "fast": Scenario(SOURCE),
    "smtp-sink": Scenario(SOURCE, sink=sinks.SMTP_SINK, readers=8_000, count=8_000),
    "sqlite": Scenario(SOURCE, database=parts.SQLITE, readers=15_000),
    "two-slots": Scenario(SOURCE, slots=2),
    "tls": Scenario(SOURCE, sink=sinks.TLS, readers=10_000, count=10_000),
    "lock-step": Scenario(SOURCE, sink=sinks.LOCK_STEP, readers=15_000),
    "connection-each": Scenario(SOURCE, keep=False, count=8_000),
    "latency": Scenario(SOURCE, readers=2_000, count=500, connections=20, latency_ms=20),
    "smtplib": Scenario(SMTPLIB, count=2_500, sessions=10),
    "smtplib-latency": Scenario(SMTPLIB, readers=2_000, count=350, connections=20, latency_ms=20),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="The engine beside other senders.")
    parser.add_argument("names", nargs="*", choices=[*SCENARIOS, []], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    figures = []
    for name in asked.names or SCENARIOS:
        figures += measure(name, asked.rounds)
    rounds.show(figures)


def measure(name: str, count: int) -> list[dict[str, object]]:
    one = SCENARIOS[name]
    print(f"\n{name}: {one.figure}, {count} rounds")
    with sinks.running(one.sink) as sink, road(one, sink) as port:
        setup = Setup(one.readers, one.database, one.connections, one.slots, port=port)
        with installed(setup, sink) as ours:
            return compare(one, ours, count, port)


@contextlib.contextmanager
def road(one: Scenario, sink: Sink) -> Iterator[int]:
    """The port to send to: the sink's, or that of the proxy before it."""
    if not one.latency_ms:
        yield sink.port
        return
    port = parts.free_port()
    command = [sys.executable, "-m", "bench.proxy", str(port), str(sink.port), str(one.latency_ms)]
    with parts.process(command) as proxy:
        assert proxy.stdout is not None
        proxy.stdout.readline()
        yield port


def compare(one: Scenario, ours: Installation, count: int, port: int) -> list[dict[str, object]]:
    sent: list[Sent] = []

    def our() -> float:
        sent.append(ours.send())
        return sent[-1].rate

    # The first send compiles, connects and warms; it counts for nothing.
    ours.send()
    mine = psutil.Process(os.getpid())
    parties = (mine, ours.database.server)
    before, others = sum(map(parts.cpu_seconds, parties)), rounds.Bystanders()
    found = rounds.by_turns(count, other(one, ours, port), our)
    share = others.share(sum(map(parts.cpu_seconds, parties)) - before)
    what = "smtp-source" if one.figure == SOURCE else "smtplib"
    print(rounds.told(f"engine over {what}", found))
    print(costs(ours, sent, share))
    return [
        rounds.ratio(one.figure, found, **one.described, bystanders=round(share, 3)),
        cpu("sender_cpu_us", [each.sender_us for each in sent], one),
        cpu("database_cpu_us", [each.database_us for each in sent], one),
        cpu("sink_cpu_us", [each.sink_us for each in sent], one),
    ]


def other(one: Scenario, ours: Installation, port: int) -> Callable[[], float]:
    def send() -> float:
        if one.figure == SMTPLIB:
            rate = peers.by_smtplib(port, ours.message, one.count, one.sessions)
        else:
            rate = peers.smtp_source(port, ours.message, one.count, one.sessions, keep=one.keep)
        if ours.sink.counts and (told := ours.sink.taken()).taken != one.count:
            raise SystemExit(f"the sink does not agree with the other sender: {told}")
        return rate

    return send


def cpu(figure: str, values: list[float], one: Scenario) -> dict[str, object]:
    return rounds.plain(figure, values, **one.described)


def costs(ours: Installation, sent: list[Sent], share: float) -> str:
    sender, database, sink = (
        statistics.median(values)
        for values in zip(
            *((each.sender_us, each.database_us, each.sink_us) for each in sent), strict=True
        )
    )
    return (
        f"  CPU a message: sender {sender:.0f} µs, database {database:.0f} µs, sink {sink:.0f} µs;"
        f" sender {parts.peak_rss_mb(ours.worker):.0f} MB at most;"
        f" others took {share:.0%} of the machine"
    )


if __name__ == "__main__":
    main()
