"""Pictures that people send: read by their content, bounded, and written anew, so that nothing hidden in them stays."""

import io
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from common.errors import BadInput

FORMATS = ("JPEG", "PNG", "WEBP")
OUTPUT_MEDIA_TYPE = "image/jpeg"
# The size is looked at below, in the header, before a pixel is decoded; Pillow's own limit only warns.
Image.MAX_IMAGE_PIXELS = None


class ImageRefused(BadInput):
    """400: not a picture that is taken here."""

    code = "image_refused"
    detail = _("Not a JPEG, PNG or WebP picture.")


class ImageTooLarge(ImageRefused):
    code = "image_too_large"
    detail = _("This picture is too large.")


def reencode(data: bytes, *, longest_side: int = 1600) -> bytes:
    """The picture as a JPEG of at most `longest_side` pixels a side, upright, without EXIF, place or profile.

    What it is, its content says: no name or media type is believed. Of an animation the first picture is kept.
    Raises ImageTooLarge over IMAGE_MAX_BYTES or IMAGE_MAX_PIXELS, ImageRefused for anything else.
    """
    if len(data) > settings.IMAGE_MAX_BYTES:
        raise ImageTooLarge
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > settings.IMAGE_MAX_PIXELS:
                raise ImageTooLarge
            return _written_anew(picture, longest_side)
    except ImageTooLarge:
        raise
    except Exception as error:  # decoders fail on hostile bytes in more ways than they document
        raise ImageRefused from error


def _written_anew(picture: Any, longest_side: int) -> bytes:
    picture.draft("RGB", (longest_side, longest_side))  # a JPEG is decoded at about the size it is needed
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((longest_side, longest_side))
    seen = upright.convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return out.getvalue()
