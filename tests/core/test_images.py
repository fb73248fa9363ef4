"""Pictures: what is kept of them, and what is refused before it is decoded."""

from __future__ import annotations

import contextlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from app.core import images
from app.core.errors import Invalid
from app.extensions import db
from app.models import Image


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **how: object) -> bytes:
    out = BytesIO()
    made = Pillow.new(mode, size)
    made.paste(200 if mode == "L" else (200, 30, 30, 128)[: len(made.getbands())], (0, 0, 20, 10))
    made.save(out, kind, **how)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes whose header promises any size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_each_usual_kind_is_kept_as_jpeg_or_png(
    flask_app: Flask, tmp_path: Path, kind: str
) -> None:
    image = images.keep(picture(kind), tmp_path)
    stored = (tmp_path / image.name).read_bytes()
    with Pillow.open(BytesIO(stored)) as opened:
        assert opened.format in {"JPEG", "PNG"}
        assert (opened.size, len(stored)) == ((image.width, image.height), image.size)
    assert [path.name for path in tmp_path.glob("*.*g")] == [image.name]


def test_the_same_picture_twice_is_one_row_and_one_file(flask_app: Flask, tmp_path: Path) -> None:
    one = images.keep(picture("PNG"), tmp_path)
    db.session.commit()
    assert images.keep(picture("PNG"), tmp_path).name == one.name
    assert db.session.query(Image).count() == 1


def test_a_wide_picture_is_bounded_to_1200_pixels(flask_app: Flask, tmp_path: Path) -> None:
    image = images.keep(picture("JPEG", (3000, 1500)), tmp_path)
    assert (image.width, image.height) == (1200, 600)


def test_a_sideways_photograph_stands_upright(flask_app: Flask, tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    image = images.keep(picture("JPEG", (40, 30), exif=exif), tmp_path)
    assert (image.width, image.height) == (30, 40)


@pytest.mark.parametrize("beside", ["exif", "icc_profile", "comment"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_that_was_written_beside_the_pixels_is_kept(
    flask_app: Flask, tmp_path: Path, kind: str, beside: str
) -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "the secret garden"
    written = exif if beside == "exif" else b"the secret garden"
    content = picture(kind, **{beside: written}) + b"<script>the secret tail</script>"
    stored = (tmp_path / images.keep(content, tmp_path).name).read_bytes()
    assert b"secret" not in stored
    with Pillow.open(BytesIO(stored)) as opened:
        assert not opened.getexif()
        assert not {"icc_profile", "comment", "exif"} & set(opened.info)


def test_what_shines_through_stays_so(flask_app: Flask, tmp_path: Path) -> None:
    image = images.keep(picture("PNG", mode="RGBA"), tmp_path)
    assert image.media_type == "image/png"


def test_only_the_first_frame_of_a_gif_is_kept(flask_app: Flask, tmp_path: Path) -> None:
    out = BytesIO()
    frames = [Pillow.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    image = images.keep(out.getvalue(), tmp_path)
    with Pillow.open(tmp_path / image.name) as opened:
        red, _, blue = opened.convert("RGB").getpixel((4, 4))
    assert red > 200 > blue


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (8000, 8000), (6325, 6325)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(
    flask_app: Flask, tmp_path: Path, width: int, height: int
) -> None:
    with pytest.raises(Invalid, match="too many pixels"):
        images.keep(png_of(width, height), tmp_path)
    assert list(tmp_path.glob("*.png")) == []


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        SVG,
        b"<html><script>alert(1)</script>",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"%PDF-1.4",
        picture("PNG")[:60],
        picture("BMP"),
        picture("TIFF"),
        png_of(0, 0),
    ],
)
def test_what_is_no_picture_is_refused_in_words(
    flask_app: Flask, tmp_path: Path, content: bytes
) -> None:
    with pytest.raises(Invalid):
        images.keep(content, tmp_path)


def test_a_picture_of_too_many_bytes_is_refused(flask_app: Flask, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="10 MB"):
        images.keep(picture("PNG") + b"\0" * images.MOST_BYTES, tmp_path)


@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    at=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=12),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damaged_picture_breaks_the_desk(
    tmp_path: Path, kind: str, at: list[tuple[float, int]]
) -> None:
    content = bytearray(picture(kind, (64, 48)))
    for share, byte in at:
        content[int(share * len(content))] = byte
    with contextlib.suppress(Invalid):
        images._encode(images._decode(bytes(content)))
