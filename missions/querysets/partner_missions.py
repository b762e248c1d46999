"""Which missions of partners exist for whom."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import Reader
from common.querysets import NearnessQuerySet


class PartnerMissionQuerySet(NearnessQuerySet):
    def visible_to(self, person: Reader) -> PartnerMissionQuerySet:
        """Public, until their partner withdraws them or they are over."""
        return self.current(timezone.now())

    def current(self, now: datetime) -> PartnerMissionQuerySet:
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), withdrawn_at__isnull=True)
