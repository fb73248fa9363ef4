"""Anchors: the word by which an issue's page, its feeds and its search point at a rubric.

On the page a rubric's ids are its anchor, `<anchor>-title`, and `<anchor>-1` and so on for its stories.
The page has ids of its own beside them, some of which stand in mails (`#comment-12`): no rubric may have
one of them, and no permalink need ever change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

OWN = frozenset(
    (
        *("comment", "comments", "content", "correction", "corrections"),
        *("join", "main", "react", "sign", "unkept", "wall"),
    )
)
"""The first words of the ids that an issue's page has for itself."""

_WORDS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ENDING = re.compile(r"-(title|\d+)$")
"""An anchor that ends so could be what the page calls the title or a story of another rubric."""


def are_free(anchors: Sequence[str]) -> bool:
    """Whether these can be a newsletter's: well formed, each once, and none an id of something else."""
    return len(set(anchors)) == len(anchors) and all(map(_is_free, anchors))


def _is_free(anchor: str) -> bool:
    return (
        _WORDS.fullmatch(anchor) is not None
        and anchor.partition("-")[0] not in OWN
        and _ENDING.search(anchor) is None
    )
