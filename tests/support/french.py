"""Puts no-break spaces into the French of the catalogue: `python -m tests.support.french`."""

import re
from pathlib import Path

from common.readable import with_no_break_spaces

CATALOG = Path(__file__).resolve().parents[2] / "locale" / "fr" / "LC_MESSAGES" / "django.po"
# A translation: its first line and those that go on.
TRANSLATION = re.compile(r'^msgstr(?:\[\d\])? ".*"\n(?:".*"\n)*', re.MULTILINE)
# A space that two lines share: it goes to the second one, where it is seen beside what it holds.
AT_A_LINE_END = re.compile(r' "\n"(?=[:;!?»])')


def mend(catalogue: str) -> str:
    """The catalogue with its translations' spaces mended, and nothing else."""
    return TRANSLATION.sub(lambda found: with_no_break_spaces(AT_A_LINE_END.sub('"\n" ', found[0])), catalogue)


if __name__ == "__main__":
    written = CATALOG.read_text()
    if (mended := mend(written)) != written:
        CATALOG.write_text(mended)
