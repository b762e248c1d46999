"""Rows for tests, with traits named after what they are."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import REGION_GROUP, User
from common.models import uuid7
from common.names import name_key
from common.text import fold
from consents.models import Consent, Guardian, GuardianSource
from consents.notices.texts import TEXT_VERSION
from consents.states import ConsentStatus
from engagement import chain, ledger, numbers, signing
from engagement.models import Certificate, EngagementOption, Evidence, HourEntry, Record
from engagement.services.certificates import in_short
from engagement.states import AttestationStatus, EvidenceKind, HourEntryStatus
from missions.models import (
    Attendance,
    CheckIn,
    Domain,
    Favourite,
    Message,
    Mission,
    MissionRevision,
    PartnerMission,
    Qualification,
    Report,
    Shift,
    SignUp,
)
from missions.services.exchange import import_feed
from missions.services.writing import write_attendance, write_mission, write_shift, write_sign_up
from missions.states import AttendanceStatus, MissionStatus, ShiftStatus, SignUpStatus
from notifications.models import Device
from organizations.models import Organization, OrganizationKind, OrganizationMembership
from organizations.states import OrganizationRole, OrganizationStatus
from schools.models import ClassGroup, ClassReferent, Enrolment, RosterLine, School, StaffMembership
from schools.services.classes import ensure_school_year
from schools.states import EnrolmentStatus, StaffRole

PASSWORD = "quatre mots pour entrer"


def years_ago(years: int) -> date:
    """A birth date that makes somebody `years` old since three months at least, and for three months at least."""
    today = timezone.now().date()
    if 4 <= today.month <= 9:
        return date(today.year - years, 1, 1)
    return date(today.year - years - (today.month < 4), 7, 1)


def afternoon(days: int = 7, hour: int = 13) -> datetime:
    """An hour of day (UTC) that is day in Paris all year, some days from now."""
    return datetime.combine(timezone.now().date() + timedelta(days=days), datetime.min.time(), UTC).replace(hour=hour)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    first_name = factory.Sequence(lambda n: f"Alix{n}")
    last_name = "Martin"
    birth_date = factory.LazyFunction(lambda: years_ago(30))
    email_verified_at = factory.LazyFunction(timezone.now)
    password = factory.django.Password(PASSWORD)

    class Params:
        unverified = factory.Trait(email_verified_at=None)
        aged_15 = factory.Trait(birth_date=factory.LazyFunction(lambda: years_ago(15)), email_verified_at=None)
        aged_17 = factory.Trait(birth_date=factory.LazyFunction(lambda: years_ago(17)), email_verified_at=None)
        region = factory.Trait(is_staff=True)

    @factory.post_generation
    def in_region(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and self.is_staff and not self.is_superuser:  # type: ignore[attr-defined]
            self.groups.add(Group.objects.get_or_create(name=REGION_GROUP)[0])  # type: ignore[attr-defined]


class SchoolFactory(DjangoModelFactory):
    class Meta:
        model = School

    uai = factory.Sequence(lambda n: f"{9000000 + n:07d}A")
    name = factory.Sequence(lambda n: f"Lycée Louise Michel {n}")
    postal_code = "93200"
    commune_name = "Saint-Denis"
    department_code = "93"
    latitude = 48.9362
    longitude = 2.3574
    search_text = factory.LazyAttribute(lambda school: fold(f"{school.name} {school.commune_name} {school.uai}"))


class StaffMembershipFactory(DjangoModelFactory):
    class Meta:
        model = StaffMembership

    school = factory.SubFactory(SchoolFactory)
    person = factory.SubFactory(UserFactory)
    role = StaffRole.TEACHER

    class Params:
        manager = factory.Trait(role=StaffRole.MANAGER)


class ClassGroupFactory(DjangoModelFactory):
    class Meta:
        model = ClassGroup

    school = factory.SubFactory(SchoolFactory)
    school_year = factory.LazyFunction(lambda: ensure_school_year(timezone.now().date()))
    name = factory.Sequence(lambda n: f"2nde {n}")
    join_code = factory.Sequence(lambda n: f"CODE{n:04d}")
    join_code_expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))


class ClassReferentFactory(DjangoModelFactory):
    class Meta:
        model = ClassReferent

    class_group = factory.SubFactory(ClassGroupFactory)
    membership = factory.SubFactory(StaffMembershipFactory, school=factory.SelfAttribute("..class_group.school"))


class EnrolmentFactory(DjangoModelFactory):
    class Meta:
        model = Enrolment

    class_group = factory.SubFactory(ClassGroupFactory)
    student = factory.SubFactory(UserFactory, aged_17=True)
    status = EnrolmentStatus.ACTIVE
    activated_at = factory.LazyFunction(timezone.now)

    class Params:
        requested = factory.Trait(status=EnrolmentStatus.REQUESTED, activated_at=None)


class RosterLineFactory(DjangoModelFactory):
    class Meta:
        model = RosterLine

    class_group = factory.SubFactory(ClassGroupFactory)
    first_name = "Inès"
    last_name = "Bâ"
    name_key = factory.LazyAttribute(lambda line: name_key(line.first_name, line.last_name))
    birth_date = factory.LazyFunction(lambda: years_ago(15))
    guardian_email = "parent@example.org"


class GuardianFactory(DjangoModelFactory):
    class Meta:
        model = Guardian

    student = factory.SubFactory(UserFactory, aged_15=True)
    email = factory.Sequence(lambda n: f"guardian{n}@example.org")
    source = GuardianSource.ROSTER
    verified_at = factory.LazyFunction(timezone.now)


class ConsentFactory(DjangoModelFactory):
    class Meta:
        model = Consent

    guardian = factory.SubFactory(GuardianFactory)
    student = factory.SelfAttribute("guardian.student")
    text_version = TEXT_VERSION
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=14))
    mission_id = factory.LazyAttribute(lambda row: row.mission.pk if row.mission else None)

    class Params:
        mission = None
        granted = factory.Trait(status=ConsentStatus.GRANTED, decided_at=factory.LazyFunction(timezone.now))
        refused = factory.Trait(status=ConsentStatus.REFUSED, decided_at=factory.LazyFunction(timezone.now))
        withdrawn = factory.Trait(status=ConsentStatus.WITHDRAWN, decided_at=factory.LazyFunction(timezone.now))


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    id = factory.LazyFunction(uuid7)
    path = factory.LazyAttribute(lambda row: f"{row.parent.path if row.parent else ''}{row.id.hex}/")
    parent = None
    name = factory.Sequence(lambda n: f"Croix-Rouge, unité locale {n}")
    kind = OrganizationKind.CROIX_ROUGE
    status = OrganizationStatus.VERIFIED
    decided_at = factory.LazyFunction(timezone.now)

    class Params:
        unverified = factory.Trait(status=OrganizationStatus.UNVERIFIED, decided_at=None)
        trusted = factory.Trait(status=OrganizationStatus.TRUSTED)
        suspended = factory.Trait(
            status=OrganizationStatus.SUSPENDED,
            former_status=OrganizationStatus.VERIFIED,
            suspended_at=factory.LazyFunction(timezone.now),
        )


class OrganizationMembershipFactory(DjangoModelFactory):
    class Meta:
        model = OrganizationMembership

    organization = factory.SubFactory(OrganizationFactory)
    person = factory.SubFactory(UserFactory)
    role = OrganizationRole.COORDINATOR

    class Params:
        manager = factory.Trait(role=OrganizationRole.MANAGER)


WRITTEN_BY = {Mission: write_mission, Shift: write_shift, SignUp: write_sign_up, Attendance: write_attendance}


class WrittenFactory(DjangoModelFactory):
    """Rows that services write, with what follows from them."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **facts: Any) -> Any:
        return WRITTEN_BY[model_class](model_class(**facts))


