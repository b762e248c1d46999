"""Missions of partners, received through the State's exchange: shown here, applied for there."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from accounts.models import Reader
from common.models import Row
from common.querysets import NearnessQuerySet
from missions.models.missions import Domain


class ExchangeType(models.TextChoices):
    """The kinds of engagement of API Engagement v2."""

    BENEVOLAT = "benevolat", pgettext_lazy("engagement", "Volunteering")
    SERVICE_CIVIQUE = "volontariat_service_civique", pgettext_lazy("engagement", "Civic service")
    SAPEURS_POMPIERS = "volontariat_sapeurs_pompiers", pgettext_lazy("engagement", "Volunteer firefighters")
    RESERVE_OPERATIONNELLE = (
        "volontariat_reserve_operationnelle",
        pgettext_lazy("engagement", "Operational reserve"),
    )


class Remote(models.TextChoices):
    """How far from its place a mission can be done, in the words of API Engagement v2."""

    NO = "no", pgettext_lazy("remote", "On site")
    POSSIBLE = "possible", pgettext_lazy("remote", "Remote work is possible")
    FULL = "full", pgettext_lazy("remote", "Remote")
    LOCAL = "local", pgettext_lazy("remote", "Remote, near the place")


class PartnerMissionQuerySet(NearnessQuerySet):
    def visible_to(self, person: Reader) -> PartnerMissionQuerySet:
        """Public, until their partner withdraws them or they are over."""
        return self.current(timezone.now())

    def current(self, now: datetime) -> PartnerMissionQuerySet:
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), withdrawn_at__isnull=True)


class PartnerMission(Row):
    """One mission of a partner, found again by publisher and the partner's own id; `facts` as the exchange has them.

    Facts that a list filters on have columns. A mission that a whole feed holds no longer is withdrawn, never deleted.
    """

    publisher = models.CharField(max_length=100)
    client_id = models.CharField(max_length=255)
    title = models.CharField(max_length=255)
    organization_name = models.CharField(max_length=255, blank=True)
    domain = models.CharField(max_length=40, choices=Domain)
    type = models.CharField(max_length=34, choices=ExchangeType)
    remote = models.CharField(max_length=8, choices=Remote)
    application_url = models.URLField(max_length=2000)
    opens_to_minors = models.BooleanField(default=False)
    places = models.PositiveIntegerField(default=1)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    department_code = models.CharField(max_length=3, blank=True)
    # The first address that has a position, in degrees (WGS 84).
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    facts = models.JSONField()
    received_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = PartnerMissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publisher", "client_id"], name="partner_mission_once_per_publisher"),
            models.CheckConstraint(
                name="partner_mission_has_both_coordinates_or_none",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
            ),
            models.CheckConstraint(name="partner_mission_has_a_place", condition=Q(places__gte=1)),
        ]
        indexes = [models.Index(fields=["latitude", "longitude"], name="partner_mission_position")]

    def __str__(self) -> str:
        return f"{self.publisher} {self.client_id}"
