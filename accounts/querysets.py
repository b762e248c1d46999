"""Which people and sessions exist for whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.states import InvitationStatus
from common.mailboxes import canonical_address, known_address


class UserQuerySet(QuerySet[Any]):
    def visible_to(self, person: AbstractBaseUser | AnonymousUser) -> "UserQuerySet":
        """Oneself. Others appear only inside rows that are visible (a sign-up, an enrolment)."""
        return self.filter(pk=person.pk) if person.is_authenticated else self.none()

    def locked(self, *, skip_locked: bool = False) -> "UserQuerySet":
        """Under a lock until the commit that rows may still point to; without those that another one holds."""
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **facts: Any) -> Any:
        """A person who signs in with this address; None makes the password unusable. Raises AddressRefused."""
        user = self.model(email=canonical_address(email), **facts)
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

    def visible_to(self, person: Any) -> "SuspensionQuerySet":
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
        """To one school or organisation; who may see them is that app's to say."""
        return self.filter(kind=kind, target_id=target_id)

    def visible_to(self, person: AbstractBaseUser | AnonymousUser) -> "InvitationQuerySet":
        """Those one sent."""
        return self.filter(invited_by=person) if person.is_authenticated else self.none()