class MissionFactory(WrittenFactory):
    class Meta:
        model = Mission

    organization = factory.SubFactory(OrganizationFactory)
    title = factory.Sequence(lambda n: f"Collecte alimentaire {n}")
    description = "Accueillir les donateurs et trier les dons."
    domain = Domain.SOLIDARITE_INSERTION
    city = "Saint-Denis"
    latitude = 48.937
    longitude = 2.36
    sign_up_mode = "instant"
    contact = "01 23 45 67 89"
    status = MissionStatus.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)

    class Params:
        draft = factory.Trait(status=MissionStatus.DRAFT, published_at=None)
        in_review = factory.Trait(status=MissionStatus.IN_REVIEW, published_at=None)
        reviewed_sign_ups = factory.Trait(sign_up_mode="review")


class PartnerMissionFactory(DjangoModelFactory):
    """As the import makes them."""

    class Meta:
        model = PartnerMission

    publisher = factory.Sequence(lambda n: f"partenaire-{n}")
    client_id = factory.Sequence(lambda n: f"p-{n}")
    received_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> PartnerMission:
        raw = {
            "clientId": kwargs["client_id"],
            "title": "Aide aux devoirs",
            "description": "<p>Deux soirs par semaine.</p>",
            "applicationUrl": "https://partner.example/missions/1",
        }
        import_feed(kwargs["publisher"], json.dumps([raw]).encode())
        return PartnerMission.objects.get(publisher=kwargs["publisher"], client_id=kwargs["client_id"])


