"""The tables of docs/api.md that are written from the code: between the marks `<!-- name -->` and `<!-- /name -->`.

To write them anew: manage.py shell -c "from tests.support.documented import write; write()"
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from common.api.words import codes_of_operations, words
from tests.support.screens import SCREENS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """The lines of a Markdown table."""
    head = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def codes() -> str:
    """Every code, the statuses it is answered with, its meaning, the facts beside it."""
    statuses = defaultdict(set)
    for answers in codes_of_operations().values():
        for status, answered in answers.items():
            for code in answered:
                statuses[code].add(str(status))
    facts = defaultdict(list)
    for name, fact in sorted(words().facts.items()):
        for code in fact["codes"]:
            facts[code].append(f"`{name}`")
    rows = [
        (f"`{code}`", ", ".join(sorted(statuses[code])), text, ", ".join(facts[code]))
        for code, text in sorted(words().codes.items())
    ]
    return table(("Code", "Status", "What it means, what to do", "Facts"), rows)


def screens() -> str:
    """Each of five screens: what an app asks for, how often, and how much is answered."""
    rows = [
        (
            screen.name,
            "<br>".join(f"`{path}`" for path in screen.paths),
            str(len(screen.paths)),
            f"under {screen.kilobytes:g} kB",
        )
        for screen in SCREENS
    ]
    return table(("Screen", "What an app asks for", "Requests", "Compressed"), rows)


TABLES: dict[str, Callable[[], str]] = {"codes": codes, "screens": screens}


def written_anew(text: str) -> str:
    """The same text, with each table as it is now."""
    for name, lines in TABLES.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        text, found = re.subn(f"{begin}.*?{end}", lambda _match: f"{begin}{lines()}\n{end}", text, flags=re.DOTALL)  # noqa: B023
        assert found == 1, name
    return text


def write() -> None:
    """Puts the tables as they are now into docs/api.md."""
    GUIDE.write_text(written_anew(GUIDE.read_text()))
