"""Reads a picture from standard input and writes it anew as JPEGs, upright, bounded, with nothing hidden in them."""

import io
from collections.abc import Callable
from typing import Any

import pillow_heif
from PIL import Image

from common.readers import limits, sizes

FORMATS = ("JPEG", "PNG", "WEBP")
LONGEST_SIDE = max(sizes.LONGEST_SIDES.values())
# The largest sensors of phones: of a JPEG only about what is needed is decoded. The kernel refuses what else needs
# more memory than there is; these two fail in it with an error that tells nothing.
MOST_PIXELS = 110_000_000
MOST_PIXELS_OF_A_PROGRESSIVE_JPEG = 20_000_000
MOST_PIXELS_OF_A_HEIF = 25_000_000
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# How much of a picture is turned into full colours at once.
PIXELS_AT_ONCE = 500_000

# The size is looked at here, in the header, before a pixel is decoded; Pillow's own limit only warns.
Image.MAX_IMAGE_PIXELS = None
# Images attached to the picture are not decoded; more threads would only need more memory.
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1


Rows = Callable[[int, int], Image.Image]


def read(data: bytes) -> bytes:
    """The picture in its sizes, as it is handed over (common.readers.sizes)."""
    (width, height), files = in_sizes(data)
    return sizes.pack(width, height, files)


def in_sizes(data: bytes) -> tuple[tuple[int, int], dict[str, bytes]]:
    """How large it is now, and a JPEG of each size: upright, without EXIF, place or profile, never made larger.

    Its content says what it is. Of an animation the first picture is kept. Raises MemoryError for what is too
    large, and whatever the decoders raise for anything else.
    """
    small = _heif(data) if pillow_heif.is_supported(data) else _plain(data)
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    measures, files = small.size, {}
    # Each is made of the one before it, and takes its place: no more memory than one needs.
    for size, side in sorted(sizes.LONGEST_SIDES.items(), key=lambda one: -one[1]):
        small.thumbnail((side, side))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=85, optimize=True, progressive=True)
        files[size] = out.getvalue()
    return measures, files


def _plain(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        is_progressive = bool(picture.info.get("progressive"))
        _ensure_bounded(picture.size, MOST_PIXELS_OF_A_PROGRESSIVE_JPEG if is_progressive else MOST_PIXELS)
        orientation = picture.getexif().get(ORIENTATION, 1)
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at about the size it is needed
        picture.load()
        width = picture.width

        def rows(top: int, bottom: int) -> Image.Image:
            return picture.crop((0, top, width, bottom))

        small = _smaller(picture.size, rows)
    return small.transpose(TURNS[orientation]) if orientation in TURNS else small


def _heif(data: bytes) -> Image.Image:
    """HEIF turns by its own word, not by EXIF's. As a plugin of Pillow it would copy all its pixels once more."""
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    picture: Any = file[file.primary_index]
    _ensure_bounded(picture.size, MOST_PIXELS_OF_A_HEIF)
    pixels: Any = memoryview(picture.data)
    stride, mode = picture.stride, picture.mode

    def rows(top: int, bottom: int) -> Image.Image:
        size = (picture.size[0], bottom - top)
        return Image.frombuffer(mode, size, pixels[top * stride : bottom * stride], "raw", mode, stride, 1)

    return _smaller(picture.size, rows)


def _ensure_bounded(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise MemoryError


def _smaller(size: tuple[int, int], rows: Rows) -> Image.Image:
    """On white, some rows at a time: the whole in full colours would need the memory twice."""
    width, height = size
    factor = max(1, max(width, height) // LONGEST_SIDE)
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)), "white")
    step = factor * max(1, PIXELS_AT_ONCE // (width * factor))
    for top in range(0, height, step):
        strip = rows(top, min(height, top + step)).convert("RGBA").reduce(factor)
        small.paste(strip, (0, top // factor), mask=strip.getchannel("A"))
    return small


if __name__ == "__main__":
    limits.run(read)
