"""One world with everybody in it: who they are, what rows surround them, and one good call per operation.

Around the student: their class, a neighbour class of the same school, another school; the organisation whose
mission they serve, the one above it, and a foreign one. Rows are attributes, named in `names`.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from accounts import timed_links, tokens
from accounts.models import DeviceSession, Invitation, InvitationKind, Suspension
from accounts.notices import INVITATION_PURPOSE, RESET_PURPOSE, SIGN_IN_PURPOSE, VERIFY_PURPOSE
from common import links
from common.api.start import start, to_docs
from engagement import tutor_pages
from engagement.models import Contest, Decision, Export
from missions import codes
from missions.models import Domain, EmergencyNumberView, MessageRecipient, Mission
from missions.services import calendars
from notifications.models import Notification, OutboxMessage
from notifications.preferences import UNSUBSCRIBE_PURPOSE
from tests.support import factories as f
from tests.support.guardians import address_token, consent_token, copy_token, page_token
from tests.support.tutors import asked_tutor, tutor_token

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
# What a mail provider shows, with the secret of tests/conftest.py.
PROVIDES = {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(b"provider:a-secret-of-both").decode()}


class World:
    """Everybody and their rows; `world` of tests/conftest.py builds it once for a module."""

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

    def keep_files(self) -> None:
        """Notes what the rows' files hold, for a test that has another storage."""
        folders = ("missions", "evidence")
        self.files = {
            f"{folder}/{name}": default_storage.open(f"{folder}/{name}").read()
            for folder in folders
            if default_storage.exists(folder)
            for name in default_storage.listdir(folder)[1]
        }

    def put_files(self) -> None:
        """Stores the files noted."""
        for name, content in self.files.items():
            default_storage.save(name, ContentFile(content))

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
        f.ClassReferentFactory(
            class_group=self.class_group,
            membership=self.manager_membership,
            until_on=timezone.now().date() + timedelta(days=9),
        )
        self.enrolment = f.EnrolmentFactory(class_group=self.class_group, student=self.student)
        self.waiting_enrolment = f.EnrolmentFactory(class_group=self.class_group, student=self.newcomer, requested=True)
        self.neighbour_enrolment = f.EnrolmentFactory(class_group=self.neighbour_class, student=self.neighbour)
        self.other_enrolment = f.EnrolmentFactory(class_group=self.other_class, student=self.other_student)
        f.RosterLineFactory(class_group=self.class_group, guardian_email="famille@example.org")

    def _organizations(self) -> None:
        self.parent = f.OrganizationFactory()
        self.organization = f.OrganizationFactory(parent=self.parent)
        self.trusted = f.OrganizationFactory(trusted=True)
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
        self.partner_mission = f.PartnerMissionFactory()
        self.revision = f.MissionRevisionFactory(mission=self.mission)
        self.other_revision = f.MissionRevisionFactory(mission=self.other_mission)
        self.suspended = f.OrganizationFactory(parent=self.parent, suspended=True)
        self.suspended_mission = f.MissionFactory(organization=self.suspended)
        image = default_storage.save("missions/picture.jpg", ContentFile(f.PICTURE))
        Mission.objects.filter(pk__in=(self.mission.pk, self.draft_mission.pk)).update(image=image)
        self.unverified_mission = f.MissionFactory(organization=self.unverified)

    def _places(self) -> None:
        self.shift = f.ShiftFactory(mission=self.mission)
        self.free_shift = f.ShiftFactory(mission=self.mission, starts_at=f.afternoon(9))
        self.running_shift = f.ShiftFactory(mission=self.mission, running=True, taken_count=1)
        self.draft_shift = f.ShiftFactory(mission=self.draft_mission)
        self.other_shift = f.ShiftFactory(mission=self.other_mission, taken_count=2)
        self.other_draft_shift = f.ShiftFactory(mission=self.other_draft_mission)
        self.pending = f.SignUpFactory(shift=self.shift, person=self.student)
        self.place = f.SignUpFactory(shift=self.running_shift, person=self.student, accepted=True)
        self.neighbour_pending = f.SignUpFactory(shift=self.other_shift, person=self.neighbour)
        self.other_pending = f.SignUpFactory(shift=self.other_shift, person=self.other_student)
        self.citizen_place = f.SignUpFactory(shift=self.other_shift, person=self.citizen, accepted=True)
        self.citizen_pending = f.SignUpFactory(shift=self.shift, person=self.citizen)
        self.offer = f.SignUpFactory(shift=self.other_shift, person=self.student, offered=True)
        self.removed = f.SignUpFactory(shift=self.free_shift, removed=True)
        f.AttendanceFactory(sign_up=self.removed, status="voided")
        self.attendance = f.AttendanceFactory(sign_up=self.place)
        self.calendar = calendars.open_calendar(actor=self.student)
        self.visitor = f.UserFactory(first_name="Zoé", last_name="Blanc")
        elsewhere = f.ShiftFactory(mission=self.other_mission, running=True)
        self.present_attendance = f.AttendanceFactory(sign_up__shift=elsewhere, status="checked_in")
        f.CheckInFactory(attendance=self.present_attendance, occurred_at=elsewhere.starts_at)
        self.confirmed_attendance = f.AttendanceFactory(sign_up__shift=elsewhere, confirmed=True)
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
        self.approved_entry = f.HourEntryFactory(record=self.record, approved=True, mission=self.other_mission)
        self.asked_entry = f.HourEntryFactory(
            record=self.record, submitted=True, attestation_status="requested", attested_minutes=None, **ours
        )
        self.amended_entry = f.HourEntryFactory(
            record=self.record, submitted=True, attestation_status="amended", attested_minutes=60, **ours
        )
        self.rejected_entry = f.HourEntryFactory(
            record=self.record, status="rejected", submitted_at=timezone.now(), mission=self.other_mission
        )
        Decision.objects.create(entry=self.rejected_entry, verb="reject", reason="Absent.", decided_by=self.referent)
        contested = f.HourEntryFactory(
            record=self.record, status="rejected", submitted_at=timezone.now(), mission=self.other_mission
        )
        self.contested_entry = contested
        self.contest = Contest.objects.create(entry=contested, subject="rejection", reason="J'y étais.")
        self.certified_entry = f.HourEntryFactory(record=self.record, approved=True, mission=self.other_mission)
        self.certificate = f.CertificateFactory(record=self.record, covers=[self.certified_entry])
        self.export = Export.objects.create(
            class_group=self.class_group, file_format="csv", line_count=1, exported_by=self.referent
        )
        self.evidence = f.EvidenceFactory(entry=self.draft_entry)
        self.shown_evidence = f.EvidenceFactory(entry=self.entry)
        self.tutor_entry, self.bounced_entry = (
            f.HourEntryFactory(record=self.record, outside=True, attestation_status=word)
            for word in ("requested", "bounced")
        )
        self.tutor_request, self.bounced_request = map(asked_tutor, (self.tutor_entry, self.bounced_entry))
        self.passport_entry = f.HourEntryFactory(record=self.passport, submitted=True, **ours)

    def _own_things(self) -> None:
        later = timezone.now() + timedelta(days=2)
        self.phone, self.other_phone = (f.DeviceFactory(person=who) for who in (self.student, self.other_student))
        self.training = f.QualificationFactory(person=self.student)
        self.other_training = f.QualificationFactory(person=self.other_student)
        self.session = DeviceSession.objects.create(person=self.student, expires_at=later)
        self.notification, self.other_notification = map(_notification, (self.student, self.other_student))
        self.guardian, self.other_guardian = (
            f.GuardianFactory(student=who, verified_at=None) for who in (self.student, self.other_student)
        )
        self.favourite = f.FavouriteFactory(person=self.student, mission=self.mission)
        self.other_favourite = f.FavouriteFactory(person=self.other_student, mission=self.other_mission)
        self.mother = f.GuardianFactory(student=self.student, phone="+33612345678")
        self.father = f.GuardianFactory(student=self.student)
        self.mother.new_email, self.mother.new_email_asked_at = "maman@example.org", timezone.now()
        self.mother.save()
        self.consent = f.ConsentFactory(guardian=self.mother)
        self.refusal = f.ConsentFactory(guardian=self.father, refused=True)
        self.other_consent = f.ConsentFactory(guardian=self.other_guardian)
        self.number_view = EmergencyNumberView.objects.create(
            sign_up=self.place, viewer=self.coordinator, viewer_name="C. O."
        )
        self.invitation = Invitation.objects.create(
            email="invitee@example.org",
            kind=InvitationKind.ORGANIZATION_MEMBER,
            target_id=self.organization.pk,
            target_name=self.organization.name,
            role="coordinator",
            expires_at=later,
        )
        self.staff_invitation = Invitation.objects.create(
            email="invitee@example.org",
            kind=InvitationKind.SCHOOL_STAFF,
            target_id=self.school.pk,
            target_name=self.school.name,
            role="teacher",
            expires_at=later,
        )
        self.report = f.ReportFactory(reporter=self.student, mission=self.other_mission)
        self.report_of_coordinator = f.ReportFactory(
            reporter=self.citizen, mission=None, person=self.coordinator, status="taken", taken_at=timezone.now()
        )
        self.message = f.MessageFactory(mission=self.mission, shift=self.shift, author=self.coordinator)
        self.received = MessageRecipient.objects.create(message=self.message, person=self.student, sign_up=self.place)
        self.report_of_student = f.ReportFactory(reporter=self.coordinator, mission=None, person=self.student)
        self.expelled = f.UserFactory(suspended_at=timezone.now())
        self.suspension = Suspension.objects.create(person=self.expelled, reason="Des menaces.")


