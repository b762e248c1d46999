"""One world with everybody in it: who they are, what rows surround them, and one good call per operation.

Around the student: their class, a neighbour class of the same school, another school; the organisation whose
mission they serve, the one above it, and a foreign one. Rows are attributes, named in `names`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from accounts import tokens
from accounts.models import DeviceSession, Invitation, InvitationKind
from accounts.notices import INVITATION_PURPOSE, RESET_PURPOSE, VERIFY_PURPOSE, reset_nonce
from common import links
from missions import codes
from missions.models import Domain
from missions.notices import CONSENT_PURPOSE
from notifications.models import Notification, OutboxMessage
from tests.support import factories as f

PEOPLE = (
    "anonymous",
    "student",
    "other_student",
    "citizen",
    "referent",
    "colleague",
    "other_teacher",
    "manager",
    "other_manager",
    "coordinator",
    "other_coordinator",
    "head",
    "region",
)
API = "/api/v1/"
NEW_PASSWORD = "cinq chevaux jaunes dorment"
REFLECTION = "J'ai appris à écouter."
CONTACT = "01 02 03 04 05"


class World:
    """Everybody and their rows; built anew for each test."""

    def __init__(self) -> None:
        self._people()
        self._schools()
        self._organizations()
        self._places()
        self._ledger()
        self._own_things()

    @property
    def names(self) -> dict[str, str]:
        """The name of each row by its id, to say which rows an answer holds."""
        return {str(row.pk): name for name, row in vars(self).items() if hasattr(row, "pk")}

    def person(self, name: str) -> Any:
        """The person of that name, None for nobody."""
        return None if name == "anonymous" else getattr(self, name)

    def _people(self) -> None:
        self.student = f.UserFactory(aged_17=True, first_name="Inès", last_name="Bâ")
        self.other_student = f.UserFactory(aged_17=True, first_name="Noé", last_name="Petit")
        self.neighbour = f.UserFactory(aged_17=True, first_name="Léa", last_name="Roux")
        self.newcomer = f.UserFactory(aged_17=True, first_name="Tom", last_name="Noir")
        self.citizen = f.UserFactory(first_name="Alice", last_name="Durand")
        self.region = f.UserFactory(region=True)

    def _schools(self) -> None:
        self.school, self.other_school = f.SchoolFactory(), f.SchoolFactory()
        self.closed_school = f.SchoolFactory(closed_on=timezone.now().date())
        self.class_group = f.ClassGroupFactory(school=self.school)
        self.neighbour_class = f.ClassGroupFactory(school=self.school)
        self.other_class = f.ClassGroupFactory(school=self.other_school)
        self.year = self.class_group.school_year
        for name, school in (("", self.school), ("other_", self.other_school)):
            membership = f.StaffMembershipFactory(school=school, manager=True)
            setattr(self, f"{name}manager_membership", membership)
            setattr(self, f"{name}manager", membership.person)
        for name, class_group in (
            ("referent", self.class_group),
            ("colleague", self.neighbour_class),
            ("other_teacher", self.other_class),
        ):
            membership = f.ClassReferentFactory(class_group=class_group).membership
            setattr(self, f"{name}_membership", membership)
            setattr(self, name, membership.person)
        self.enrolment = f.EnrolmentFactory(class_group=self.class_group, student=self.student)
        self.waiting_enrolment = f.EnrolmentFactory(
            class_group=self.class_group, student=self.newcomer, requested=True
        )
        self.neighbour_enrolment = f.EnrolmentFactory(class_group=self.neighbour_class, student=self.neighbour)
        self.other_enrolment = f.EnrolmentFactory(class_group=self.other_class, student=self.other_student)
        f.RosterLineFactory(class_group=self.class_group, guardian_email="famille@example.org")

    def _organizations(self) -> None:
        self.parent = f.OrganizationFactory()
        self.organization = f.OrganizationFactory(parent=self.parent)
        self.other_organization = f.OrganizationFactory()
        self.unverified = f.OrganizationFactory(parent=self.parent, unverified=True)
        self.head_membership = f.OrganizationMembershipFactory(organization=self.parent, manager=True)
        self.membership = f.OrganizationMembershipFactory(organization=self.organization)
        self.comrade_membership = f.OrganizationMembershipFactory(organization=self.organization)
        self.other_membership = f.OrganizationMembershipFactory(organization=self.other_organization)
        self.head, self.coordinator = self.head_membership.person, self.membership.person
        self.comrade, self.other_coordinator = self.comrade_membership.person, self.other_membership.person
        self.mission = f.MissionFactory(organization=self.organization, reviewed_sign_ups=True, contact=CONTACT)
        self.draft_mission = f.MissionFactory(organization=self.organization, draft=True)
        self.reviewed_mission = f.MissionFactory(organization=self.organization, in_review=True)
        self.other_mission = f.MissionFactory(organization=self.other_organization)
        self.other_draft_mission = f.MissionFactory(organization=self.other_organization, draft=True)
        self.unverified_mission = f.MissionFactory(organization=self.unverified)

    def _places(self) -> None:
        self.shift = f.ShiftFactory(mission=self.mission)
        self.free_shift = f.ShiftFactory(mission=self.mission, starts_at=f.afternoon(9))
        self.running_shift = f.ShiftFactory(mission=self.mission, running=True, taken_count=1)
        self.draft_shift = f.ShiftFactory(mission=self.draft_mission)
        self.other_shift = f.ShiftFactory(mission=self.other_mission, taken_count=1)
        self.other_draft_shift = f.ShiftFactory(mission=self.other_draft_mission)
        self.pending = f.SignUpFactory(shift=self.shift, person=self.student)
        self.place = f.SignUpFactory(shift=self.running_shift, person=self.student, accepted=True)
        self.neighbour_pending = f.SignUpFactory(shift=self.other_shift, person=self.neighbour)
        self.other_pending = f.SignUpFactory(shift=self.other_shift, person=self.other_student)
        self.citizen_place = f.SignUpFactory(shift=self.other_shift, person=self.citizen, accepted=True)
        self.citizen_pending = f.SignUpFactory(shift=self.shift, person=self.citizen)
        self.attendance = f.AttendanceFactory(sign_up=self.place)
        self.citizen_attendance = f.AttendanceFactory(sign_up=self.citizen_place)

    def _ledger(self) -> None:
        self.option = f.EngagementOptionFactory(school=self.school, school_year=self.year)
        self.other_option = f.EngagementOptionFactory(school=self.other_school, school_year=self.year)
        self.record = f.RecordFactory(person=self.student, option=self.option)
        self.neighbour_record = f.RecordFactory(person=self.neighbour, option=self.option)
        self.other_record = f.RecordFactory(person=self.other_student, option=self.other_option)
        self.passport = f.RecordFactory(person=self.citizen)
        ours, theirs = {"mission": self.mission, "reflection": REFLECTION}, {"mission": self.other_mission}
        self.entry = f.HourEntryFactory(record=self.record, submitted=True, **ours)
        self.draft_entry = f.HourEntryFactory(record=self.record, **ours)
        self.neighbour_entry = f.HourEntryFactory(record=self.neighbour_record, submitted=True, **theirs)
        self.other_entry = f.HourEntryFactory(record=self.other_record, submitted=True, **theirs)
        self.passport_entry = f.HourEntryFactory(record=self.passport, submitted=True, **ours)

    def _own_things(self) -> None:
        later = timezone.now() + timedelta(days=2)
        self.phone, self.other_phone = (f.DeviceFactory(person=who) for who in (self.student, self.other_student))
        self.session = DeviceSession.objects.create(person=self.student, expires_at=later)
        self.notification, self.other_notification = map(_notification, (self.student, self.other_student))
        self.guardian, self.other_guardian = (
            f.GuardianFactory(student=who, verified_at=None) for who in (self.student, self.other_student)
        )
        self.consent = f.ConsentFactory(guardian=self.guardian)
        self.invitation = Invitation.objects.create(
            email="invitee@example.org",
            kind=InvitationKind.ORGANIZATION_MEMBER,
            target_id=self.organization.pk,
            target_name=self.organization.name,
            role="coordinator",
            expires_at=later,
        )
        self.student.password_reset_asked_at = timezone.now()
        self.student.save(update_fields=["password_reset_asked_at"])


@contextmanager
def undone() -> Iterator[None]:
    """A block whose writes are taken back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _notification(person: Any) -> Notification:
    message = OutboxMessage.objects.create(kind="test", recipient=person, title="T", dedupe_key=f"test:{person.pk}")
    return Notification.objects.create(recipient=person, message=message, kind="test", title="T", body="B")


