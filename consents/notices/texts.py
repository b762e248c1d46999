"""What a guardian agrees to, word for word, by version and language.

A version that somebody was shown is never edited or deleted: a new wording is a new version at the end, and the last
one is what is asked from then on. These texts stand here and not in the catalogue, because a translation there
changes without leaving a trace.
"""

from dataclasses import dataclass, replace

from common.readable import with_no_break_spaces


@dataclass(frozen=True)
class ConsentText:
    """`{first_name}` is the child's; `points` are what agreeing means, for all missions (`to_all`) or for one.

    `may`, where a version has it, is the first point for a guardian asked about one mission.
    """

    to_all: str
    to_one: str
    points: tuple[str, ...]
    may: str = ""


TEXTS: dict[str, dict[str, ConsentText]] = {
    "2026-11": {
        "fr": ConsentText(
            to_all=(
                "{first_name} suit l’option engagement de son lycée et demande à participer à des missions "
                "d’associations et d’organismes vérifiés par la Région."
            ),
            to_one="{first_name} suit l’option engagement de son lycée et demande à participer à cette mission.",
            points=(
                "{first_name} peut s’inscrire aux missions ouvertes à son âge, jamais entre 22 h et 6 h, et au plus "
                "8 heures par jour ;",
                "vous recevez un courriel pour chaque place obtenue, modifiée ou annulée : quoi, quand et où ;",
                "l’organisateur voit son prénom et, une fois la place obtenue, son nom ;",
                "de 24 heures avant à 24 heures après une mission, l’organisateur peut lire les numéros d’urgence que "
                "vous ou votre enfant avez donnés ; chaque lecture est enregistrée ;",
                "vous pouvez retirer votre accord à tout moment, sans donner de raison : les places à venir sont alors "
                "rendues.",
            ),
        ),
        "en": ConsentText(
            to_all=(
                "{first_name} follows the option engagement of their lycée and asks to take part in missions of "
                "associations and bodies that the Region has verified."
            ),
            to_one="{first_name} follows the option engagement of their lycée and asks to take part in this mission.",
            points=(
                "{first_name} may sign up for missions open to their age, never between 22:00 and 06:00, and for at "
                "most 8 hours a day;",
                "you get a mail for each place given, changed or cancelled: what, when and where;",
                "the organiser sees the first name and, once the place is given, the surname;",
                "from 24 hours before a mission to 24 hours after it, the organiser can read the emergency numbers "
                "that you or your child gave; each reading is recorded;",
                "you can withdraw your consent at any time, without a reason: the places to come are then given back.",
            ),
        ),
    },
}


def _said_otherwise(version: str, points: dict[str, tuple[str, str]]) -> dict[str, ConsentText]:
    """A version with other words, by language: instead of the first the second."""
    changed = {}
    for language, (before, after) in points.items():
        text = TEXTS[version][language]
        said = list(text.points)
        said[said.index(before)] = after
        changed[language] = replace(text, points=tuple(said))
    return changed


# The organiser sees the initial of the surname as well, before the place is given.
TEXTS["2026-11-24"] = _said_otherwise(
    "2026-11",
    {
        "fr": (
            "l’organisateur voit son prénom et, une fois la place obtenue, son nom ;",
            "l’organisateur voit son prénom et l’initiale de son nom et, une fois la place obtenue, son nom ;",
        ),
        "en": (
            "the organiser sees the first name and, once the place is given, the surname;",
            "the organiser sees the first name, the initial of the surname and, once the place is given, the surname;",
        ),
    },
)
# A guardian asked about one mission reads what agreeing to it is, which is not to all that are open to their age.
TEXTS["2026-11-27"] = {
    language: replace(TEXTS["2026-11-24"][language], may=may)
    for language, may in {
        "fr": (
            "{first_name} peut s’inscrire à cette mission ou, si vous acceptez toutes les missions, à celles ouvertes "
            "à son âge, jamais entre 22 h et 6 h, et au plus 8 heures par jour ;"
        ),
        "en": (
            "{first_name} may sign up for this mission or, if you agree to all missions, for those open to their age, "
            "never between 22:00 and 06:00, and for at most 8 hours a day;"
        ),
    }.items()
}
# Organisers write to those on their missions.
WRITTEN_TO = {
    "fr": (
        "l’organisateur peut écrire à {first_name} dans l’application : vous recevez chaque message par courriel, la "
        "direction de son lycée peut le lire, et un lien permet de le signaler ;"
    ),
    "en": (
        "the organiser can write to {first_name} in the app: you get each message by mail, the head of their lycée can "
        "read it, and a link lets you report it;"
    ),
}
TEXTS["2026-11-30"] = {
    language: replace(text, points=(*text.points[:-1], WRITTEN_TO[language], text.points[-1]))
    for language, text in TEXTS["2026-11-27"].items()
}
TEXT_VERSION = list(TEXTS)[-1]


def text_of(version: str, language: str, *, first_name: str, is_to_one: bool) -> tuple[str, list[str]]:
    """The opening sentence and the points of a version, in French unless there is that language."""
    text = TEXTS[version].get(language) or TEXTS[version]["fr"]
    opening = text.to_one if is_to_one else text.to_all
    points = (text.may, *text.points[1:]) if is_to_one and text.may else text.points
    said = [one.replace("{first_name}", first_name) for one in (opening, *points)]
    if text is not TEXTS[version].get("en"):
        # The words of a version never change; how they break into lines may.
        said = [with_no_break_spaces(one) for one in said]
    return said[0], said[1:]
