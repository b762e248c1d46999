"""A person, and the sessions on their devices."""

import unicodedata
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from accounts.states import InvitationStatus
from common import names, paris
from common.mailboxes import AddressField, canonical_address, known_address, mailbox_of
from common.models import Row
from notifications.bounces import CLOCKS_DIFFER

# Membership of this group makes region staff: given by an operator in the admin, never self-declared.
REGION_GROUP = "Region"
ADULT_AGE = 18


class Language(models.TextChoices):
    FRENCH = "fr", pgettext_lazy("language", "French")
    ENGLISH = "en", pgettext_lazy("language", "English")


class EmailState(models.TextChoices):
    """Whether mail reaches a person, as far as is known."""

    CONFIRMED = "confirmed", pgettext_lazy("address", "Confirmed")
    UNCONFIRMED = "unconfirmed", pgettext_lazy("address", "To be confirmed")
    BOUNCING = "bouncing", pgettext_lazy("address", "Our mails come back")


class UserQuerySet(QuerySet[Any]):
    def create(self, **facts: Any) -> Any:
        """A person with the mailbox that their address means."""
        return super().create(**{"mailbox": mailbox_of(facts["email"]), **facts})

    def visible_to(self, person: AbstractBaseUser | AnonymousUser) -> "UserQuerySet":
        """Oneself. Others appear only inside rows that are visible (a sign-up, an enrolment)."""
        return self.filter(pk=person.pk) if person.is_authenticated else self.none()

    def taking_mail(self) -> "UserQuerySet":
        """As User.takes_mail."""
        return self.filter(email_verified_at__isnull=False, email_bounced_at__isnull=True)

    def bounced_by(self, address: str, at: datetime) -> "UserQuerySet":
        """Whose address this is, of which it was known then, and not before, that it takes no mail."""
        known = self.filter(email=known_address(address), email_bounced_at__isnull=True)
        return known.filter(Q(email_verified_at__isnull=True) | Q(email_verified_at__lte=at + CLOCKS_DIFFER))

    def locked(self, *, skip_locked: bool = False) -> "UserQuerySet":
        """Under a lock until the commit that rows may still point to; without those that another one holds."""
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **facts: Any) -> Any:
        """A person who signs in with this address; None makes the password unusable. Raises AddressRefused."""
        address = canonical_address(email)
        user = self.model(email=address, mailbox=mailbox_of(address), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> Any:
        """The person who signs in with this address, however it is typed."""
        return self.get(email=known_address(username or ""))

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> Any:
        """An operator with every right in the admin; not a kind of person of the product."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)


class SuspensionQuerySet(QuerySet[Any]):
    def in_force(self) -> "SuspensionQuerySet":
        return self.filter(restored_at__isnull=True)

    def visible_to(self, person: "Reader") -> "SuspensionQuerySet":
        """The region's alone."""
        return self if person.is_authenticated and person.is_region_staff else self.none()


class DeviceSessionQuerySet(QuerySet[Any]):
    def visible_to(self, person: AbstractBaseUser | AnonymousUser) -> "DeviceSessionQuerySet":
        """One's own."""
        return self.filter(person=person) if person.is_authenticated else self.none()

    def live(self, now: datetime) -> "DeviceSessionQuerySet":
        """Not revoked, not expired."""
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)

    def of_people_who_may_come_in(self) -> "DeviceSessionQuerySet":
        """Neither deactivated nor suspended."""
        return self.filter(person__is_active=True, person__suspended_at__isnull=True)


class InvitationQuerySet(QuerySet[Any]):
    def open(self, now: datetime) -> "InvitationQuerySet":
        """Not yet accepted, and not over."""
        return self.filter(status=InvitationStatus.INVITED, expires_at__gt=now)

    def to_target(self, kind: str, target_id: UUID) -> "InvitationQuerySet":
        """To one school or organisation; that app says who may see them."""
        return self.filter(kind=kind, target_id=target_id)

    def visible_to(self, person: AbstractBaseUser | AnonymousUser) -> "InvitationQuerySet":
        """Those one sent."""
        return self.filter(invited_by=person) if person.is_authenticated else self.none()


