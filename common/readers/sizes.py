"""The sizes in which a picture is kept, and how its reader hands them over: a line that measures, then their bytes."""

import re

# The longest side of each, in pixels; a picture is never made larger. In the order in which they are handed over.
LONGEST_SIDES = {"thumbnail": 320, "card": 800, "full": 1600}
LONGEST_LINE = 60
_LINE = re.compile(rb"([1-9]\d{0,3})x([1-9]\d{0,3}) ([1-9]\d{0,7}) ([1-9]\d{0,7}) ([1-9]\d{0,7})\n")


def pack(width: int, height: int, files: dict[str, bytes]) -> bytes:
    """`width`x`height` of the full one, the length of each file, a line break, the files."""
    contents = [files[size] for size in LONGEST_SIDES]
    line = f"{width}x{height} {' '.join(str(len(content)) for content in contents)}\n"
    return b"".join([line.encode(), *contents])


def measure(line: bytes) -> tuple[int, int, dict[str, int]] | None:
    """Width, height and lengths that a line says; None for any other line."""
    if (said := _LINE.fullmatch(line)) is None:
        return None
    width, height, *lengths = (int(number) for number in said.groups())
    return width, height, dict(zip(LONGEST_SIDES, lengths, strict=True))
