"""Tables that people open in a spreadsheet: read whatever theirs wrote, write what theirs cannot run.

A cell that begins with one of `= + - @`, a tab or a line end is run as a formula by the common
programs (OWASP, "CSV injection"); an apostrophe before it makes it text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_INNER_STARTS = re.compile("([;\t][\"' \u00a0]*)(?=[=+@＝＋－＠-])")


def read(stream: TextIO) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line, cells by column name in lower case); commas, semicolons or tabs part the cells.

    The first row names the columns. A row that is too short has empty cells; empty rows are passed
    over. Raises csv.Error for what is no table.
    """
    first = stream.readline().lstrip("\ufeff")
    delimiter = max(",;\t", key=first.count)
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), [])]
    rows = csv.reader(stream, delimiter=delimiter, strict=True)
    for cells in rows:
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(names) - len(cells))]
            yield rows.line_num + 1, dict(zip(names, padded, strict=False))


def write(stream: TextIO, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """CSV with a heading (RFC 4180: commas, CRLF), every cell safe to open."""
    writer = csv.writer(stream)
    writer.writerow(names)
    writer.writerows([defuse(str(cell)) for cell in row] for row in rows)


def text(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The same, whole."""
    stream = io.StringIO(newline="")
    write(stream, names, rows)
    return stream.getvalue()


def defuse(cell: str) -> str:
    """Also behind a semicolon or a tab: where those part the cells, as in French programs, what
    follows one begins a cell."""
    quoted = _INNER_STARTS.sub(r"\1'", cell)
    return f"'{quoted}" if quoted.lstrip(" \u00a0").startswith(FORMULA_STARTS) else quoted
