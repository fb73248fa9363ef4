"""Every mail as it looks today, in the diff of whoever changes it.

`HEBDO_UPDATE_SNAPSHOTS=1 pytest` writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parent


def matches(name: str, content: str) -> None:
    """Fails unless `content` is what the file `name` of this folder holds."""
    path = HERE / name
    if os.environ.get("HEBDO_UPDATE_SNAPSHOTS") == "1":
        path.write_text(content, encoding="utf-8", newline="\n")
    assert path.exists(), f"no snapshot {name}: run once with HEBDO_UPDATE_SNAPSHOTS=1"
    assert content == path.read_text(encoding="utf-8")