class FavouriteFactory(DjangoModelFactory):
    class Meta:
        model = Favourite

    person = factory.SubFactory(UserFactory)
    mission = factory.SubFactory(MissionFactory)
    title = factory.SelfAttribute("mission.title")


class MissionRevisionFactory(DjangoModelFactory):
    class Meta:
        model = MissionRevision

    mission = factory.SubFactory(MissionFactory)
    changes = factory.LazyFunction(lambda: {"title": "Maraude du soir"})


class ShiftFactory(WrittenFactory):
    class Meta:
        model = Shift

    mission = factory.SubFactory(MissionFactory)
    starts_at = factory.LazyFunction(afternoon)
    ends_at = factory.LazyAttribute(lambda shift: shift.starts_at + timedelta(hours=2))
    capacity = 10

    class Params:
        running = factory.Trait(
            starts_at=factory.LazyFunction(lambda: timezone.now() - timedelta(minutes=90)),
            ends_at=factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=90)),
        )
        cancelled = factory.Trait(
            status=ShiftStatus.CANCELLED, cancel_reason="Pluie.", cancelled_at=factory.LazyFunction(timezone.now)
        )


class SignUpFactory(WrittenFactory):
    """Rows as they stand; the shift's taken_count is the test's own affair."""

    class Meta:
        model = SignUp

    shift = factory.SubFactory(ShiftFactory)
    person = factory.SubFactory(UserFactory)
    status = SignUpStatus.PENDING

    class Params:
        accepted = factory.Trait(status=SignUpStatus.ACCEPTED, accepted_at=factory.LazyFunction(timezone.now))
        removed = factory.Trait(
            status=SignUpStatus.REMOVED, reason="Complet.", ended_at=factory.LazyFunction(timezone.now)
        )
        waitlisted = factory.Trait(status=SignUpStatus.WAITLISTED, queue_number=factory.Sequence(lambda n: n + 1))
        offered = factory.Trait(
            status=SignUpStatus.OFFERED,
            queue_number=factory.Sequence(lambda n: n + 1),
            offered_at=factory.LazyFunction(timezone.now),
            offer_expires_at=factory.LazyFunction(lambda: timezone.now() + timedelta(hours=2)),
        )


class ReportFactory(DjangoModelFactory):
    class Meta:
        model = Report

    reporter = factory.SubFactory(UserFactory)
    mission = factory.SubFactory(MissionFactory)
    text = "Un outil dangereux."


class MessageFactory(DjangoModelFactory):
    class Meta:
        model = Message

    mission = factory.SubFactory(MissionFactory)
    author = factory.SubFactory(UserFactory)
    text = "Apportez des gants."


class QualificationFactory(DjangoModelFactory):
    class Meta:
        model = Qualification

    person = factory.SubFactory(UserFactory)
    kind = "psc"
    issued_on = date(2024, 5, 4)

    class Params:
        verified = factory.Trait(verified_at=factory.LazyFunction(timezone.now))


class AttendanceFactory(WrittenFactory):
    class Meta:
        model = Attendance

    sign_up = factory.SubFactory(SignUpFactory, accepted=True)
    status = AttendanceStatus.EXPECTED

    class Params:
        confirmed = factory.Trait(
            status=AttendanceStatus.CONFIRMED,
            minutes=90,
            arrived_at=factory.LazyAttribute(lambda row: row.sign_up.shift.starts_at),
            left_at=factory.LazyAttribute(lambda row: row.arrived_at + timedelta(minutes=row.minutes)),
            confirmed_at=factory.LazyFunction(timezone.now),
        )


class CheckInFactory(DjangoModelFactory):
    class Meta:
        model = CheckIn

    attendance = factory.SubFactory(AttendanceFactory)
    direction = "in"
    occurred_at = factory.LazyFunction(timezone.now)
    sent_at = factory.SelfAttribute("occurred_at")
    received_at = factory.SelfAttribute("occurred_at")


class EngagementOptionFactory(DjangoModelFactory):
    class Meta:
        model = EngagementOption

    school = factory.SubFactory(SchoolFactory)
    school_year = factory.LazyFunction(lambda: ensure_school_year(timezone.now().date()))
    target_minutes = 36 * 60


class RecordFactory(DjangoModelFactory):
    class Meta:
        model = Record

    person = factory.SubFactory(UserFactory)
    option = None


