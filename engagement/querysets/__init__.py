"""Which options, records and hour entries exist for whom."""

from engagement.querysets.certificates import CertificateQuerySet
from engagement.querysets.exports import ExportQuerySet
from engagement.querysets.options import EngagementOptionQuerySet
from engagement.querysets.records import (
    ATTESTED_WITHIN,
    COUNTS_AS_ATTESTED,
    ContestQuerySet,
    EvidenceQuerySet,
    HourEntryQuerySet,
    OfVisibleEntryQuerySet,
    RecordEventQuerySet,
    RecordQuerySet,
)
from engagement.querysets.statistics import TerritoryTotalQuerySet
from engagement.querysets.tutors import AttestationRequestQuerySet

__all__ = [
    "ATTESTED_WITHIN",
    "COUNTS_AS_ATTESTED",
    "AttestationRequestQuerySet",
    "CertificateQuerySet",
    "ContestQuerySet",
    "EngagementOptionQuerySet",
    "EvidenceQuerySet",
    "ExportQuerySet",
    "HourEntryQuerySet",
    "OfVisibleEntryQuerySet",
    "RecordEventQuerySet",
    "RecordQuerySet",
    "TerritoryTotalQuerySet",
]
