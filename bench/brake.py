"""Is the sink a brake? smtp-source alone against it, one process and several, and what it spends.

    python -m bench.brake [--rounds 3]

A sink that spends 30 µs a message can take 33,000 a second: as long as that is far above what a
sender reaches, and a second process of smtp-source finds it not slower, it does not hold them up.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from bench import parts, peers, rounds, sinks
from bench.sinks import Sink

MESSAGES = 30_000
WEIGHT = 61_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Is the sink a brake?")
    parser.add_argument("--rounds", type=int, default=3)
    rounds.show(measure(parser.parse_args().rounds))


def measure(count: int) -> list[dict[str, object]]:
    figures: list[dict[str, object]] = []
    print("\nthe sinks, smtp-source alone against each")
    with tempfile.TemporaryDirectory(prefix="hebdo-brake-") as name:
        message = Path(name) / "message.eml"
        line = b"Une phrase de mesure, ni longue ni courte, pour peser.\n"
        message.write_bytes(b"Subject: Mesure\n\n" + line * (WEIGHT // len(line)))
        for kind in (sinks.FAST, sinks.TLS, sinks.SMTP_SINK):
            with sinks.running(kind) as sink:
                for processes in (1, 3):
                    figures.append(one_kind(sink, message, processes, count))
    return figures


def one_kind(sink: Sink, message: Path, processes: int, count: int) -> dict[str, object]:
    rates, spent = [], []
    for _ in range(count):
        before, began = parts.cpu_seconds(sink.family), time.monotonic()
        at_once(sink.port, message, processes)
        rates.append(MESSAGES / (time.monotonic() - began))
        spent.append((parts.cpu_seconds(sink.family) - before) / MESSAGES * 1e6)
        if sink.counts and (seen := sink.taken()).taken != MESSAGES:
            raise SystemExit(f"the sink lost some: {seen}")
    rate, cost = rounds.quartiles(rates)[1], rounds.quartiles(spent)[1]
    name = "the sink in Python" if sink.kind == sinks.TLS else sink.kind
    print(
        f"{name}, smtp-source × {processes}: {rate:,.0f}/s at {cost:.0f} µs of the sink's CPU"
        f" a message; alone on a core it could take {1e6 / cost:,.0f}/s"
    )
    told = {"sink": sink.kind, "processes": processes, "rate": round(rate)}
    return rounds.plain("sink_us", spent, **told, could_take=round(1e6 / cost))


def at_once(port: int, message: Path, processes: int) -> None:
    share = MESSAGES // processes
    command = [
        parts.program("smtp-source", parts.POSTFIX), "-d", "-s", str(20 // processes), "-m", str(share),
        "-F", str(message), "-f", peers.SENDER, "-t", peers.READER, f"127.0.0.1:{port}",
    ]  # fmt: skip
    begun = [subprocess.Popen(command) for _ in range(processes)]
    codes = [one.wait(300) for one in begun]
    if any(codes):
        raise SystemExit("smtp-source gave up")


if __name__ == "__main__":
    main()