class HourEntryFactory(DjangoModelFactory):
    """An attested entry of 90 minutes, a day ago."""

    class Meta:
        model = HourEntry

    record = factory.SubFactory(RecordFactory)
    person = factory.SelfAttribute("record.person")
    mission = factory.SubFactory(MissionFactory)
    title = factory.SelfAttribute("mission.title")
    domain = factory.SelfAttribute("mission.domain")
    # Four hundred of them overlap nowhere: those that stand may not.
    started_at = factory.Sequence(lambda n: timezone.now() - timedelta(days=2 + n % 40, hours=2 * (n // 40 % 10)))
    ended_at = factory.LazyAttribute(lambda entry: entry.started_at + timedelta(minutes=90))
    claimed_minutes = 90
    attestation_status = AttestationStatus.CONFIRMED
    attested_minutes = 90

    class Params:
        submitted = factory.Trait(status=HourEntryStatus.SUBMITTED, submitted_at=factory.LazyFunction(timezone.now))
        approved = factory.Trait(
            status=HourEntryStatus.APPROVED,
            submitted_at=factory.LazyFunction(timezone.now),
            approved_minutes=90,
        )
        # By hand, for an association outside the catalogue, handed in; nobody has said anything.
        outside = factory.Trait(
            mission=None,
            title="Repas du soir",
            domain=Domain.SOLIDARITE_INSERTION,
            organization_name="Les Voisins",
            tutor_email="jo@voisins.example",
            status=HourEntryStatus.SUBMITTED,
            submitted_at=factory.LazyFunction(timezone.now),
            attestation_status=AttestationStatus.NONE,
            attested_minutes=None,
        )


# The smallest PNG: one white pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
)


class EvidenceFactory(DjangoModelFactory):
    class Meta:
        model = Evidence

    entry = factory.SubFactory(HourEntryFactory)
    kind = EvidenceKind.PICTURE
    file = factory.django.FileField(data=PICTURE, filename="photo.jpg")
    size = len(PICTURE)
    sha256 = factory.Sequence(lambda n: f"{n:064x}")


def made_up_snapshot(number: str) -> dict[str, Any]:
    """What a certificate of 90 minutes may say."""
    return {
        "kind": "option",
        "number": number,
        "region": "Région Île-de-France",
        "class_name": "2nde 4",
        "first_name": "Inès",
        "last_name": "Bâ",
        "school": "Lycée",
        "school_uai": "0750654D",
        "school_year": "2026-2027",
        "issued_at": "2026-11-24T10:00:00+00:00",
        "target_minutes": 90,
        "minutes": 90,
        "by_domain": [{"domain": "sante", "minutes": 90}],
        "entries": [{"on": "2026-11-20", "title": "Collecte", "organization": "UL", "minutes": 90}],
    }


class CertificateFactory(DjangoModelFactory):
    """As it stands, of one approved entry; its snapshot is made up, and signed as such."""

    class Meta:
        model = Certificate
        skip_postgeneration_save = True

    record = factory.LazyFunction(lambda: record_of(enrolled_student()))
    number = factory.LazyFunction(lambda: numbers.drawn("E2627"))
    minutes = 90
    school_year_label = "2026-2027"
    snapshot = factory.LazyAttribute(lambda certificate: made_up_snapshot(certificate.number))
    identity_salt = "salt"
    identity_hash = "hash"
    issued_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def covers(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        entries = extracted or [HourEntryFactory(record=self.record, approved=True)]
        self.entries.set(entries)
        self.key_id, key = signing.signing_key()
        self.signature = signing.sign(key, chain.canonical(self.snapshot).encode())
        self.statement = signing.state(self.key_id, key, in_short(self))  # type: ignore[arg-type]
        self.save()  # type: ignore[attr-defined]
        with transaction.atomic():
            self.record = ledger.lock_records([self.record.pk])[self.record.pk]
            ledger.append_event(self.record, None, "issue", actor=None, rows=[self], covers=entries)  # type: ignore[list-item]


class DeviceFactory(DjangoModelFactory):
    class Meta:
        model = Device

    person = factory.SubFactory(UserFactory)
    platform = "android"
    token = factory.Sequence(lambda n: f"phone-{n}")
    token_sha256 = factory.Sequence(lambda n: f"{n:064d}")


def enrolled_student(**traits: Any) -> Enrolment:
    """A student in a class that has a referent teacher and an option; returns the enrolment."""
    referent = ClassReferentFactory()
    return EnrolmentFactory(class_group=referent.class_group, **traits)


def record_of(enrolment: Enrolment) -> Record:
    """The student's record under the option of their class's school and year."""
    class_group = enrolment.class_group
    option = EngagementOption.objects.filter(
        school=class_group.school, school_year=class_group.school_year
    ).first() or EngagementOptionFactory(school=class_group.school, school_year=class_group.school_year)
    return RecordFactory(person=enrolment.student, option=option)
