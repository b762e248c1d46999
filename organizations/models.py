"""Organisations, a tree, who acts for them, and which of both exist for whom."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import pgettext_lazy

from accounts.memberships import Membership, MembershipQuerySet, once_per_role
from accounts.models import InvitationKind, Reader
from common.models import Row
from organizations.states import OPEN_ORGANIZATION, OrganizationRole, OrganizationStatus


class OrganizationKind(models.TextChoices):
    CROIX_ROUGE = "croix_rouge", pgettext_lazy("organisation", "Red Cross")
    ASSOCIATION = "association", pgettext_lazy("organisation", "Association")
    PUBLIC = "public", pgettext_lazy("organisation", "Public body")
    SCHOOL = "school", pgettext_lazy("organisation", "School")


class SignUpMode(models.TextChoices):
    INSTANT = "instant", pgettext_lazy("sign-ups", "At once")
    REVIEW = "review", pgettext_lazy("sign-ups", "After the organiser’s answer")


class OrganizationQuerySet(QuerySet["Organization"]):
    def verified(self) -> OrganizationQuerySet:
        """The region vouches for them, trusted or not."""
        return self.filter(status__in=OPEN_ORGANIZATION)

    def in_tree_of(self, root: Any) -> OrganizationQuerySet:
        """The organisation of that id and all under it; none when it is not among these."""
        path = self.filter(pk=root).values("path")
        return Organization.objects.alias(root_path=Subquery(path)).filter(path__startswith=F("root_path"))

    def managed_by(self, person: Reader) -> OrganizationQuerySet:
        """The whole subtree of those where the person is a manager."""
        above = (
            OrganizationMembership.objects.active()
            .managers()
            .of(person)
            .annotate(outer_path=ExpressionWrapper(OuterRef("path"), output_field=CharField()))
        )
        return self.filter(Exists(above.filter(outer_path__startswith=F("organization__path"))))

    def run_by(self, person: Reader) -> OrganizationQuerySet:
        """Where the person is a coordinator, and the whole subtree where they are a manager."""
        own = OrganizationMembership.objects.active().of(person).values("organization")
        # Not one condition with an OR: the database would take most organisations for one's own.
        return self.filter(pk__in=own.union(Organization.objects.managed_by(person).values("pk")))

    def visible_to(self, person: Reader) -> OrganizationQuerySet:
        """Verified ones are public; members see their own, the region all."""
        if not person.is_authenticated:
            return self.verified()
        if person.is_region_staff:
            return self
        run = Organization.objects.run_by(person)
        return self.filter(Q(status__in=OPEN_ORGANIZATION) | Q(pk__in=run.values("pk")))

    def with_visible_parent(self, person: Reader) -> OrganizationQuerySet:
        """With `visible_parent`: the id of the organisation above, when that one exists for the person."""
        visible = Organization.objects.visible_to(person).values("pk")
        return self.annotate(visible_parent=Case(When(parent__in=visible, then=F("parent_id"))))


class OrganizationMembershipQuerySet(MembershipQuerySet["OrganizationMembership"]):
    def visible_to(self, person: Reader) -> OrganizationMembershipQuerySet:
        """Members of the organisations one runs; the region sees all."""
        if not person.is_authenticated:
            return self.none()
        if person.is_region_staff:
            return self
        return self.filter(organization__in=Organization.objects.run_by(person).values("pk"))


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
    # What the State knows it by, when it does; checked by organizations.registers.
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


class OrganizationMembership(Membership):
    """A person's role in an organisation; a manager's reaches over its whole subtree."""

    TARGET = "organization"
    INVITATION = InvitationKind.ORGANIZATION_MEMBER

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=11, choices=OrganizationRole)

    objects = OrganizationMembershipQuerySet.as_manager()

    class Meta(Membership.Meta):
        default_related_name = "organization_memberships"
        constraints = [*Membership.Meta.constraints, once_per_role("organization")]

    def __str__(self) -> str:
        return f"{self.role} {self.id}"