class User(Row, AbstractBaseUser, PermissionsMixin):
    """A person. Their part in a school or an organisation is a membership elsewhere, never a column here."""

    email = AddressField(unique=True)
    # What the address most likely means (common.mailboxes.mailbox_of): kept to compare, never to send.
    mailbox = models.CharField(max_length=254, editable=False, db_index=True)
    first_name = models.CharField(max_length=80, validators=[names.validate_name])
    # Empty for somebody who has one name alone.
    last_name = models.CharField(max_length=80, blank=True, validators=[names.validate_name])
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=2, choices=Language, default=Language.FRENCH)
    # One's own number for emergencies (common.phones): shown around a shift alone, see missions.services.emergencies.
    phone = models.CharField(max_length=16, blank=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    # Since when mail to the address comes back; until a link of a mail is followed again, or another address.
    email_bounced_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    # The last number of the person's sequence (common.changes).
    change_count = models.PositiveBigIntegerField(default=0, editable=False)
    # Up to this number old changes are deleted: a reader who has not come so far begins anew.
    change_floor = models.PositiveBigIntegerField(default=0, editable=False)
    # Of the profile: what the person, their school and the region change of it.
    version = models.PositiveIntegerField(default=1, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(name="user_email_is_lower_case", condition=Q(email=Lower("email"))),
            models.CheckConstraint(name="user_has_a_mailbox", condition=~Q(mailbox="")),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and unicodedata.normalize("NFC", raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password and unicodedata.normalize("NFC", raw_password))

    @property
    def full_name(self) -> str:
        return names.full_name(self.first_name, self.last_name)

    @property
    def short_name(self) -> str:
        """The first name and an initial."""
        return names.short_name(self.first_name, self.last_name)

    @property
    def takes_mail(self) -> bool:
        """Whether news may go there: its owner followed a link of a mail, and no mail came back since."""
        return self.email_state == EmailState.CONFIRMED

    @property
    def email_state(self) -> EmailState:
        """What is known of the address."""
        if self.email_bounced_at is not None:
            return EmailState.BOUNCING
        return EmailState.UNCONFIRMED if self.email_verified_at is None else EmailState.CONFIRMED

    def age_on(self, day: date) -> int | None:
        """Age in years on a day; None when the birth date is not known."""
        return paris.age_on(self.birth_date, day) if self.birth_date else None

    def is_minor_on(self, day: date) -> bool:
        """Under 18 on that day. A person who gave no birth date (staff, members) is an adult."""
        age = self.age_on(day)
        return age is not None and age < ADULT_AGE

    @cached_property
    def is_region_staff(self) -> bool:
        """note: causes a query, once per request."""
        return self.is_staff and self.groups.filter(name=REGION_GROUP).exists()


# Who reads: a person, or nobody that is known.
Reader = User | AnonymousUser


class BirthDateChange(Row):
    """Who corrected a person's birth date, and why. The dates themselves are not kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="birth_date_changes")
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="birth_dates_changed")
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return str(self.id)


class Suspension(Row):
    """The region shut a person out, and perhaps let them in again; the row keeps who did it and why."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="suspensions")
    reason = models.CharField(max_length=500)
    suspended_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    restored_at = models.DateTimeField(null=True)
    restored_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(restored_at__isnull=True), name="suspension_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeviceSession(Row):
    """A person signed in on one device. Refresh tokens count its `generation`; none is stored.

    The refresh token of the present generation is the successor that nobody has used yet; the one before it
    may ask for that successor again; anything older is a stolen copy.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="device_sessions")
    label = models.CharField(max_length=120, blank=True)
    generation = models.PositiveIntegerField(default=1)
    rotated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = DeviceSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.id)


class SignInAttempt(Row):
    """A password that was tried and not (yet) right, from a place. Marks are HMACs: no address is kept."""

    account_mark = models.CharField(max_length=64)
    address_mark = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["account_mark", "created_at"], name="sign_in_attempt_recent"),
            models.Index(fields=["created_at"], name="sign_in_attempt_old"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Allowance(Row):
    """How often something was done lately for one mailbox, device or person (accounts.allowances)."""

    rule = models.CharField(max_length=40)
    mark = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    used_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "mark"], name="allowance_once_per_rule_and_subject"),
        ]
        indexes = [models.Index(fields=["began_at"], name="allowance_old")]

    def __str__(self) -> str:
        return f"{self.rule} {self.id}"


class InvitationKind(models.TextChoices):
    SCHOOL_STAFF = "school_staff", pgettext_lazy("invitation", "To a school’s staff")
    ORGANIZATION_MEMBER = "organization_member", pgettext_lazy("invitation", "To an organisation")


class Invitation(Row):
    """An address asked to join a school or an organisation in a role: a link by mail, single use, 7 days.

    `target_id` names the school or organisation of an app above this one; its handler of the hook
    `invitation_accepted` makes the membership.
    """

    email = models.EmailField()
    kind = models.CharField(max_length=19, choices=InvitationKind)
    target_id = models.UUIDField()
    target_name = models.CharField(max_length=200)
    role = models.CharField(max_length=11)
    status = models.CharField(max_length=7, choices=InvitationStatus, default=InvitationStatus.INVITED)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="invitations_sent")
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="invitations_accepted")
    accepted_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="invitation_active_iff_dated",
                condition=Q(status=InvitationStatus.ACTIVE, accepted_at__isnull=False)
                | (~Q(status=InvitationStatus.ACTIVE) & Q(accepted_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["kind", "target_id"], name="invitation_of_target")]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} {self.id}"
