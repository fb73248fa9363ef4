"""What stood there when a form of settings was opened: who would undo what somebody kept meanwhile is
told so first, and may press once more.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING, Any

from wtforms import HiddenField

from app.extensions import _
from app.forms import Form

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OVERTAKEN = _(
    "Somebody changed this while you were at it. Your words stand below, not yet kept: pressing once"
    " more puts them over what stands there now."
)


class Sighted(Form):
    """Its fields, but for its own two, are those of a dataclass."""

    seen = HiddenField()

    def words(self) -> dict[str, str]:
        """What was typed, by field."""
        own = {"csrf_token", "seen"}
        return {name: value or "" for name, value in self.data.items() if name not in own}

    def is_overtaken(self, stands: DataclassInstance, given: DataclassInstance) -> bool:
        """Whether `stands` is not what was seen, nor what is given. Said once: the next press counts.

        A page that does not say what it saw (it is older than this rule) is taken at its word.
        """
        before, self.seen.data = self.seen.data, mark(stands)
        if before in {"", None, self.seen.data} or stands == given:
            return False
        self.blame({"seen": OVERTAKEN})
        return True


def opened(kind: type[Sighted], stands: DataclassInstance) -> Any:
    """The form as it is first shown."""
    return kind(data={**dataclasses.asdict(stands), "seen": mark(stands)})


def mark(stands: DataclassInstance) -> str:
    """Tells whether it is still the same; 128 bits, hex."""
    said = json.dumps(dataclasses.asdict(stands), default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
