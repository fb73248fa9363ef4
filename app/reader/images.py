"""Pictures of issues. Their name is their content, so they never change and may be kept for ever."""

from __future__ import annotations

import re

from flask import Response, send_from_directory

from app.core.errors import NotFound
from app.extensions import _, settings
from app.reader import door

NAME = re.compile(r"[0-9a-f]{64}\.(jpg|png)")
YEAR_SECONDS = 365 * 24 * 3600


@door.get("/media/<name>")
def image(name: str) -> Response:
    """Only names we could have made reach the disk. Mail programs load these from other sites."""
    if not NAME.fullmatch(name):
        raise NotFound(_("There is no such picture."))
    response = send_from_directory(settings().media_dir, name, max_age=YEAR_SECONDS)
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
