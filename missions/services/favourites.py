"""Missions that people keep."""

from django.db import transaction

from accounts.models import User
from missions.models import Favourite, Mission


@transaction.atomic
def keep_mission(mission: Mission, *, actor: User) -> tuple[Favourite, bool]:
    """Keeps a mission, and says whether it was not kept before; keeping it again changes nothing."""
    return Favourite.objects.get_or_create(person=actor, mission=mission, defaults={"title": mission.title})


@transaction.atomic
def let_mission_go(favourite: Favourite, *, actor: User) -> None:
    """Keeps it no longer."""
    Favourite.objects.filter(pk=favourite.pk, person=actor).delete()
