"""Which certificates exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Reader
from common.querysets import related
from engagement.states import CertificateKind, CertificateStatus
from schools.models import School


class CertificateQuerySet(QuerySet[Any]):
    def valid(self) -> CertificateQuerySet:
        return self.filter(status=CertificateStatus.ISSUED)

    def own(self, person: Reader) -> CertificateQuerySet:
        return self.filter(record__person=person)

    def managed_by(self, person: Reader) -> CertificateQuerySet:
        """Of the schools the person manages; a passport is its person's alone."""
        managed = School.objects.managed_by(person).values("pk")
        return self.filter(kind=CertificateKind.OPTION, record__option__school__in=managed)

    def visible_to(self, person: Reader) -> CertificateQuerySet:
        """As the record it belongs to, but of passports one's own: they list hours that nobody else may see yet."""
        records = related(self, "record")
        return self.filter(
            Q(kind=CertificateKind.OPTION, record__in=records.visible_to(person).values("pk"))
            | Q(record__in=records.owned_by(person).values("pk"))
        )
