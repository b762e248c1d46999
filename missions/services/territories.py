"""Gives each mission its commune, where its address tells one."""

from common.territory import department_of
from missions.models import Mission
from schools.services.territories import Place, commune_codes_of

BATCH_SIZE = 500


def place_missions() -> tuple[int, int]:
    """Fills the commune's code of missions that have an address and none. Returns how many were, how many were not.

    A mission that was placed by its organiser stays where they put it.
    """
    missions = list(
        Mission.objects.filter(commune_code="", is_remote=False).only(
            "id", "postal_code", "city", "commune_code", "department_code"
        )
    )
    places = [Place(mission.postal_code, mission.city, mission.department_code) for mission in missions]
    codes = commune_codes_of(places)
    placed = []
    for mission, place in zip(missions, places, strict=True):
        mission.commune_code = codes.get(place, "")
        if mission.commune_code:
            mission.department_code = department_of(commune_code=mission.commune_code, postal_code=mission.postal_code)
            placed.append(mission)
    Mission.objects.bulk_update(placed, ["commune_code", "department_code"], batch_size=BATCH_SIZE)
    return len(placed), len(missions) - len(placed)


def commune_code_of(postal_code: str, city: str, department_code: str = "") -> str:
    """The commune's code of one address, "" when it is not sure."""
    place = Place(postal_code, city, department_code)
    return commune_codes_of([place]).get(place, "")
