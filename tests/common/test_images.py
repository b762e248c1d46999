"""Pictures: read by their content, bounded, written anew."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from common.readers.pictures import in_sizes
from common.readers.sizes import LONGEST_SIDES, measure, pack

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
pillow_heif.register_heif_opener()


def read(data):
    """The full picture."""
    return in_sizes(data)[1]["full"]


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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_picture_becomes_a_jpeg_whatever_it_was(kind):
    written = seen(read(picture(kind)))
    assert (written.format, written.size) == ("JPEG", (40, 20))
    red, green, blue = written.getpixel((20, 10))
    assert red > 200 > 60 > max(green, blue)


def exif_of_somebody(orientation):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "A phone of somebody"
    exif.get_ifd(GPS)[2] = (48.0, 56.0, 10.0)
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_nothing_hidden_stays_whatever_the_picture_was(kind):
    text = PngImagePlugin.PngInfo()
    text.add_itxt("Author", "an author of somebody")
    how = {"pnginfo": text} if kind == "PNG" else {"comment": b"a comment of somebody"} if kind == "JPEG" else {}
    more = {"xmp": b"<x>a packet of somebody</x>"} if kind != "PNG" else {}
    sent = picture(kind, exif=exif_of_somebody(1), icc_profile=ICC, **how, **more)
    assert b"of somebody" in sent
    written = read(sent)
    for hidden in (b"of somebody", b"Exif", b"ICC_PROFILE", b"http://"):
        assert hidden not in written
    assert (dict(seen(written).getexif()), set(seen(written).info) & {"exif", "xmp", "comment", "icc_profile"}) == (
        {},
        set(),
    )


def corner(orientation, kind):
    """Where the red corner of a picture, sent with its upper left one red, stands once it is upright."""
    drawn = Image.new("RGB", (64, 32), "white")
    drawn.paste("red", (0, 0, 16, 16))
    out = io.BytesIO()
    # Of bytes the writer of HEIF makes a box of its own that says it; what EXIF says is not looked at there.
    drawn.save(out, kind, exif=exif_of_somebody(orientation).tobytes(), quality=95)
    written = seen(read(out.getvalue()))
    width, height = written.size
    places = {"left top": (4, 4), "right top": (width - 5, 4), "left bottom": (4, height - 5)}
    places["right bottom"] = (width - 5, height - 5)
    (red,) = [name for name, place in places.items() if written.getpixel(place)[1] < 90]
    return red, width > height


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "HEIF"])
def test_a_picture_stands_upright_however_the_phone_was_held(kind):
    assert [corner(orientation, kind) for orientation in range(1, 9)] == [
        ("left top", True), ("right top", True), ("right bottom", True), ("left bottom", True),
        ("left top", False), ("right top", False), ("right bottom", False), ("left bottom", False),
    ]  # fmt: skip


def test_what_is_transparent_is_white_and_every_mode_is_read():
    assert seen(read(picture("PNG", color=(0, 0, 0, 0), mode="RGBA"))).getpixel((5, 5)) == (255, 255, 255)
    for mode, color in (("L", 9), ("P", 3), ("1", 1), ("CMYK", (0, 0, 0, 0)), ("I;16", 9)):
        kind = "JPEG" if mode == "CMYK" else "PNG"
        assert seen(read(picture(kind, mode=mode, color=color))).mode == "RGB"


def test_a_large_picture_is_kept_smaller():
    assert seen(read(picture(size=(4000, 1000)))).size == (1600, 400)
    assert seen(read(picture(size=(2, 9000)))).size == (1, 1600)
    # A sensor of 48 megapixels: of its JPEG only about a sixteenth is decoded.
    assert seen(read(picture(size=(8064, 6048)))).size == (1600, 1200)


def test_a_heic_picture_is_read_in_parts_as_it_would_be_whole():
    """More rows than are turned into full colours at once, each with a shade of its own."""
    shades = Image.linear_gradient("L").resize((1600, 640)).convert("RGBA")
    out = io.BytesIO()
    shades.save(out, "HEIF", quality=90)
    whole, written = shades.convert("L"), seen(read(out.getvalue())).convert("L")
    assert written.size == whole.size
    assert max(abs(whole.getpixel((9, y)) - written.getpixel((9, y))) for y in range(0, 640, 37)) < 6


def test_of_an_animation_the_first_picture_is_kept():
    frames = [Image.new("RGB", (30, 30), color) for color in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    red, _green, blue = seen(read(out.getvalue())).getpixel((15, 15))
    assert red > 200 > 50 > blue


@pytest.mark.parametrize("size", [(11_000, 11_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size):
    with pytest.raises(MemoryError):
        read(png_claiming(*size))


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
    with pytest.raises(Exception, match=r"."):
        read(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_each_size_is_upright_bounded_and_of_the_same_shape(kind):
    measures, files = in_sizes(picture(kind, size=(2000, 1000), exif=exif_of_somebody(6)))
    # HEIF turns by its own word.
    wide = measures[0] > measures[1]
    assert measures == ((1600, 800) if wide else (800, 1600))
    for size, side in LONGEST_SIDES.items():
        shown = seen(files[size])
        assert (shown.format, max(shown.size)) == ("JPEG", side)
        assert (shown.width > shown.height) == wide
        assert not shown.getexif()
        assert b"of somebody" not in files[size]
    assert len(files["thumbnail"]) < len(files["card"]) < len(files["full"])


def test_a_picture_is_never_made_larger():
    measures, files = in_sizes(picture(size=(500, 40)))
    assert measures == (500, 40)
    assert [seen(files[size]).width for size in ("thumbnail", "card", "full")] == [320, 500, 500]


def test_a_picture_of_one_line_has_every_size():
    _measures, files = in_sizes(picture("PNG", size=(4000, 1)))
    assert [seen(files[size]).height for size in ("thumbnail", "card", "full")] == [1, 1, 1]


def test_what_a_reader_hands_over_is_a_line_of_numbers_and_files():
    handed = pack(40, 20, {"full": b"ccc", "card": b"bb", "thumbnail": b"a"})
    assert handed == b"40x20 1 2 3\nabbccc"
    assert measure(b"40x20 1 2 3\n") == (40, 20, {"thumbnail": 1, "card": 2, "full": 3})
    others = [b"", b"40x20 1 2 3", b"40x20 1 2\n"]
    others += [b"-4x20 1 2 3\n", b"40x20 0 2 3\n", b"40x99999 1 2 3\n", b"\xff\xd8\n"]
    for line in others:
        assert measure(line) is None
