"""Which organisations and memberships exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, When

from accounts.models import Reader
from common.querysets import related
from missions.states import (
    OPEN_ORGANIZATION,
    MembershipStatus,
    OrganizationRole,
)


class OrganizationQuerySet(QuerySet[Any]):
    def verified(self) -> OrganizationQuerySet:
        """The region vouches for them, trusted or not."""
        return self.filter(status__in=OPEN_ORGANIZATION)

    def in_tree_of(self, root: Any) -> OrganizationQuerySet:
        """The organisation of that id and all under it; none when it is not among these."""
        path = self.filter(pk=root).values("path")
        return self.model.objects.alias(root_path=Subquery(path)).filter(path__startswith=F("root_path"))

    def _memberships(self, person: Reader) -> Any:
        model = self.model.memberships.rel.related_model
        return model.objects.filter(person=person, status=MembershipStatus.ACTIVE)

    def managed_by(self, person: Reader) -> OrganizationQuerySet:
        """The whole subtree of those where the person is a manager."""
        above = (
            self._memberships(person)
            .filter(role=OrganizationRole.MANAGER)
            .annotate(outer_path=ExpressionWrapper(OuterRef("path"), output_field=CharField()))
        )
        return self.filter(Exists(above.filter(outer_path__startswith=F("organization__path"))))

    def run_by(self, person: Reader) -> OrganizationQuerySet:
        """Where the person is a coordinator, and the whole subtree where they are a manager."""
        own = self._memberships(person).values("organization")
        # Not one condition with an OR: the database would take most organisations for one's own.
        return self.filter(pk__in=own.union(self.model.objects.managed_by(person).values("pk")))

    def visible_to(self, person: Reader) -> OrganizationQuerySet:
        """Verified ones are public; members see their own, the region all."""
        if not person.is_authenticated:
            return self.verified()
        if person.is_region_staff:
            return self
        run = self.model.objects.run_by(person)
        return self.filter(Q(status__in=OPEN_ORGANIZATION) | Q(pk__in=run.values("pk")))


    def reachable_by(self, person: Reader) -> OrganizationQuerySet:
        """Visible, or of a mission with a place one has or had."""
        visible = self.model.objects.visible_to(person)
        mine = self.model.objects.filter(missions__shifts__sign_ups__person=person)
        return self.filter(Q(pk__in=visible.values("pk")) | Q(pk__in=mine.values("pk")))

    def with_visible_parent(self, person: Reader) -> OrganizationQuerySet:
        """With `visible_parent`: the id of the organisation above, when that one exists for the person."""
        visible = self.model.objects.visible_to(person).values("pk")
        return self.annotate(visible_parent=Case(When(parent__in=visible, then=F("parent_id"))))


class OrganizationMembershipQuerySet(QuerySet[Any]):
    def active(self) -> OrganizationMembershipQuerySet:
        return self.filter(status=MembershipStatus.ACTIVE)

    def visible_to(self, person: Reader) -> OrganizationMembershipQuerySet:
        """Members of the organisations one runs; the region sees all."""
        if not person.is_authenticated:
            return self.none()
        if person.is_region_staff:
            return self
        return self.filter(organization__in=related(self, "organization").run_by(person).values("pk"))
