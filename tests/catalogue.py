"""The French catalogue: what the source says now, what is kept of it, and what the pages read.

Pages read the compiled form, which git does not keep: it is made anew where it is missing or older.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from babel.messages import extract, frontend, mofile, pofile
from babel.messages.catalog import Catalog

ROOT = Path(__file__).parents[1]
TRANSLATIONS = ROOT / "app" / "translations"
KEPT = TRANSLATIONS / "fr" / "LC_MESSAGES" / "messages.po"
ROOMS = ("app", "tasks")
"""The rooms that speak to people through `_`, as in the Makefile's `catalogue`."""


def extracted() -> Catalog:
    """Every sentence that stands in the source now, as `make catalogue` finds them."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = frontend.parse_mapping_cfg(mapping)
    found = Catalog()
    for room in ROOMS:
        for name, line, message, _comments, context in extract.extract_from_dir(
            ROOT / room, methods, options
        ):
            found.add(message, locations=[(f"{room}/{name}", line)], context=context)
    return found


def kept(path: Path = KEPT) -> Catalog:
    with path.open("rb") as file:
        return pofile.read_po(file, locale="fr", abort_invalid=True)


def forms(of: object) -> tuple[str, ...]:
    """A sentence, or its singular and its plural."""
    return (of,) if isinstance(of, str) else tuple(of)  # type: ignore[arg-type]


@pytest.fixture(scope="session", autouse=True)
def compiled() -> Path:
    """The catalogue as pages read it; several test processes may make it at once."""
    path = KEPT.with_suffix(".mo")
    if not path.exists() or path.stat().st_mtime < KEPT.stat().st_mtime:
        fresh = path.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            mofile.write_mo(file, kept())
        fresh.replace(path)
    return path
