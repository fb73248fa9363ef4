"""The places where sending can die between two facts, read from the code itself.

Whoever adds a commit, a line of the journal, a write of rows or a word to a relay adds a place here
without knowing, and `test_places.py` then dies at it, before it and behind it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

SPOKEN = ("send", "sendmsg", "sendall", "recv", "quit", "docmd", "getreply")
"""Methods that say something to a relay, or hear it."""

WRITTEN = ("_write", "pwrite", "unlink")
"""Methods by which the journal's own module changes what the disk holds; others ask it to *discard*."""

ROWS = ("batches", "deliveries", "editions", "ledger", "notices", "plans", "schedules", "shares")
"""Core modules whose verbs, called by a task, write rows."""

READS = (
    "held_by",
    "is_owned",
    "is_idle",
    "to_do",
    "in_state",
    "ordered_before",
    "all_planned",
    "due",
    "thaw",
    "latest",
    "result",
    "in_doubt",
    "skipped",
    "owners",
    "Result",
)
"""Verbs of theirs that write nothing."""

SWEEPS = ("tasks/comments.py", "tasks/subscriptions.py")
"""Modules that order what others send, and clear away; see `test_sweeps.py`."""

FREEZES = ("tasks/approvals.py",)
"""Modules that commit nothing: what they froze, a door keeps."""

DOORS = ("app/editor/editions.py",)
"""Where a person's order to send is committed; see `test_sweeps.py`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One call: `first` to `last` are its lines in `path`."""

    path: str
    function: str
    verb: str
    kind: str
    nth: int
    """Which call of this verb in the function, from 1."""
    first: int
    last: int

    @property
    def name(self) -> str:
        which = f" {self.nth}" if self.nth > 1 else ""
        return f"{self.path} {self.function} {self.verb}{which}"


def every() -> list[Place]:
    paths = [path for room in ("tasks", "emails") for path in sorted((ROOT / room).rglob("*.py"))]
    return [place for path in paths for place in _of(path) if place.path not in SWEEPS + FREEZES]


def sweeping() -> list[Place]:
    return [place for path in SWEEPS for place in _of(ROOT / path)]


def ordering() -> list[Place]:
    """The commit of the press of *send*."""
    found = [place for path in DOORS for place in _of(ROOT / path)]
    return [each for each in found if each.function == "order_issue" and each.kind == "commit"]


def _of(path: Path) -> Iterator[Place]:
    name = str(path.relative_to(ROOT))
    seen: Counter[tuple[str, str]] = Counter()
    for function, call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
        verb, kind = _meaning(name, call)
        if not kind:
            continue
        seen[function, verb] += 1
        assert call.end_lineno is not None
        yield Place(name, function, verb, kind, seen[function, verb], call.lineno, call.end_lineno)


def _calls(node: ast.AST, function: str = "") -> Iterator[tuple[str, ast.Call]]:
    """Every method call, with the qualified name of the function it stands in, from top to bottom."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _calls(child, f"{function}.{child.name}".lstrip("."))
            continue
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and function:
            yield function, child
        yield from _calls(child, function)


def _meaning(path: str, call: ast.Call) -> tuple[str, str]:
    """The verb as it is shown, and its kind; no kind when nothing is changed by it."""
    assert isinstance(call.func, ast.Attribute)
    verb, whose = call.func.attr, call.func.value
    if path.startswith("emails/"):
        return verb, "socket" if verb in SPOKEN else ""
    if isinstance(whose, ast.Name) and whose.id in ROWS:
        return f"{whose.id}.{verb}", "" if verb in READS else "row"
    if verb == "commit":
        return verb, "commit"
    is_journal = verb in WRITTEN if path == "tasks/journal.py" else verb in ("discard", "unlink")
    return verb, "journal" if is_journal else ""
