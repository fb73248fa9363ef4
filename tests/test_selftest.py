"""The kill test that operators run on their own machine holds, and can tell when it does not."""

from __future__ import annotations

import json
from collections import Counter

from click.testing import CliRunner

from app.cli import cli
from app.core.deliveries import Progress
from app.selftest import Verdict


def test_a_killed_worker_loses_nobody_and_mails_nobody_twice() -> None:
    done = CliRunner().invoke(
        cli, ["selftest", "--readers", "300", "--kills", "2", "--format", "json"]
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["planned"], told["kills"], told["twice"], told["lost"]) == (300, 2, 0, 0)
    assert told["received once"] + told["never"] == 300
    assert told["never"] <= told["in doubt"] <= 2 * 10


def test_a_reader_lost_or_mailed_twice_does_not_hold() -> None:
    progress = Progress(3, 0, 0, 3, 0, 0, 0, 0)
    fine = {"progress": progress, "once": 3, "twice": 0, "never": 0, "unlisted": 0}
    assert Verdict(**fine, kills=1, seconds=1.0).holds  # type: ignore[arg-type]
    for wrong in ({"twice": 1}, {"unlisted": 1}, {"progress": Progress(3, 0, 0, 2, 0, 0, 0, 0)}):
        assert not Verdict(**{**fine, **wrong}, kills=1, seconds=1.0).holds  # type: ignore[arg-type]


def test_the_tally_counts_who_was_written_to() -> None:
    from app.selftest import Tally

    tally = Tally()
    for name in ("a", "b", "a"):
        tally.keep("from@x.invalid", [name], b"")
    assert tally.taken == Counter(a=2, b=1)
