"""All measures one after the other: `make bench`.

    python -m bench [--quick]

Whole: ten rounds each and a million readers, about twenty minutes on two quiet cores. Quick: three rounds,
at most 100,000 readers; enough to see that nothing broke, not to claim anything.
Each part can be run alone: `python -m bench.engine --help`, and so on.
"""

from __future__ import annotations

import argparse
import time

import psutil

from bench import (
    books,
    brake,
    engine,
    first_mail,
    parts,
    profile,
    rounds,
    scale,
    sign_ups,
    surcharge,
    web,
)

MOST = {True: 100_000, False: 1_000_000}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    began = time.monotonic()
    print(f"{psutil.cpu_count()} cores; load {psutil.getloadavg()[0]:.1f} before we begin")
    count = 3 if quick else 10
    figures = brake.measure(3)
    for name in engine.SCENARIOS:
        figures += engine.measure(name, count)
    for name in surcharge.NAMES:
        figures += surcharge.measure(name, count)
    for database in (parts.POSTGRESQL, parts.SQLITE):
        figures += books.measure(database, count)
    figures += first_mail.measure(count)
    figures += profile.measure(40_000)
    for database in (parts.POSTGRESQL, parts.SQLITE):
        figures += web.measure(database, min(count, 5), 2)
        figures += sign_ups.measure(30 * count, database)
    figures += scale.figures([one for one in scale.READERS if one <= MOST[quick]])
    print(f"\nAll took {(time.monotonic() - began) / 60:.0f} minutes. The figures:")
    rounds.show(figures)


if __name__ == "__main__":
    main()
