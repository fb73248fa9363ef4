"""`make run` on a machine that cannot: one clear line, and an exit code that says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OLD = """#!/bin/sh
[ "$1" = -V ] && echo "Python 3.9.18" && exit 0
exit 1
"""

BARE = f"""#!/bin/sh
case "$*" in *ensurepip*) exit 1;; esac
exec {sys.executable} "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone as far as `make run` gets before it installs anything."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make_run(clone: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    # `make test` runs this within make, whose own flags would say so on each line.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "run", f"PYTHON={python}"],
        cwd=clone,
        env=plain,
        capture_output=True,
        text=True,
        check=False,
    )


def script(clone: Path, text: str) -> Path:
    path = clone / "python"
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLD, "Hebdo needs Python 3.11 or newer; {python} is Python 3.9.18."),
        (
            BARE,
            "Python's venv module is missing. Debian and Ubuntu: apt install python3-venv",
        ),
    ],
    ids=["old", "without venv"],
)
def test_a_python_that_will_not_do_is_told_in_one_line(clone: Path, text: str, said: str) -> None:
    python = script(clone, text)
    done = make_run(clone, python)
    assert done.returncode != 0
    assert done.stdout.splitlines() == [said.format(python=python)]
    assert not (clone / ".venv").exists()


def test_no_python_at_all_is_told_in_one_line(clone: Path) -> None:
    done = make_run(clone, "")
    assert done.returncode != 0
    (line,) = done.stdout.splitlines()
    assert line.startswith("Hebdo needs Python 3.11 or newer, and found none.")


def test_help_names_what_one_can_make(clone: Path) -> None:
    done = subprocess.run(["make"], cwd=clone, capture_output=True, text=True, check=True)
    for target in ("run", "install", "test", "check", "setup", "setup-browser", "bench", "help"):
        assert f"make {target} " in done.stdout