@contextmanager
def undone() -> Iterator[None]:
    """A block whose writes are taken back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _notification(person: Any) -> Notification:
    message = OutboxMessage.objects.create(kind="attested", recipient=person, title="T", subject_id=person.pk)
    return Notification.objects.create(recipient=person, message=message, kind="test", title="T", body="B")


@dataclass(frozen=True)
class Upload:
    """A body that is a file."""

    content: bytes = f.PICTURE

    @property
    def form(self) -> dict[str, Any]:
        return {"file": SimpleUploadedFile("photo.png", self.content, "image/png")}


@dataclass(frozen=True)
class Call:
    """A request that somebody may make; `by` names who."""

    method: str
    path: str
    by: str = "student"
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def edits_a_version(self) -> bool:
        """Whether it needs If-Match."""
        return self.method == "PATCH" or (self.path.endswith(("/image/", "/comment/")) and self.method != "GET")

    def send(self, client: Any, *, path: str = "", **extra: Any) -> Any:
        """The answer of the call, or of the same on another path; an edit being of any version."""
        if self.edits_a_version:
            extra.setdefault("HTTP_IF_MATCH", "*")
        extra = {**self.headers, **extra}
        if isinstance(self.body, Upload):
            extra["format"] = "multipart"
        body = self.body.form if isinstance(self.body, Upload) else self.body
        return getattr(client, self.method.lower())(path or self.path, body, **extra)


def calls(w: World) -> dict[str, Call]:
    """One call that is right for each operation of the API, by `METHOD route`, or `METHOD route variant`."""
    now = timezone.now()
    reason = {"reason": "Le lieu manque."}
    person = {"first_name": "Nina", "last_name": "Lys", "birth_date": str(f.years_ago(20))}
    expected = {**person, "guardian_email": "nina.mere@example.org", "guardian_phone": "0612345678"}
    account = {**person, "email": "nina@example.org", "password": NEW_PASSWORD}
    check_in = {
        "shift": str(w.running_shift.pk),
        "direction": "in",
        "code": codes.code_of(w.running_shift.pk, codes.step_of(now)),
        "occurred_at": now.isoformat(),
        "sent_at": now.isoformat(),
        "position": {"latitude": 48.937, "longitude": 2.36, "accuracy_metres": 12.5},
    }
    late = {"sent_at": now.isoformat(), "check_ins": [{**check_in}]}
    del late["check_ins"][0]["sent_at"]
    ours = str(w.attendance.pk)
    walk_in = {"code": codes.make_walk_in_code(w.visitor.pk, now)[0]}
    mission = {
        "organization": str(w.organization.pk),
        "title": "Maraude",
        "description": "Aller vers les personnes.",
        "domain": Domain.SOLIDARITE_INSERTION,
        "is_remote": True,
    }
    shift = {"starts_at": f.afternoon(3).isoformat(), "ends_at": f.afternoon(3, 15).isoformat(), "capacity": 5}
    ruling = {"entry": str(w.entry.pk), "verb": "reject", **reason}
    lent = {"membership": str(w.colleague_membership.pk), "until_on": str((now + timedelta(days=9)).date())}
    hours = {
        "mission": str(w.mission.pk),
        "started_at": (now - timedelta(days=3)).isoformat(),
        "ended_at": (now - timedelta(days=3) + timedelta(minutes=90)).isoformat(),
    }
    batch = {"operations": [{"op": "put", "id": str(uuid4()), "entry": hours}]}
    edit = {"reflection": "Plus long.", "break_minutes": 5}
    verify = links.make_token(VERIFY_PURPOSE, w.student.pk, w.student.email)
    reset, way_in = (
        links.make_token(purpose, w.student.pk, timed_links.nonce_of(w.student, now))
        for purpose in (RESET_PURPOSE, SIGN_IN_PURPOSE)
    )
    invitation = links.make_token(INVITATION_PURPOSE, w.invitation.pk)
    unsubscribe = links.make_token(UNSUBSCRIBE_PURPOSE, w.notification.message_id)
    calendar = calendars.address_of(w.calendar).rsplit("/", 1)[1].removesuffix(".ics")
    copy = copy_token(w.received, w.mother)
    consent, page, address = consent_token(w.consent), page_token(w.mother), address_token(w.mother)
    seen = tutor_pages.seen_of(w.tutor_request)
    correction = {"action": "amend", "seen": seen, "minutes": 60, "reason": "Partie avant."}
    passwords = {"current_password": f.PASSWORD, "new_password": NEW_PASSWORD}
    invite = {"email": "nina@example.org", "role": "manager"}
    birth_date = {"birth_date": str(f.years_ago(16)), **reason}
    roster = {"students": [expected]}
    rules = {"target_minutes": 600, "domain_caps": [{"domain": "sport", "minutes": 60}]}
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
        ("POST auth/sign-in-link/", None, "anonymous", {"email": w.student.email}),
        ("GET auth/sign-in-link/{token}/", way_in, "anonymous", None),
        ("POST auth/sign-in-link/{token}/", way_in, "anonymous", None),
        ("POST auth/email/verify/", None, "student", None),
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
        ("GET consents/manage/{token}/", page, "anonymous", None),
        ("POST consents/manage/{token}/", page, "anonymous", {"action": "change_phone", "phone": "06 12 34 56 78"}),
        ("GET unsubscribe/{token}/", unsubscribe, "anonymous", None),
        ("POST unsubscribe/{token}/", unsubscribe, "anonymous", None),
        ("GET consents/address/{token}/", address, "anonymous", None),
        ("POST consents/address/{token}/", address, "anonymous", None),
        ("GET attestations/{token}/", tutor_token(w.tutor_request), "anonymous", None),
        ("POST attestations/{token}/", tutor_token(w.tutor_request), "anonymous", correction),
        ("GET consents/", None, "student", None),
        ("GET me/", None, "student", None),
        ("PATCH me/", None, "student", {"language": "en", "phone": "0612345678"}),
        ("GET me/progress/", None, "student", None),
        ("GET me/parcoursup-text/", None, "student", None),
        ("GET me/calendar/", None, "student", None),
        ("PUT me/calendar/", None, "student", None),
        ("DELETE me/calendar/", None, "student", None),
        ("GET calendar/{token}.ics", calendar, "anonymous", None),
        ("GET sync/", None, "student", None),
        ("GET me/guardians/", None, "student", None),
        ("GET me/favourites/", None, "student", None),
        ("PUT me/favourites/{id}/", w.mission, "student", None),
        ("PUT me/favourites/{id}/ new", w.other_mission, "student", None),
        ("PUT me/favourites/{id}/ draft", w.draft_mission, "coordinator", None),
        ("DELETE me/favourites/{id}/", w.mission, "student", None),
        ("POST me/guardians/", None, "student", {"email": "tante@example.org", "phone": "+32470123456"}),
        ("POST me/guardians/{id}/correct-address/", w.guardian, "student", {"email": "tata@example.org"}),
        ("GET me/qualifications/", None, "student", None),
        ("POST me/qualifications/", None, "student", {"kind": "psc1", "issued_on": "2024-05-05"}),
        ("DELETE me/qualifications/{id}/", w.training, "student", None),
        ("GET schools/", None, "anonymous", None),
        ("GET schools/{id}/", w.school, "anonymous", None),
        ("GET schools/{id}/ closed", w.closed_school, "region", None),
        ("GET schools/{id}/invitations/", w.school, "manager", None),
        ("POST schools/{id}/invitations/", w.school, "manager", invite),
        ("POST schools/{id}/withdraw-invitation/", w.school, "manager", {"invitation": str(w.staff_invitation.pk)}),
        ("POST schools/{id}/rename/", w.school, "manager", {"name": ""}),
        ("GET school-years/", None, "anonymous", None),
        ("GET school-years/{id}/", w.year, "anonymous", None),
        ("GET classes/", None, "referent", None),
        ("POST classes/", None, "manager", {"school": str(w.school.pk), "name": "1re 3"}),
        ("POST classes/join/", None, "anonymous", {**account, "join_code": w.class_group.join_code}),
        ("GET classes/{id}/", w.class_group, "referent", None),
        ("POST classes/{id}/join-code/", w.class_group, "referent", None),
        ("GET classes/{id}/students/", w.class_group, "referent", None),
        ("POST classes/{id}/students/", w.class_group, "referent", roster),
        ("GET classes/{id}/referents/", w.class_group, "referent", None),
        ("POST classes/{id}/referents/", w.class_group, "referent", lent),
        (
            "POST classes/{id}/remove-referent/",
            w.class_group,
            "manager",
            {"membership": str(w.manager_membership.pk)},
        ),
        ("GET classes/{id}/progress/", w.class_group, "referent", None),
        ("GET enrolments/", None, "referent", None),
        ("GET classes/{id}/export/", w.class_group, "referent", None),
        ("GET exports/", None, "referent", None),
        ("GET statistics/territories/", None, "region", None),
        ("GET exports/{id}/", w.export, "referent", None),
        ("GET enrolments/{id}/comment/", w.enrolment, "referent", None),
        ("PUT enrolments/{id}/comment/", w.enrolment, "referent", {"text": "Un engagement régulier."}),
        ("GET enrolments/{id}/", w.enrolment, "referent", None),
        ("GET enrolments/{id}/ neighbour", w.neighbour_enrolment, "colleague", None),
        ("POST enrolments/{id}/admit/", w.waiting_enrolment, "referent", None),
        ("POST enrolments/{id}/refuse/", w.waiting_enrolment, "referent", None),
        ("POST enrolments/{id}/end/", w.enrolment, "referent", None),
        ("POST enrolments/{id}/change-birth-date/", w.enrolment, "referent", birth_date),
        ("PATCH students/{id}/", w.student, "referent", {"first_name": "Inès", "last_name": "Bâ"}),
        ("GET staff-memberships/", None, "referent", None),
        ("GET staff-memberships/{id}/", w.referent_membership, "referent", None),
        ("POST staff-memberships/{id}/end/", w.referent_membership, "referent", None),
        ("GET guardians/", None, "referent", None),
        ("GET guardians/{id}/", w.guardian, "referent", None),
        ("POST guardians/", None, "manager", {"student": str(w.student.pk), "email": "oncle@example.org"}),
        ("POST guardians/{id}/confirm/", w.guardian, "referent", None),
        ("POST guardians/{id}/record-paper/", w.mother, "manager", {"signed_on": "2024-09-02", "note": "Classeur 3."}),
        ("POST guardians/{id}/settle/", w.father, "manager", {"note": "Accord trouvé le 3."}),
        ("POST guardians/{id}/replace/", w.father, "manager", {"email": "oncle@example.org", "phone": "0612345678"}),
        ("GET guardians/{id}/consent-events/", w.mother, "manager", None),
        ("GET organizations/", None, "anonymous", None),
        ("POST organizations/", None, "region", {"name": "UL", "kind": "croix_rouge", "parent": str(w.parent.pk)}),
        ("GET organizations/{id}/", w.organization, "anonymous", None),
        ("GET organizations/{id}/ unverified", w.unverified, "head", None),
        ("GET organizations/{id}/invitations/", w.organization, "head", None),
        ("POST organizations/{id}/invitations/", w.organization, "head", invite),
        ("POST organizations/{id}/withdraw-invitation/", w.organization, "head", {"invitation": str(w.invitation.pk)}),
        ("POST organizations/{id}/invitations/ foreign", w.other_organization, "region", invite),
        ("PATCH organizations/{id}/", w.organization, "head", {"description": "Nous aidons."}),
        ("PATCH organizations/{id}/ foreign", w.other_organization, "region", {"description": "Nous aidons."}),
        ("GET organizations/{id}/members/", w.organization, "coordinator", None),
        ("GET organizations/{id}/members/ foreign", w.other_organization, "other_coordinator", None),
        ("POST organizations/{id}/refuse/", w.unverified, "region", None),
        ("POST organizations/{id}/verify/", w.unverified, "region", None),
        ("POST organizations/{id}/trust/", w.organization, "region", None),
        ("POST organizations/{id}/distrust/", w.trusted, "region", None),
        ("POST organizations/{id}/suspend/", w.organization, "region", reason),
        ("POST organizations/{id}/restore/", w.suspended, "region", None),
        ("GET organization-memberships/", None, "coordinator", None),
        ("GET organization-memberships/{id}/", w.membership, "coordinator", None),
        ("POST organization-memberships/{id}/end/", w.membership, "coordinator", None),
        ("POST organization-memberships/{id}/end/ comrade", w.comrade_membership, "head", None),
        ("GET partner-missions/", None, "anonymous", None),
        ("GET partner-missions/{id}/", w.partner_mission, "anonymous", None),
        ("GET exchange/missions.json", None, "anonymous", None),
        ("GET exchange/missions.xml", None, "anonymous", None),
        ("GET exchange/missions/{id}.json", w.mission, "anonymous", None),
        ("GET exchange/missions/{id}.json draft", w.draft_mission, "coordinator", None),
        ("GET missions/", None, "anonymous", None),
        ("POST missions/", None, "coordinator", mission),
        ("GET missions/{id}/", w.mission, "anonymous", None),
        ("GET missions/{id}/ draft", w.draft_mission, "coordinator", None),
        ("GET missions/{id}/ unverified", w.unverified_mission, "head", None),
        ("PATCH missions/{id}/", w.draft_mission, "coordinator", {"title": "Maraude du soir"}),
        ("PATCH missions/{id}/ published", w.mission, "coordinator", {"title": "Maraude du soir"}),
        ("GET missions/{id}/revisions/", w.mission, "coordinator", None),
        ("GET missions/{id}/image/", w.mission, "anonymous", None),
        ("GET missions/{id}/image/ draft", w.draft_mission, "coordinator", None),
        ("PUT missions/{id}/image/", w.mission, "coordinator", Upload()),
        ("DELETE missions/{id}/image/", w.mission, "coordinator", None),
        ("POST missions/{id}/close/", w.unverified_mission, "head", None),
        ("POST missions/{id}/cancel/", w.mission, "coordinator", reason),
        ("POST missions/{id}/cancel/ draft", w.other_draft_mission, "other_coordinator", reason),
        ("POST missions/{id}/copy/", w.mission, "coordinator", None),
        ("GET mission-revisions/", None, "coordinator", None),
        ("GET mission-revisions/{id}/", w.revision, "coordinator", None),
        ("POST mission-revisions/{id}/accept/", w.revision, "region", None),
        ("POST mission-revisions/{id}/refuse/", w.revision, "region", reason),
        ("POST missions/{id}/submit/", w.draft_mission, "coordinator", None),
        ("POST missions/{id}/withdraw/", w.reviewed_mission, "coordinator", None),
        ("POST missions/{id}/approve/", w.reviewed_mission, "region", None),
        ("POST missions/{id}/request-changes/", w.reviewed_mission, "region", reason),
        ("POST missions/{id}/ask-consent/", w.mission, "student", None),
        ("GET shifts/", None, "anonymous", None),
        ("POST shifts/", None, "coordinator", {"mission": str(w.draft_mission.pk), **shift}),
        ("GET shifts/{id}/", w.shift, "anonymous", None),
        ("GET shifts/{id}/ draft", w.draft_shift, "coordinator", None),
        ("PATCH shifts/{id}/", w.shift, "coordinator", {"capacity": 12}),
        ("PATCH shifts/{id}/ draft", w.other_draft_shift, "other_coordinator", {"capacity": 12}),
        ("POST shifts/{id}/copy/", w.shift, "coordinator", {"starts_at": shift["starts_at"]}),
        ("POST shifts/{id}/cancel/", w.shift, "coordinator", reason),
        ("GET shifts/{id}/check-in-codes/", w.shift, "coordinator", None),
        ("GET shifts/{id}/spoken-code/", w.running_shift, "coordinator", None),
        ("POST shifts/{id}/walk-in/", w.running_shift, "coordinator", walk_in),
        ("GET me/walk-in-code/", None, "student", None),
        ("GET shifts/{id}/eligibility/", w.free_shift, "student", None),
        ("GET shifts/{id}/list/", w.shift, "coordinator", None),
        ("GET shifts/{id}/sheet/", w.shift, "coordinator", None),
        ("POST shifts/{id}/sign-up/", w.free_shift, "student", None),
        ("POST shifts/{id}/sign-up/ draft", w.draft_shift, "coordinator", None),
        ("POST shifts/{id}/sign-up-class/", w.free_shift, "referent", {"class_group": str(w.class_group.pk)}),
        ("POST shifts/{id}/sign-up-class/ code", w.free_shift, "coordinator", {"join_code": w.class_group.join_code}),
        ("GET sign-ups/", None, "student", None),
        ("GET sign-ups/{id}/", w.pending, "student", None),
        ("GET sign-ups/{id}/emergency-numbers/", w.place, "coordinator", None),
        ("GET emergency-number-views/", None, "manager", None),
        ("GET sign-ups/{id}/ neighbour", w.neighbour_pending, "colleague", None),
        ("POST sign-ups/{id}/accept/", w.pending, "coordinator", None),
        (
            "POST sign-ups/bulk-decisions/",
            None,
            "coordinator",
            {"decisions": [{"sign_up": str(w.pending.pk), "verb": "accept"}]},
        ),
        ("POST sign-ups/{id}/decline/", w.pending, "coordinator", reason),
        ("POST sign-ups/{id}/take/", w.offer, "student", None),
        ("POST sign-ups/{id}/withdraw/", w.pending, "student", None),
        ("POST sign-ups/{id}/remove/", w.citizen_place, "other_coordinator", reason),
        ("POST sign-ups/{id}/restore/", w.removed, "coordinator", None),
        ("GET qualifications/", None, "coordinator", None),
        ("GET qualifications/{id}/", w.training, "coordinator", None),
        ("POST qualifications/{id}/verify/", w.training, "coordinator", None),
        ("POST check-ins/", None, "student", check_in),
        ("POST check-ins/batch/", None, "student", late),
        ("GET attendances/", None, "student", None),
        ("GET attendances/{id}/", w.attendance, "student", None),
        ("POST attendances/{id}/confirm/", w.attendance, "coordinator", {"minutes": 60}),
        ("POST attendances/{id}/check-in/", w.attendance, "coordinator", {"occurred_at": now.isoformat()}),
        ("POST attendances/{id}/check-out/", w.present_attendance, "other_coordinator", {}),
        ("POST attendances/{id}/no-show/", w.attendance, "coordinator", reason),
        ("POST attendances/{id}/excuse/", w.attendance, "coordinator", reason),
        ("POST attendances/{id}/reopen/", w.confirmed_attendance, "other_coordinator", reason),
        (
            "POST attendances/bulk-confirm/",
            None,
            "coordinator",
            {"confirmations": [{"attendance": ours, "minutes": 60}]},
        ),
        ("POST attendances/bulk-check-in/", None, "coordinator", {"direction": "in", "attendances": [ours]}),
        ("GET engagement-options/", None, "student", None),
        ("POST engagement-options/", None, "manager", {"school": str(w.school.pk), **rules}),
        ("GET engagement-options/{id}/", w.option, "student", None),
        ("PATCH engagement-options/{id}/", w.option, "manager", rules),
        ("GET records/", None, "student", None),
        ("GET records/{id}/", w.record, "student", None),
        ("GET records/{id}/ passport", w.passport, "citizen", None),
        ("GET records/{id}/passport/", w.record, "student", None),
        ("GET records/{id}/passport/ citizen", w.passport, "citizen", None),
        ("GET hour-entries/", None, "student", None),
        ("GET hour-entries/{id}/", w.entry, "student", None),
        ("GET hour-entries/{id}/ draft", w.draft_entry, "student", None),
        ("GET hour-entries/{id}/ neighbour", w.neighbour_entry, "colleague", None),
        ("GET hour-entries/{id}/ passport", w.passport_entry, "citizen", None),
        ("PATCH hour-entries/{id}/", w.draft_entry, "student", edit),
        ("PUT hour-entries/{id}/", str(uuid4()), "student", hours),
        ("PUT hour-entries/{id}/ draft", w.draft_entry, "student", hours),
        ("DELETE hour-entries/{id}/", w.draft_entry, "student", None),
        ("POST hour-entries/batch/", None, "student", batch),
        ("GET hour-entries/{id}/events/", w.entry, "student", None),
        ("GET hour-entries/{id}/evidence/", w.entry, "student", None),
        ("POST hour-entries/{id}/evidence/", w.draft_entry, "student", Upload()),
        ("GET evidence/{id}/", w.shown_evidence, "student", None),
        ("GET evidence/{id}/ draft", w.evidence, "student", None),
        ("DELETE evidence/{id}/", w.evidence, "student", None),
        ("POST hour-entries/{id}/confirm/", w.asked_entry, "coordinator", None),
        ("POST hour-entries/{id}/amend/", w.asked_entry, "coordinator", {"minutes": 60, **reason}),
        ("POST hour-entries/{id}/deny/", w.asked_entry, "coordinator", reason),
        ("POST hour-entries/{id}/request-attestation/", w.bounced_entry, "student", None),
        ("POST hour-entries/{id}/resend-attestation/", w.tutor_entry, "student", None),
        ("POST hour-entries/{id}/confirm-tutor/", w.tutor_entry, "referent", None),
        ("POST hour-entries/{id}/acknowledge/", w.amended_entry, "student", None),
        ("POST hour-entries/{id}/contest/", w.rejected_entry, "student", reason),
        ("POST hour-entries/{id}/revoke/", w.approved_entry, "referent", reason),
        ("GET certificates/", None, "student", None),
        ("POST certificates/", None, "manager", {"record": str(w.record.pk), "reason": "Mutation."}),
        ("GET certificates/keys/", None, "anonymous", None),
        ("GET certificates/{id}/", w.certificate, "student", None),
        ("GET certificates/{id}/pdf/", w.certificate, "student", None),
        ("POST certificates/{id}/revoke/", w.certificate, "manager", reason),
        ("GET verify/{token}/", w.certificate.number, "anonymous", None),
        ("GET contests/", None, "student", None),
        ("GET contests/{id}/", w.contest, "student", None),
        ("POST contests/{id}/uphold/", w.contest, "manager", reason),
        ("POST contests/{id}/dismiss/", w.contest, "manager", reason),
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
        ("GET notification-preferences/", None, "student", None),
        ("PATCH notification-preferences/", None, "student", {"digest": "daily"}),
        ("GET notifications/", None, "student", None),
        ("GET notifications/{id}/", w.notification, "student", None),
        ("POST notifications/read-all/", None, "student", None),
        ("POST notifications/{id}/read/", w.notification, "student", None),
        ("GET messages/", None, "student", None),
        ("GET messages/{id}/", w.message, "student", None),
        ("GET messages/copy/{token}/", copy, "anonymous", None),
        ("POST messages/copy/{token}/", copy, "anonymous", {"text": "Un rendez-vous loin du lieu."}),
        ("GET missions/{id}/messages/", w.mission, "student", None),
        ("POST missions/{id}/messages/", w.mission, "coordinator", {"text": "Apportez des gants."}),
        ("GET shifts/{id}/messages/", w.shift, "student", None),
        ("POST shifts/{id}/messages/", w.place.shift, "coordinator", {"text": "Apportez des gants."}),
        ("GET reports/", None, "student", None),
        ("POST reports/", None, "student", {"mission": str(w.mission.pk), "text": "Une échelle cassée."}),
        ("GET reports/{id}/", w.report, "student", None),
        ("GET reports/{id}/ coordinator", w.report_of_coordinator, "citizen", None),
        ("POST reports/{id}/take/", w.report, "region", None),
        ("POST reports/{id}/close/", w.report_of_coordinator, "region", {"follow_up": "Appelé."}),
        ("GET suspensions/", None, "region", None),
        ("POST suspensions/", None, "region", {"person": str(w.neighbour.pk), **reason}),
        ("GET suspensions/{id}/", w.suspension, "region", None),
        ("POST suspensions/{id}/restore/", w.suspension, "region", None),
        ("POST webhooks/mail/{provider}/", "brevo", "anonymous", {"event": "delivered", "email": "jo@voisins.example"}),
        ("GET schema/", None, "anonymous", None),
        ("GET docs/", None, "anonymous", None),
    ]
    answer = {}
    for key, target, by, body in table:
        method, route = key.split()[:2]
        in_path = target if isinstance(target, str) else getattr(target, "pk", "")
        path = API + route.replace("{id}", str(in_path)).replace("{token}", str(in_path))
        path = path.replace("{provider}", str(in_path))
        answer[key] = Call(method, path, by, body, PROVIDES if "webhooks/" in route else {})
    return answer


def operations() -> list[str]:
    """Each `METHOD route` under the API that the URL resolver knows; routes as the contract writes them."""
    return sorted(
        f"{method.upper()} {route.removeprefix('api/v1/')}"
        for route, view in _routes(get_resolver().url_patterns, "")
        if route.startswith("api/") and view not in (start, to_docs)  # pages, no operations
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
            yield (
                route.replace("<id:pk>", "{id}")
                .replace("<str:token>", "{token}")
                .replace("<str:provider>", "{provider}"),
                pattern.callback,
            )
