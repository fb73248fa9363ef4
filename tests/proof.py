"""The last words of a test run: what was not proved on this machine, and the command that adds it.

Where everything must be proved (`HEBDO_FAIL_ON_SKIP=1`, as `.ci/run` sets it), a skipped test fails
the run.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from _pytest.terminal import TerminalReporter

REMEDIES = {
    "Chromium": "make setup-browser",
    "judge": "make setup-judges",
    "beside this clone": "ask the maintainers for the folder that goes to ../shared",
}
"""What a skip's reason mentions, and what adds it."""


def strict() -> bool:
    return os.environ.get("HEBDO_FAIL_ON_SKIP") == "1"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if strict() and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if not reasons:
        return
    terminalreporter.section("Not proved here", bold=True)
    for reason, count in reasons.most_common():
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"{tests}: {reason}\n    to add it: {_remedy(reason)}")
    if strict():
        terminalreporter.write_line("HEBDO_FAIL_ON_SKIP=1: this run fails.", red=True)


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")


def _remedy(reason: str) -> str:
    found = [command for mark, command in REMEDIES.items() if mark in reason]
    return found[0] if found else ".ci/run"
