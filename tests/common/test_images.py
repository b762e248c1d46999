"""Pictures: read by their content, bounded, written anew."""

import io
import struct
import zlib

import pytest
from PIL import Image

from common.images import ImageRefused, ImageTooLarge, reencode

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def picture(kind="JPEG", size=(40, 20), color="red", mode="RGB", **how):
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind, **how)
    return out.getvalue()


def seen(data):
    return Image.open(io.BytesIO(data))


def png_claiming(width, height):
    """A PNG of a few bytes that says it is as large as one likes."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg_whatever_it_was(kind):
    assert (seen(reencode(picture(kind))).format, seen(reencode(picture(kind))).size) == ("JPEG", (40, 20))


def test_nothing_hidden_stays_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "A phone of somebody"
    exif.get_ifd(GPS)[2] = (48.0, 56.0, 10.0)
    sent = picture(exif=exif, icc_profile=b"profile of somebody", comment=b"a comment of somebody")
    assert b"of somebody" in sent
    written = reencode(sent)
    assert b"of somebody" not in written
    assert b"Exif" not in written
    assert dict(seen(written).getexif()) == {}
    assert seen(written).size == (20, 40)


def test_what_is_transparent_is_white_and_every_mode_is_read():
    assert seen(reencode(picture("PNG", color=(0, 0, 0, 0), mode="RGBA"))).getpixel((5, 5)) == (255, 255, 255)
    for mode, color in (("L", 9), ("P", 3), ("1", 1), ("CMYK", (0, 0, 0, 0)), ("I;16", 9)):
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert seen(reencode(picture(kind, mode=mode, color=color))).mode == "RGB"


def test_a_large_picture_is_kept_smaller():
    assert seen(reencode(picture(size=(4000, 1000)))).size == (1600, 400)
    assert seen(reencode(picture(size=(400, 100)), longest_side=200)).size == (200, 50)


def test_of_an_animation_the_first_picture_is_kept():
    frames = [Image.new("RGB", (30, 30), color) for color in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    red, _green, blue = seen(reencode(out.getvalue())).getpixel((15, 15))
    assert red > 200 > 50 > blue


@pytest.mark.parametrize("size", [(5001, 5000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size):
    with pytest.raises(ImageRefused):
        reencode(png_claiming(*size))


def test_too_many_bytes_are_refused_unread(settings):
    settings.IMAGE_MAX_BYTES = 1000
    with pytest.raises(ImageTooLarge):
        reencode(b"\xff" * 1001)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:200],
        picture("PNG")[:40],
        picture("WEBP")[:30],
        b"\xff\xd8\xff\xe0" + b"\0" * 50,
        picture("BMP"),
        picture("TIFF"),
        png_claiming(40, 40),
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(ImageRefused):
        reencode(data)
