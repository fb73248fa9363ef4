"""A person's data by the command line: told, erased, and refused to an import afterwards."""

from __future__ import annotations

import json
from pathlib import Path

from app.core import subscribers
from app.extensions import db
from tests import people
from tests.test_cli import CONSENT, Run, ok, refused, run

__all__ = ["run"]


def test_a_person_is_told_erased_and_kept_out_of_an_import(run: Run, tmp_path: Path) -> None:
    letter = people.newsletter()
    people.confirmed(letter)
    told = json.loads(ok(run("subscribers", "known", people.ADDRESS)).output)
    assert told["subscriber"][0]["address"] == people.ADDRESS
    assert (
        "subscriber,1,address"
        in ok(run("subscribers", "known", people.ADDRESS, "--format", "csv")).output
    )

    assert "Nothing was erased" in ok(run("subscribers", "erase", people.ADDRESS)).output
    assert subscribers.find(people.ADDRESS) is not None
    assert "is erased" in ok(run("subscribers", "erase", people.ADDRESS, "--yes")).output
    db.session.rollback()
    assert subscribers.find(people.ADDRESS) is None
    assert json.loads(ok(run("subscribers", "known", people.ADDRESS)).output)["known"] is False
    assert "Nothing is known" in refused(run("subscribers", "erase", people.ADDRESS, "--yes"))

    table = tmp_path / "readers.csv"
    table.write_text(f"address\n{people.ADDRESS.upper()}\n", encoding="utf-8")
    report = ok(run("subscribers", "import", table, "--newsletter", letter.slug, *CONSENT)).output
    assert "(suppressed)" in report
    db.session.rollback()
    assert subscribers.find(people.ADDRESS) is None
