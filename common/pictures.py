"""A picture that is kept: the full one, whose name says how large it is, and smaller ones in files beside it."""

import hashlib
import re
from dataclasses import dataclass

from django.db.models import TextChoices


class PictureSize(TextChoices):
    """At most 320, 800 and 1600 pixels a side (common.readers.sizes)."""

    THUMBNAIL = "thumbnail"
    CARD = "card"
    FULL = "full"


SMALLER = (PictureSize.THUMBNAIL, PictureSize.CARD)
_MEASURED = re.compile(r"(?P<stem>.+-(?P<width>\d{1,4})x(?P<height>\d{1,4}))\.jpg")


@dataclass(frozen=True)
class Measures:
    """Of the full picture, in pixels. The smaller ones have the same shape."""

    width: int
    height: int


def name_of(stem: str, measures: Measures) -> str:
    """What the file of the full picture is called: its row holds this name, and needs to know nothing else."""
    return f"{stem}-{measures.width}x{measures.height}.jpg"


def measures_of(name: str) -> Measures | None:
    """How large the picture of that name is; None for a file that is none, or was kept before there were sizes."""
    found = _MEASURED.fullmatch(name)
    return Measures(int(found["width"]), int(found["height"])) if found else None


def name_in_size(name: str, size: str) -> str:
    """The file of the picture in that size; the full one where there is no other."""
    found = _MEASURED.fullmatch(name)
    return f"{found['stem']}.{size}.jpg" if found and size in SMALLER else name


def files_of(name: str) -> list[str]:
    """All the files that are kept with the one that a row names, itself among them."""
    return [name, *(name_in_size(name, size) for size in SMALLER)] if measures_of(name) else [name]


def mark_of(name: str) -> str:
    """What an address says of the picture, so that another picture has another address; it tells no name of a file."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