@dataclass(frozen=True)
class Call:
    """A request that somebody may make; `by` names who."""

    method: str
    path: str
    by: str = "student"
    body: Any = None

    def send(self, client: Any, **extra: Any) -> Any:
        """The answer of the call, an edit being of any version."""
        if self.method == "PATCH":
            extra.setdefault("HTTP_IF_MATCH", "*")
        return getattr(client, self.method.lower())(self.path, self.body, **extra)


def calls(w: World) -> dict[str, Call]:
    """One call that is right for each operation of the API, by `METHOD route`, or `METHOD route variant`."""
    now = timezone.now()
    reason = {"reason": "Le lieu manque."}
    person = {"first_name": "Nina", "last_name": "Lys", "birth_date": str(f.years_ago(20))}
    account = {**person, "email": "nina@example.org", "password": NEW_PASSWORD}
    check_in = {
        "shift": str(w.running_shift.pk),
        "direction": "in",
        "code": codes.code_of(w.running_shift.pk, codes.step_of(now)),
        "occurred_at": now.isoformat(),
        "sent_at": now.isoformat(),
    }
    mission = {
        "organization": str(w.organization.pk),
        "title": "Maraude",
        "description": "Aller vers les personnes.",
        "domain": Domain.SOLIDARITE_INSERTION,
        "is_remote": True,
    }
    shift = {"starts_at": f.afternoon(3).isoformat(), "ends_at": f.afternoon(3, 15).isoformat(), "capacity": 5}
    ruling = {"entry": str(w.entry.pk), "verb": "reject", **reason}
    edit = {"reflection": "Plus long.", "break_minutes": 5}
    verify = links.make_token(VERIFY_PURPOSE, w.student.pk, w.student.email)
    reset = links.make_token(RESET_PURPOSE, w.student.pk, reset_nonce(w.student))
    invitation = links.make_token(INVITATION_PURPOSE, w.invitation.pk)
    consent = links.make_token(CONSENT_PURPOSE, w.consent.pk)
    passwords = {"current_password": f.PASSWORD, "new_password": NEW_PASSWORD}
    invite = {"email": "nina@example.org", "role": "manager"}
    roster = {"students": [person]}
    # Each line: method, route, optional variant; the row or token in the route; who may; the body.
    table: list[tuple[str, Any, str, Any]] = [
        ("GET app-config/", None, "anonymous", None),
        ("POST auth/register/", None, "anonymous", account),
        ("POST auth/token/", None, "anonymous", {"email": w.student.email, "password": f.PASSWORD}),
        ("POST auth/token/refresh/", None, "anonymous", {"refresh": tokens.refresh_token(w.session)}),
        ("POST auth/token/revoke/", None, "student", None),
        ("GET auth/sessions/", None, "student", None),
        ("DELETE auth/sessions/{id}/", w.session, "student", None),
        ("POST auth/password/change/", None, "student", passwords),
        ("POST auth/password/reset/", None, "anonymous", {"email": w.student.email}),
        ("GET auth/password/reset/confirm/{token}/", reset, "anonymous", None),
        ("POST auth/password/reset/confirm/{token}/", reset, "anonymous", {"password": NEW_PASSWORD}),
        ("GET auth/email/verify/{token}/", verify, "anonymous", None),
        ("POST auth/email/verify/{token}/", verify, "anonymous", None),
        ("GET invitations/{token}/", invitation, "anonymous", None),
        (
            "POST invitations/{token}/",
            invitation,
            "anonymous",
            {"password": NEW_PASSWORD, "first_name": "Nina", "last_name": "Lys"},
        ),
        ("GET consents/{token}/", consent, "anonymous", None),
        ("POST consents/{token}/", consent, "anonymous", {"decision": "grant"}),
        ("GET me/", None, "student", None),
        ("PATCH me/", None, "student", {"language": "en"}),
        ("GET me/progress/", None, "student", None),
        ("GET me/guardians/", None, "student", None),
        ("POST me/guardians/", None, "student", {"email": "tante@example.org"}),
        ("GET schools/", None, "anonymous", None),
        ("GET schools/{id}/", w.school, "anonymous", None),
        ("GET schools/{id}/ closed", w.closed_school, "region", None),
        ("GET schools/{id}/invitations/", w.school, "manager", None),
        ("POST schools/{id}/invitations/", w.school, "manager", invite),
        ("GET school-years/", None, "anonymous", None),
        ("GET school-years/{id}/", w.year, "anonymous", None),
        ("GET classes/", None, "referent", None),
        ("POST classes/", None, "manager", {"school": str(w.school.pk), "name": "1re 3"}),
        ("POST classes/join/", None, "anonymous", {**account, "join_code": w.class_group.join_code}),
        ("GET classes/{id}/", w.class_group, "referent", None),
        ("POST classes/{id}/join-code/", w.class_group, "referent", None),
        ("GET classes/{id}/students/", w.class_group, "referent", None),
        ("POST classes/{id}/students/", w.class_group, "referent", roster),
        ("GET enrolments/", None, "referent", None),
        ("GET enrolments/{id}/", w.enrolment, "referent", None),
        ("GET enrolments/{id}/ neighbour", w.neighbour_enrolment, "colleague", None),
        ("POST enrolments/{id}/admit/", w.waiting_enrolment, "referent", None),
        ("POST enrolments/{id}/refuse/", w.waiting_enrolment, "referent", None),
        ("GET staff-memberships/", None, "referent", None),
        ("GET staff-memberships/{id}/", w.referent_membership, "referent", None),
        ("POST staff-memberships/{id}/end/", w.referent_membership, "referent", None),
        ("GET guardians/", None, "referent", None),
        ("GET guardians/{id}/", w.guardian, "referent", None),
        ("POST guardians/{id}/confirm/", w.guardian, "referent", None),
        ("GET organizations/", None, "anonymous", None),
        ("POST organizations/", None, "region", {"name": "UL", "kind": "croix_rouge", "parent": str(w.parent.pk)}),
        ("GET organizations/{id}/", w.organization, "anonymous", None),
        ("GET organizations/{id}/ unverified", w.unverified, "head", None),
        ("GET organizations/{id}/invitations/", w.organization, "head", None),
        ("POST organizations/{id}/invitations/", w.organization, "head", invite),
        ("POST organizations/{id}/invitations/ foreign", w.other_organization, "region", invite),
        ("POST organizations/{id}/refuse/", w.unverified, "region", None),
        ("POST organizations/{id}/verify/", w.unverified, "region", None),
        ("GET organization-memberships/", None, "coordinator", None),
        ("GET organization-memberships/{id}/", w.membership, "coordinator", None),
        ("POST organization-memberships/{id}/end/", w.membership, "coordinator", None),
        ("POST organization-memberships/{id}/end/ comrade", w.comrade_membership, "head", None),
        ("GET missions/", None, "anonymous", None),
        ("POST missions/", None, "coordinator", mission),
        ("GET missions/{id}/", w.mission, "anonymous", None),
        ("GET missions/{id}/ draft", w.draft_mission, "coordinator", None),
        ("GET missions/{id}/ unverified", w.unverified_mission, "head", None),
        ("PATCH missions/{id}/", w.draft_mission, "coordinator", {"title": "Maraude du soir"}),
        ("POST missions/{id}/submit/", w.draft_mission, "coordinator", None),
        ("POST missions/{id}/withdraw/", w.reviewed_mission, "coordinator", None),
        ("POST missions/{id}/approve/", w.reviewed_mission, "region", None),
        ("POST missions/{id}/request-changes/", w.reviewed_mission, "region", reason),
        ("GET shifts/", None, "anonymous", None),
        ("POST shifts/", None, "coordinator", {"mission": str(w.draft_mission.pk), **shift}),
        ("GET shifts/{id}/", w.shift, "anonymous", None),
        ("GET shifts/{id}/ draft", w.draft_shift, "coordinator", None),
        ("GET shifts/{id}/check-in-codes/", w.shift, "coordinator", None),
        ("GET shifts/{id}/eligibility/", w.free_shift, "student", None),
        ("GET shifts/{id}/list/", w.shift, "coordinator", None),
        ("POST shifts/{id}/sign-up/", w.free_shift, "student", None),
        ("POST shifts/{id}/sign-up/ draft", w.draft_shift, "coordinator", None),
        ("GET sign-ups/", None, "student", None),
        ("GET sign-ups/{id}/", w.pending, "student", None),
        ("GET sign-ups/{id}/ neighbour", w.neighbour_pending, "colleague", None),
        ("POST sign-ups/{id}/accept/", w.pending, "coordinator", None),
        ("POST sign-ups/{id}/decline/", w.pending, "coordinator", reason),
        ("POST sign-ups/{id}/withdraw/", w.pending, "student", None),
        ("POST check-ins/", None, "student", check_in),
        ("GET attendances/", None, "student", None),
        ("GET attendances/{id}/", w.attendance, "student", None),
        ("POST attendances/{id}/confirm/", w.attendance, "coordinator", {"minutes": 60}),
        ("GET engagement-options/", None, "student", None),
        ("POST engagement-options/", None, "manager", {"school": str(w.school.pk), "target_minutes": 600}),
        ("GET engagement-options/{id}/", w.option, "student", None),
        ("PATCH engagement-options/{id}/", w.option, "manager", {"target_minutes": 600}),
        ("GET records/", None, "student", None),
        ("GET records/{id}/", w.record, "student", None),
        ("GET records/{id}/ passport", w.passport, "citizen", None),
        ("GET hour-entries/", None, "student", None),
        ("GET hour-entries/{id}/", w.entry, "student", None),
        ("GET hour-entries/{id}/ draft", w.draft_entry, "student", None),
        ("GET hour-entries/{id}/ neighbour", w.neighbour_entry, "colleague", None),
        ("GET hour-entries/{id}/ passport", w.passport_entry, "citizen", None),
        ("PATCH hour-entries/{id}/", w.draft_entry, "student", edit),
        ("GET hour-entries/{id}/events/", w.entry, "student", None),
        ("POST hour-entries/{id}/submit/", w.draft_entry, "student", None),
        ("POST hour-entries/{id}/withdraw/", w.entry, "student", None),
        ("POST hour-entries/{id}/approve/", w.entry, "referent", {}),
        ("POST hour-entries/{id}/approve/ draft", w.draft_entry, "referent", {}),
        ("POST hour-entries/{id}/approve/ passport", w.passport_entry, "referent", {}),
        ("POST hour-entries/{id}/return/", w.entry, "referent", reason),
        ("POST hour-entries/{id}/reject/", w.entry, "referent", reason),
        ("POST hour-entries/bulk-decisions/", None, "referent", {"decisions": [ruling]}),
        ("GET devices/", None, "student", None),
        ("POST devices/", None, "student", {"platform": "android", "token": "a-fresh-token"}),
        ("GET devices/{id}/", w.phone, "student", None),
        ("DELETE devices/{id}/", w.phone, "student", None),
        ("GET notifications/", None, "student", None),
        ("GET notifications/{id}/", w.notification, "student", None),
        ("POST notifications/{id}/read/", w.notification, "student", None),
        ("GET schema/", None, "anonymous", None),
        ("GET docs/", None, "anonymous", None),
    ]
    answer = {}
    for key, target, by, body in table:
        method, route = key.split()[:2]
        in_path = target if isinstance(target, str) else getattr(target, "pk", "")
        path = API + route.replace("{id}", str(in_path)).replace("{token}", str(in_path))
        answer[key] = Call(method, path, by, body)
    return answer


def operations() -> list[str]:
    """Each `METHOD route` under the API that the URL resolver knows; routes as the contract writes them."""
    return sorted(
        f"{method.upper()} {route.removeprefix('api/v1/')}"
        for route, view in _routes(get_resolver().url_patterns, "")
        if route.startswith("api/")
        for method in getattr(view, "actions", None) or _handlers(view.cls)
        if method != "head"  # as GET; the framework adds it at the first request
    )


def _handlers(cls: Any) -> list[str]:
    return [name for name in ("get", "post", "put", "patch", "delete") if hasattr(cls, name)]


def _routes(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route.replace("<uuid:pk>", "{id}").replace("<str:token>", "{token}"), pattern.callback
