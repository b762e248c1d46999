"""Organisations and what they offer; a person's place on a shift; what really happened there."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Guardian
from common import paris
from common.models import Row
from missions.querysets import (
    AttendanceQuerySet,
    ConsentQuerySet,
    MissionQuerySet,
    OrganizationMembershipQuerySet,
    OrganizationQuerySet,
    ShiftQuerySet,
    SignUpQuerySet,
)
from missions.states import (
    LIVE_SIGN_UP,
    AttendanceStatus,
    ConsentStatus,
    MembershipStatus,
    MissionStatus,
    OrganizationRole,
    OrganizationStatus,
    SignUpStatus,
)


class OrganizationKind(models.TextChoices):
    CROIX_ROUGE = "croix_rouge"
    ASSOCIATION = "association"
    PUBLIC = "public"
    SCHOOL = "school"


class Domain(models.TextChoices):
    """The domains of the State's mission exchange (API Engagement v2)."""

    ANIMAUX = "animaux"
    AUTRE = "autre"
    BATIMENT_INDUSTRIE_LOGISTIQUE = "batiment-industrie-logistique"
    BENEVOLAT_COMPETENCES = "benevolat-competences"
    COMMUNICATION = "communication"
    CULTURE_LOISIRS = "culture-loisirs"
    EDUCATION = "education"
    EMPLOI = "emploi"
    ENVIRONNEMENT = "environnement"
    GESTION_FINANCE_DROIT = "gestion-finance-droit"
    HUMANITAIRE = "humanitaire"
    MEMOIRE_ET_CITOYENNETE = "memoire-et-citoyennete"
    NUMERIQUE = "numerique"
    PREVENTION_PROTECTION = "prevention-protection"
    RECHERCHE = "recherche"
    SANTE = "sante"
    SERVICE_PUBLIC_DEFENSE_SECURITE = "service-public-defense-securite"
    SOLIDARITE_INSERTION = "solidarite-insertion"
    SPORT = "sport"
    VIVRE_ENSEMBLE = "vivre-ensemble"


class Audience(models.TextChoices):
    STUDENTS = "students"
    CITIZENS = "citizens"
    BOTH = "both"


class SignUpMode(models.TextChoices):
    INSTANT = "instant"
    REVIEW = "review"


