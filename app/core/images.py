"""Pictures: decoded and encoded again, so that nothing but pixels is kept of what came.

What an editor uploads is never served as it came: metadata (a place, a name, a camera) goes, a file
that is two things at once becomes one, and a name that is the content makes a copy of the same
picture the same file.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageOps
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.errors import Invalid
from app.extensions import _, db
from app.models import Image

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
WIDEST = 1200
"""Pixels: twice the 600 of the mail, for screens that show two in the place of one."""
TALLEST = 6000
READ = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 85

NAME = re.compile(r"[0-9a-f]{64}\.(?:jpg|png)")
"""The hash of what is stored, and its ending."""

_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    TypeError,
    struct.error,
    zlib.error,
    MemoryError,
    OverflowError,
)
"""What Pillow's decoders raise on a file that lies about itself."""

# Pillow's own limit warns first and refuses at the double; ours (`_measure`) is exact and comes
# between the header and the first pixel.
Pillow.MAX_IMAGE_PIXELS = None


def keep(content: bytes, folder: Path) -> Image:
    """Keep a picture in `folder`; the same picture twice is one row and one file.

    JPEG, PNG, WebP and the first frame of a GIF are read, a JPEG or PNG at most 1200 pixels wide
    is written. Raises Invalid in words.
    """
    if not content:
        raise Invalid(_("This file is empty."))
    if len(content) > MOST_BYTES:
        raise Invalid(_("This picture is too large: 10 MB at the most."))
    pixels = _decode(content)
    media_type, encoded = _encode(pixels)
    ending = "png" if media_type == "image/png" else "jpg"
    name = f"{hashlib.sha256(encoded).hexdigest()}.{ending}"
    _store(folder, name, encoded)
    return _row(name, media_type, pixels.size, len(encoded))


def find(name: str) -> Image | None:
    """The kept picture of this name; None for what cannot be one."""
    return db.session.get(Image, name) if NAME.fullmatch(name) else None


def _decode(content: bytes) -> Pillow.Image:
    """Upright, in RGB or RGBA, at most WIDEST wide, without any metadata."""
    try:
        with Pillow.open(BytesIO(content), formats=READ) as opened:
            _measure(opened)
            # A JPEG can be decoded at a half, a quarter or an eighth of its size.
            opened.draft("RGB", (WIDEST * 2, WIDEST * 2))
            upright = ImageOps.exif_transpose(opened)
            mode = "RGBA" if upright.has_transparency_data else "RGB"
            pixels = upright.convert(mode)
    except _BROKEN as odd:
        raise Invalid(
            _("This file is not a picture that can be read: JPEG, PNG, WebP or GIF, please.")
        ) from odd
    pixels.thumbnail((WIDEST, TALLEST))
    pixels.info = {}
    return pixels


def _measure(opened: Pillow.Image) -> None:
    """Refuse by what the header says, before anything is decoded."""
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise Invalid(_("This picture has too many pixels: 40 million at the most."))


def _encode(pixels: Pillow.Image) -> tuple[str, bytes]:
    """PNG where something shines through, or where a drawing is smaller so; else JPEG."""
    png = _saved(pixels, "PNG", optimize=True)
    if pixels.mode == "RGBA":
        return "image/png", png
    jpeg = _saved(pixels, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return ("image/png", png) if len(png) <= len(jpeg) else ("image/jpeg", jpeg)


def _saved(pixels: Pillow.Image, kind: str, **how: object) -> bytes:
    out = BytesIO()
    pixels.save(out, kind, **how)
    return out.getvalue()


def _store(folder: Path, name: str, encoded: bytes) -> None:
    """Whole or not at all: written beside its place, then moved into it."""
    target = folder / name
    if target.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(encoded)
            file.flush()
            os.fsync(handle)
        Path(beside).chmod(0o644)
        Path(beside).replace(target)
    finally:
        Path(beside).unlink(missing_ok=True)


def _row(name: str, media_type: str, size: tuple[int, int], weight: int) -> Image:
    found = db.session.get(Image, name)
    if found is not None:
        return found
    width, height = size
    image = Image(
        name=name,
        media_type=media_type,
        width=width,
        height=height,
        size=weight,
        created_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(image)
    except IntegrityError:
        # Somebody uploaded the very same picture at the same moment.
        return db.session.get_one(Image, name)
    return image
