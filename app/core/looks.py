"""A newsletter's logo: a picture like any other, decoded and encoded again, and made small."""

from __future__ import annotations

from pathlib import Path

from app.core import images
from app.core.errors import Invalid
from app.extensions import _, db
from app.models import Newsletter

MOST_BYTES = 2 * 1024 * 1024
SLIMMEST = 40
"""Pixels of height or width: a smaller one would be blurred on every screen."""


def keep_logo(newsletter: Newsletter, content: bytes, folder: Path) -> None:
    """Take a picture as the logo. Raises Invalid beside `logo`."""
    if len(content) > MOST_BYTES:
        raise _refusal(_("This logo is too large: 2 MB at the most."))
    try:
        image = images.keep(content, folder)
    except Invalid as refused:
        raise _refusal(refused.message) from refused
    if min(image.width, image.height) < SLIMMEST:
        raise _refusal(
            _("This logo is too small: %(least)d pixels high and wide at least.", least=SLIMMEST)
        )
    newsletter.logo = image
    db.session.flush()


def drop_logo(newsletter: Newsletter) -> None:
    """Without a logo from now on; the picture stays, for it may be another's as well."""
    newsletter.logo = None
    db.session.flush()


def _refusal(sentence: object) -> Invalid:
    return Invalid(sentence, {"logo": sentence})