class Organization(Row):
    """A Croix-Rouge unit, an association, a public body: a node of a tree (délégation over unités locales)."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    # The ids from the root to this node, so that a subtree is a prefix: "root/child/".
    path = models.CharField(max_length=400, unique=True, editable=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=11, choices=OrganizationKind)
    status = models.CharField(max_length=10, choices=OrganizationStatus, default=OrganizationStatus.UNVERIFIED)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organization_unverified_iff_undecided",
                condition=Q(status=OrganizationStatus.UNVERIFIED, decided_at__isnull=True)
                | (~Q(status=OrganizationStatus.UNVERIFIED) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganizationMembership(Row):
    """A person's role in an organisation; a manager's reaches over its whole subtree."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="organization_memberships"
    )
    role = models.CharField(max_length=11, choices=OrganizationRole)
    status = models.CharField(max_length=6, choices=MembershipStatus, default=MembershipStatus.ACTIVE)
    ended_at = models.DateTimeField(null=True)

    objects = OrganizationMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person", "role"],
                condition=Q(status=MembershipStatus.ACTIVE),
                name="organization_membership_once_per_role",
            ),
            models.CheckConstraint(
                name="organization_membership_ended_iff_dated",
                condition=Q(status=MembershipStatus.ACTIVE, ended_at__isnull=True)
                | Q(status=MembershipStatus.ENDED, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"


class Mission(Row):
    """What is to be done and where; its shifts say when and for how many."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="missions")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=20_000)
    domain = models.CharField(max_length=40, choices=Domain)
    address = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=100, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    is_remote = models.BooleanField(default=False)
    min_age = models.PositiveSmallIntegerField(default=0)
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.BOTH)
    sign_up_mode = models.CharField(max_length=7, choices=SignUpMode, default=SignUpMode.REVIEW)
    contact = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=17, choices=MissionStatus, default=MissionStatus.DRAFT)
    review_reason = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = MissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mission_is_remote_or_has_a_point",
                condition=Q(is_remote=True, latitude__isnull=True, longitude__isnull=True)
                | Q(is_remote=False, latitude__isnull=False, longitude__isnull=False),
            ),
            models.CheckConstraint(
                name="mission_published_iff_dated",
                condition=Q(status=MissionStatus.PUBLISHED, published_at__isnull=False)
                | (~Q(status=MissionStatus.PUBLISHED) & Q(published_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["latitude", "longitude"], name="mission_position"),
            models.Index(fields=["status", "-id"], name="mission_feed"),
        ]

    def __str__(self) -> str:
        return self.title


class Shift(Row):
    """When, and how many places. `taken_count` counts accepted sign-ups and never passes the capacity."""

    mission = models.ForeignKey(Mission, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken_count = models.PositiveSmallIntegerField(default=0)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="shift_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="shift_is_never_oversold", condition=Q(taken_count__lte=F("capacity"))),
            models.CheckConstraint(name="shift_capacity_is_1_to_500", condition=Q(capacity__range=(1, 500))),
        ]
        indexes = [models.Index(fields=["mission", "starts_at"], name="shift_of_mission")]

    def __str__(self) -> str:
        return str(self.id)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now


class SignUp(Row):
    """A person's place on a shift, asked for or held."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="sign_ups")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ups")
    status = models.CharField(max_length=9, choices=SignUpStatus)
    reason = models.CharField(max_length=500, blank=True)
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SignUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(status__in=LIVE_SIGN_UP),
                name="sign_up_once_live_per_person_and_shift",
            ),
            models.CheckConstraint(
                name="sign_up_accepted_has_its_instant",
                condition=~Q(status=SignUpStatus.ACCEPTED) | Q(accepted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sign_up_ended_iff_not_live",
                condition=Q(status__in=LIVE_SIGN_UP, ended_at__isnull=True)
                | (~Q(status__in=LIVE_SIGN_UP) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"

    @property
    def display_name(self) -> str:
        """The name organisers read in the app: a minor's surname is an initial until the place is theirs."""
        if self.status == SignUpStatus.ACCEPTED or not self.is_of_a_minor:
            return self.person.full_name
        return f"{self.person.first_name} {self.person.last_name[:1]}."

    @property
    def message_name(self) -> str:
        """The name that may leave in a push or a mail: never a minor's surname."""
        return self.person.first_name if self.is_of_a_minor else self.person.full_name

    @property
    def is_of_a_minor(self) -> bool:
        """Under 18 on the Paris day the shift starts."""
        return self.person.is_minor_on(paris.day_of(self.shift.starts_at))


class Attendance(Row):
    """What really happened to an accepted place: expected, checked in and out, confirmed."""

    sign_up = models.OneToOneField(SignUp, on_delete=models.CASCADE, related_name="attendance")
    status = models.CharField(max_length=11, choices=AttendanceStatus, default=AttendanceStatus.EXPECTED)
    minutes = models.PositiveSmallIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="attendances_confirmed"
    )

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attendance_confirmed_iff_minutes_and_instant",
                condition=Q(status=AttendanceStatus.CONFIRMED, minutes__isnull=False, confirmed_at__isnull=False)
                | (~Q(status=AttendanceStatus.CONFIRMED) & Q(minutes__isnull=True, confirmed_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"


class Direction(models.TextChoices):
    IN = "in"
    OUT = "out"


class CheckIn(Row):
    """A check-in or check-out with its three times: when it occurred, when the phone sent it, when it came."""

    attendance = models.ForeignKey(Attendance, on_delete=models.CASCADE, related_name="check_ins")
    direction = models.CharField(max_length=3, choices=Direction)
    occurred_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_offline = models.BooleanField(default=False)
    is_drifting = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attendance", "direction"], name="check_in_once_per_direction"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.id}"


class Consent(Row):
    """A guardian's word on all missions of a minor; the text they were shown is named by its version."""

    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="consents")
    status = models.CharField(max_length=9, choices=ConsentStatus, default=ConsentStatus.REQUESTED)
    text_version = models.CharField(max_length=20)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["guardian"], name="consent_once_per_guardian"),
            models.CheckConstraint(
                name="consent_decided_iff_dated",
                condition=Q(status=ConsentStatus.REQUESTED, decided_at__isnull=True)
                | (~Q(status=ConsentStatus.REQUESTED) & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.id}"
