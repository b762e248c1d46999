"""Missions that people keep."""

from typing import Any

from django.db import transaction

from missions.models import Favourite, Mission


@transaction.atomic
def keep_mission(mission: Mission, *, actor: Any) -> tuple[Favourite, bool]:
    """Keeps a mission, and says whether it was not kept before; keeping it again changes nothing."""
    return Favourite.objects.get_or_create(person=actor, mission=mission, defaults={"title": mission.title})


@transaction.atomic
def let_mission_go(favourite: Favourite, *, actor: Any) -> None:
    """Keeps it no longer."""
    Favourite.objects.filter(pk=favourite.pk, person=actor).delete()
