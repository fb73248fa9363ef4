"""A run says what it could not prove, and fails where everything must be proved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SKIPPING = """
import pytest


def test_of_what_can_be_proved():
    pass


def test_of_a_page():
    pytest.skip("no Chromium here")
"""


@pytest.mark.parametrize(("strict", "code"), [("0", 0), ("1", 1)])
def test_a_skip_is_told_with_its_remedy(tmp_path: Path, strict: str, code: int) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.proof", "-n", "1", "--rootdir", str(tmp_path),
         "-c", os.devnull, str(tmp_path)],
        env={**os.environ, "HEBDO_FAIL_ON_SKIP": strict, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert "1 test: no Chromium here" in done.stdout
    assert "make setup-browser" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout
