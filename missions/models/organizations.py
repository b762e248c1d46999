"""Organisations, a tree, and who acts for them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Row
from missions.models.search import MissionSearch
from missions.querysets import (
    OrganizationMembershipQuerySet,
    OrganizationQuerySet,
)
from missions.states import (
    MembershipStatus,
    OrganizationRole,
    OrganizationStatus,
)


class OrganizationKind(models.TextChoices):
    CROIX_ROUGE = "croix_rouge"
    ASSOCIATION = "association"
    PUBLIC = "public"
    SCHOOL = "school"


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
    description = models.TextField(max_length=20_000, blank=True)
    # Its host as the DNS knows it, which is longer than what people write.
    url = models.URLField(max_length=1000, blank=True)
    # What the State knows it by, when it does; checked by missions.services.organizations.
    rna = models.CharField(max_length=10, blank=True)
    siren = models.CharField(max_length=9, blank=True)
    siret = models.CharField(max_length=14, blank=True)
    default_sign_up_mode = models.CharField(max_length=7, choices=SignUpMode, default=SignUpMode.REVIEW)
    version = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(max_length=10, choices=OrganizationStatus, default=OrganizationStatus.UNVERIFIED)
    decided_at = models.DateTimeField(null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    # What a suspended one is again when it is restored.
    former_status = models.CharField(max_length=10, choices=OrganizationStatus, blank=True, editable=False)
    suspended_at = models.DateTimeField(null=True, editable=False)
    suspension_reason = models.CharField(max_length=500, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organization_unverified_iff_undecided",
                condition=Q(status=OrganizationStatus.UNVERIFIED, decided_at__isnull=True)
                | Q(status=OrganizationStatus.SUSPENDED)
                | (
                    ~Q(status__in=[OrganizationStatus.UNVERIFIED, OrganizationStatus.SUSPENDED])
                    & Q(decided_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="organization_suspended_iff_dated_and_knows_what_it_was",
                condition=(Q(status=OrganizationStatus.SUSPENDED, suspended_at__isnull=False) & ~Q(former_status=""))
                | (~Q(status=OrganizationStatus.SUSPENDED) & Q(suspended_at__isnull=True, former_status="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new name is found in its missions, too."""
        is_new, changed = self._state.adding, kwargs.get("update_fields")
        super().save(*args, **kwargs)
        if not is_new and (changed is None or "name" in changed):
            MissionSearch.objects.write(self.missions.select_related("organization"))
            shift: Any = self.missions.model.shifts.rel.related_model
            shift.sign_ups.rel.related_model.objects.live().filter(shift__mission__organization=self).note_changed()


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
