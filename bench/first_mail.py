"""From the press of *send* to the first mail at the relay, and to the last, for fifty readers.

    python -m bench.first_mail [--rounds 10]

The processes are those that `hebdo up` starts: a worker with all its parts. The press prints, as the
desk's does. For a million readers, `python -m bench.scale` tells it.
"""

from __future__ import annotations

import argparse

from bench import parts, rounds, sinks
from bench.installation import Setup, installed

READERS = 50


def main() -> None:
    parser = argparse.ArgumentParser(description="From the press of send to the first mail.")
    parser.add_argument("--rounds", type=int, default=10)
    rounds.show(measure(parser.parse_args().rounds))


def measure(count: int) -> list[dict[str, object]]:
    print(f"\nfirst mail, {READERS} readers, {count} sends")
    figures = []
    for kind in (parts.SQLITE, parts.POSTGRESQL):
        setup = Setup(READERS, kind, slots=2)
        with sinks.running(sinks.FAST) as sink, installed(setup, sink) as ours:
            ours.send()
            sent = [ours.send() for _ in range(count)]
        for figure, values in (
            ("first_mail_seconds", [one.first_seconds for one in sent]),
            ("last_mail_seconds", [one.seconds for one in sent]),
        ):
            low, middle, high = rounds.quartiles(values)
            print(f"{figure}, {kind}: {middle:.2f} s, quartiles {low:.2f} to {high:.2f}")
            figures.append(rounds.plain(figure, values, database=kind, readers=READERS))
    return figures


if __name__ == "__main__":
    main()
