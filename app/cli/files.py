"""Files of addresses that commands write: whole or not at all, and for their owner's eyes alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from app.cli.group import Refused


@contextmanager
def whole(file: Path) -> Iterator[TextIO]:
    """A stream whose text (UTF-8, line ends as written) takes the file's place once all of it is there.

    Until then, and when anything fails, what stood in that place stays. What is no file, such as a
    pipe, is written to as it is. Raises Refused where nothing can be written.
    """
    try:
        if file.exists() and not file.is_file():
            with file.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        # A link goes on leading to the file.
        place = file.resolve()
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
        beside = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                yield stream
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from error
