"""Which certificates exist for whom."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from common.querysets import related
from engagement.states import CertificateStatus
from schools.models import School


class CertificateQuerySet(QuerySet[Any]):
    def valid(self) -> CertificateQuerySet:
        return self.filter(status=CertificateStatus.ISSUED)

    def own(self, person: Any) -> CertificateQuerySet:
        return self.filter(record__person=person)

    def managed_by(self, person: Any) -> CertificateQuerySet:
        """Of the schools the person manages."""
        return self.filter(record__option__school__in=School.objects.managed_by(person).values("pk"))

    def visible_to(self, person: Any) -> CertificateQuerySet:
        """As the record it belongs to."""
        return self.filter(record__in=related(self, "record").visible_to(person).values("pk"))
