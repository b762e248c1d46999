"""What befalls missions when their organisation is suspended, or takes another name."""

from django.utils import timezone

from missions.models import Mission, MissionSearch, Shift, SignUp
from missions.services.locks import lock_everybody_on
from missions.services.shift_changes import cancel_sign_ups
from organizations.models import Organization


def release_places_of_suspended(*, organization: Organization) -> None:
    """Hook `organization_suspended`: the places to come are released; the feed asks the organisation's state itself."""
    coming = Shift.objects.upcoming(timezone.now()).filter(mission__organization=organization)
    for shift in lock_everybody_on(coming.values_list("pk", flat=True)):
        # Why is between the region and the organisation.
        cancel_sign_ups(shift, "")


def follow_new_name(*, organization: Organization) -> None:
    """Hook `organization_renamed`: its missions are found by the new name, and phones that hold a place read it."""
    MissionSearch.objects.write(Mission.objects.filter(organization=organization).select_related("organization"))
    SignUp.objects.live().filter(shift__mission__organization=organization).note_changed()
