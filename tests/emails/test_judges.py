"""What others' programs say of our mail: SpamAssassin of its content, the official MJML of its picture."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emails import compose, render
from tests.emails import samples

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "bench" / "mjml-reference" / "node_modules"

pytestmark = pytest.mark.judge


@pytest.mark.skipif(not shutil.which("spamassassin"), reason="needs an outside judge: SpamAssassin")
def test_spamassassin_sees_a_newsletter_and_no_spam() -> None:
    printed = render.print_issue(samples.ISSUE)
    skeleton = compose.compile_issue(printed, samples.MASTHEAD, dt.datetime.now(dt.UTC))
    judged = subprocess.run(
        # Only rules that ask nobody: no network is reached.
        ["spamassassin", "--local", "--test-mode"],
        input=skeleton.fill(samples.LEA).data,
        capture_output=True,
        timeout=120,
        check=True,
    ).stdout.decode("utf-8", "replace")
    found = re.search(r"\((-?[\d.]+) points, ([\d.]+) required\)", judged)
    assert found is not None, judged[-2000:]
    assert float(found[1]) < 1.0, judged[-2000:]
    assert "MAILING_LIST_MULTI" in judged


@pytest.mark.browser
@pytest.mark.skipif(
    not REFERENCE.is_dir() or not shutil.which("chromium"),
    reason="needs an outside judge: npm's mjml, and Chromium",
)
def test_the_official_mjml_draws_the_same_picture() -> None:
    """700 and 375 px, by day and by night, under 1 % of the pixels differ."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.mjml_reference"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("mjml_pixels_differing") == 4
