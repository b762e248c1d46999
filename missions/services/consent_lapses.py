"""What becomes of the places that depended on consents to one mission when it moves."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from consents.models import Consent
from consents.services.consents import lock_for_decision
from consents.services.lapses import lapse_moved
from consents.states import ConsentStatus
from missions import eligibility, selectors
from missions.models import Mission, Shift, SignUp
from missions.services.consents import give_back_uncovered_places, release_places


def lapse_moved_consents(mission: Mission) -> list[Consent]:
    """Ends the consents for this one mission that were given for too different a time or place.

    Call it in the transaction of the change, after it was written, under the locks of its people and shifts
    (`locks.lock_everybody_on`); then `release_lapsed_places` for each of these shifts. Places on the mission's other
    shifts follow after the commit.
    """
    lapsed = lapse_moved(selectors.mission_facts(ids=[mission.pk])[mission.pk])
    if lapsed:
        transaction.on_commit(release_places_of_lapsed, robust=True)
    return lapsed


def release_lapsed_places(shift: Shift) -> None:
    """Gives back the places on a shift that depended on consents that lapsed; the caller holds its people and it."""
    lapsed = Consent.objects.filter(mission_id=shift.mission_id, status=ConsentStatus.LAPSED).values("student")
    for row in SignUp.objects.live().filter(shift=shift, person__in=lapsed).select_related("person").order_by("pk"):
        if eligibility.lacks_consent(row.person, shift):
            release_places(row.person, [shift.pk])


def release_places_of_lapsed() -> int:
    """The same for every other shift of such missions, one student at a time. Safe to run twice; returns how many."""
    lapsed = Consent.objects.filter(
        student=OuterRef("person"), mission_id=OuterRef("shift__mission"), status=ConsentStatus.LAPSED
    )
    left = SignUp.objects.live().filter(Exists(lapsed), shift__starts_at__gt=timezone.now())
    students = list(left.values_list("person", flat=True).distinct())
    for student_id in students:
        with transaction.atomic():
            give_back_uncovered_places(student=lock_for_decision(student_id), accept_losses=True)
    return len(students)
