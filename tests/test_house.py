"""The rules of the house that no tool knows: read from the code itself, so that breaking one fails."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("app", "tasks", "emails")
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION = 300, 50, 25

BIN_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "handlers", "data", "info"}
"""Names that say nothing: what would be put there has a noun of its own."""

# Written so that this file does not hold what it looks for.
FOREIGN = re.compile(
    r"py" r"pi\.org|python" r"hosted\.org|registry\.np" r"mjs\.org|(^|[^a-zA-Z.])/(wo" r"rk|home)/",
    flags=re.M,
)


def modules() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "versions" not in path.parts
    ]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[str, int]]:
    """Every function of the rooms, with its number of lines."""
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield name, node.end_lineno - node.lineno + 1


def tracked() -> list[Path]:
    """The files of the repository, as text can be looked for in them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def calls(path: Path, name: str) -> list[str]:
    """Where a module calls a method of this name."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


@pytest.mark.parametrize("room", ["app/core", "app/models", "emails"])
def test_only_edges_commit(room: str) -> None:
    found = [where for path in (ROOT / room).rglob("*.py") for where in calls(path, "commit")]
    assert found == []


def test_edges_do_commit() -> None:
    """The rule above looks for the right word: the edges, which must, are found by it."""
    assert [where for path in (ROOT / "tasks").rglob("*.py") for where in calls(path, "commit")]


def test_every_module_says_what_it_is() -> None:
    without = [path for path in modules() if not ast.get_docstring(tree(path))]
    assert without == []


def test_files_can_be_read_in_a_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_functions_are_small() -> None:
    sizes = dict(functions())
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}
    small = sum(size < USUAL_FUNCTION for size in sizes.values())
    assert small / len(sizes) >= 0.9


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in modules() if path.stem in BIN_NAMES] == []


def test_nothing_is_swallowed() -> None:
    swallowed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or [type(each) for each in node.body] == [ast.Pass])
    ]
    assert swallowed == []


def test_no_index_address_and_no_path_of_one_machine_stands_in_the_tree() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if FOREIGN.search(text):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_pages_hold_no_inline_style_or_script() -> None:
    """The policy of `app/guards.py` would leave them without effect."""
    inline = re.compile(
        r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=| type=\"application/ld\+json\">)",
        flags=re.I,
    )
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app" / "templates").rglob("*")
        if path.is_file() and inline.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_lock_names_versions_by_hash_and_no_index() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in entry, entry[:80]


def test_the_tests_lock_holds_the_very_versions_of_the_run_lock() -> None:
    run, tests = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), flags=re.M))
        for name in ("requirements.lock", "requirements-test.lock")
    )
    assert run - tests == set()
