"""Answers about people and places that no single model owns."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from common.files import Folder
from consents.answers import MissionFacts, PlaceFacts, SeenByOrganizer, ShiftFacts
from missions.models import Mission, Shift, SignUp
from missions.states import MissionStatus
from notifications.models import OutboxMessage
from notifications.outbox import ids_in, named
from organizations.models import Organization, OrganizationMembership
from organizations.states import OPEN_ORGANIZATION
from schools.models import Enrolment, StaffMembership

# How long after a shift its organisers still see that there was a consent.
CONSENT_SEEN_AFTER_SHIFT = timedelta(days=1)


def has_ties(*, person: User) -> bool:
    """Hook `person_stays`: whether the person asked for a place."""
    return SignUp.objects.filter(person=person).exists()


def organizations_known_to(person: User) -> QuerySet[Organization]:
    """Those that are visible to the person, and those of missions where they have or had a place."""
    visible = Organization.objects.visible_to(person)
    mine = Organization.objects.filter(missions__shifts__sign_ups__person=person)
    return Organization.objects.filter(Q(pk__in=visible.values("pk")) | Q(pk__in=mine.values("pk")))


def people_known_to(person: User) -> Any:
    """Whom the person can name without being told anything new: those in rows they see, those of their shifts, and
    the organisers of their missions. The region knows everybody."""
    if person.is_region_staff:
        return User.objects.all()
    shifts = SignUp.objects.filter(person=person).values("shift")
    known = (
        SignUp.objects.visible_to(person).values("person"),
        SignUp.objects.accepted().filter(shift__in=shifts).values("person"),
        OrganizationMembership.objects.visible_to(person).values("person"),
        OrganizationMembership.objects.active()
        .filter(organization__missions__shifts__in=shifts)
        .values("person"),
        Enrolment.objects.visible_to(person).values("student"),
        StaffMembership.objects.active()
        .filter(school__in=Enrolment.objects.visible_to(person).values("class_group__school"))
        .values("person"),
        StaffMembership.objects.visible_to(person).values("person"),
    )
    one_of = Q()
    for people in known:
        one_of |= Q(pk__in=people)
    return User.objects.filter(one_of)


def folder_of_images() -> Folder:
    """Hook `file_folders`: where the pictures of missions are stored."""
    return Folder("missions", Mission.objects.exclude(image=""), "image")


def mission_facts(*, ids: Collection[UUID]) -> dict[UUID, MissionFacts]:
    """Hook `mission_facts`: these missions, as guardians are told of them."""
    upcoming = Shift.objects.upcoming(timezone.now()).order_by("starts_at", "id")
    rows = Mission.objects.filter(pk__in=ids).select_related("organization")
    return {row.pk: _facts_of(row) for row in rows.prefetch_related(Prefetch("shifts", upcoming, to_attr="coming"))}


def _facts_of(mission: Any) -> MissionFacts:
    return MissionFacts(
        id=mission.pk,
        title=mission.title,
        organization=mission.organization.name,
        address=mission.address,
        postal_code=mission.postal_code,
        city=mission.city,
        place=None if mission.latitude is None else (mission.latitude, mission.longitude),
        is_published=mission.status == MissionStatus.PUBLISHED and mission.organization.status in OPEN_ORGANIZATION,
        shifts=tuple(_shift_facts_of(shift) for shift in mission.coming),
    )


def _shift_facts_of(shift: Shift) -> ShiftFacts:
    return ShiftFacts(shift.pk, shift.starts_at, shift.ends_at)


def places_to_come(*, student: User) -> list[PlaceFacts]:
    """Hook `places_to_come`: the student's accepted places on shifts that are not over, first come first."""
    places = SignUp.objects.accepted().filter(person=student, shift__ends_at__gt=timezone.now())
    shifts = [row.shift for row in places.select_related("shift").order_by("shift__starts_at", "id")]
    missions = mission_facts(ids={shift.mission_id for shift in shifts})
    return [PlaceFacts(missions[shift.mission_id], _shift_facts_of(shift)) for shift in shifts]


def consents_of_places(*, person: User) -> SeenByOrganizer:
    """Hook `consents_of_places`: the missions the person runs, and who has a place there that is not over long."""
    missions = Mission.objects.run_by(person).values("pk")
    since = timezone.now() - CONSENT_SEEN_AFTER_SHIFT
    places = SignUp.objects.accepted().filter(shift__mission__in=missions, shift__ends_at__gt=since)
    return SeenByOrganizer(missions, places.values("person"))


def written_for(*, messages: Iterable[OutboxMessage]) -> dict[UUID, str]:
    """Hook `mail_written_for`: the organisations of the missions they are about. note: causes a query where any is."""
    about = ids_in(messages, "mission")
    return named(about, Mission.objects.filter(pk__in=set(about.values())).values_list("pk", "organization__name"))
