"""The shelf: pages of public issues, made once and handed out again while nothing on them has changed.

Each process has its own. A page is found by her language and by its stamp (`core.stamps`), which is read
anew whenever anything that pages show was committed since (`app.watermarks`). What is hers alone (the
tokens of the form under it) is cut out of the page before it is kept, and put in fresh. A visitor with a
pass, with a message waiting or with a question in the address gets a page made for her.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from flask import Flask, Response, current_app, request, session
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from app import language
from app.core import clock, stamps
from app.core.stamps import Stamp
from app.reader import passes, talks
from app.watermarks import Watermark

K = TypeVar("K")
V = TypeVar("V")

MOST = 256
"""Pages kept: 10 MB. The archive's newest are read most."""

LONGEST = dt.timedelta(minutes=1)
"""What no row tells, such as the day on which comments close, is so late at the most."""


CSRF, NAME = "csrf", "name"
"""The two things in a page that are one visitor's: her session's token, and her form's name."""

_FORM = re.compile(r'<input[^>]*\bname="form"[^>]*\bvalue="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Kept:
    """A page cut at its holes: text, the word for what is put in, text, and so on."""

    parts: tuple[str, ...]
    issue_id: int
    made_at: dt.datetime


class Shelf:
    """The newest pages by (address, language, stamp), and the stamps as they were last read."""

    def __init__(self, watermark: Watermark) -> None:
        self._watermark = watermark
        self._lock = Lock()
        self._pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._stamps: OrderedDict[tuple[str, int], tuple[str, Stamp]] = OrderedDict()

    def stamp(self, slug: str, number: int) -> Stamp | None:
        """The page's stamp now: rows are asked only when the watermark has moved."""
        # Read before the rows: what is committed between the two makes the next visitor ask again.
        mark = self._watermark.read()
        known = self._stamps.get((slug, number))
        if known is not None and known[0] == mark:
            return known[1]
        found = stamps.of_issue(slug, number)
        if found is not None and mark is not None:
            with self._lock:
                _keep(self._stamps, (slug, number), (mark, found))
        return found

    def take(self, key: tuple[str, ...]) -> Kept | None:
        with self._lock:
            kept = self._pages.get(key)
            if kept is None or clock.now() - kept.made_at > LONGEST:
                return None
            self._pages.move_to_end(key)
            return kept

    def put(self, key: tuple[str, ...], kept: Kept) -> None:
        with self._lock:
            _keep(self._pages, key, kept)


def _keep(among: OrderedDict[K, V], key: K, value: V) -> None:
    among[key] = value
    among.move_to_end(key)
    while len(among) > MOST:
        among.popitem(last=False)


def register(flask_app: Flask) -> None:
    flask_app.extensions["hebdo.shelf"] = Shelf(flask_app.extensions["hebdo.watermark"])


def page(slug: str, number: int, make: Callable[[], BaseResponse]) -> BaseResponse:
    """The page from the shelf if it stands there as it would be made now, else as `make` makes it."""
    shelf: Shelf = current_app.extensions["hebdo.shelf"]
    found = shelf.stamp(slug, number) if _is_anybody(slug) else None
    if found is None:
        return make()
    chosen = request.cookies.get(language.cookie(), "")
    key = (slug, str(number), chosen if chosen in language.SPOKEN else "", found.text)
    kept = shelf.take(key)
    if kept is not None:
        return Response(_filled(kept))
    answer = make()
    parts = _cut(answer.get_data(as_text=True))
    if parts is not None and answer.status_code == 200:
        shelf.put(key, Kept(parts, found.issue_id, clock.now()))
    return answer


def _is_anybody(slug: str) -> bool:
    """Nothing that came with the request would make the page another."""
    return not (request.args or passes.cookie(slug) in request.cookies or "_flashes" in session)


def _cut(html: str) -> tuple[str, ...] | None:
    """None for a page of whose form no name is found: it would be everybody's."""
    if 'name="form"' not in html:
        return (html,)
    name = _FORM.search(html)
    if name is None:
        return None
    words = {generate_csrf(): CSRF, name[1]: NAME}
    parts = re.split(f"({'|'.join(map(re.escape, words))})", html)
    return tuple(words.get(part, part) if n % 2 else part for n, part in enumerate(parts))


def _filled(kept: Kept) -> str:
    if len(kept.parts) == 1:
        return kept.parts[0]
    hers = {CSRF: generate_csrf(), NAME: talks.made(kept.issue_id)}
    return "".join(hers[part] if n % 2 else part for n, part in enumerate(kept.parts))
