"""Gives each mission its commune, where its postal code and city tell one."""

from common.territory import department_of
from missions.models import Mission
from schools.services.territories import commune_codes_of

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
    codes = commune_codes_of((mission.postal_code, mission.city) for mission in missions)
    placed = []
    for mission in missions:
        mission.commune_code = codes.get((mission.postal_code, mission.city), "")
        if mission.commune_code:
            mission.department_code = department_of(commune_code=mission.commune_code, postal_code=mission.postal_code)
            placed.append(mission)
    Mission.objects.bulk_update(placed, ["commune_code", "department_code"], batch_size=BATCH_SIZE)
    return len(placed), len(missions) - len(placed)


def commune_code_of(postal_code: str, city: str) -> str:
    """The commune's code of one address, "" when it is not sure."""
    return commune_codes_of([(postal_code, city)]).get((postal_code, city), "")
