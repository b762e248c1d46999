"""Lists of activities as one text, the way the State's exchange writes them: between commas."""

import re
from collections.abc import Iterable

# Names of the exchange's own list that hold a comma themselves.
WITH_COMMA = [
    "Animation, Valorisation",
    "Médiation, Information",
    "Préservation, Patrimoine",
    "Prévention, Sensibilisation",
    "Restauration, hôtellerie",
    "Secours, Aide",
    "Soutien, Accompagnement",
    "Transmission, Pédagogie",
]
ONE = re.compile(rf"\s*({'|'.join(map(re.escape, WITH_COMMA))}|[^,]*)(?:,|$)", re.IGNORECASE)


def split(text: str) -> list[str]:
    """The activities of a text, in its order: "a, b" are two, "Soutien, Accompagnement" is one."""
    return [name for found in ONE.finditer(text) if (name := found[1].strip())]


def join(activities: Iterable[str]) -> str:
    """The text of these activities; a comma inside one that the exchange does not know would make two of it."""
    known = {name.casefold() for name in WITH_COMMA}
    return ",".join(name if name.casefold() in known else name.replace(",", " /") for name in activities)
