"""The ledger over HTTP."""

from engagement.api.views.app_config import AppConfigViewSet
from engagement.api.views.certificates import CertificateViewSet, VerifyViewSet
from engagement.api.views.contests import ContestViewSet
from engagement.api.views.entries import HourEntryViewSet
from engagement.api.views.evidence import EvidenceViewSet
from engagement.api.views.exports import ClassExportViewSet, ExportViewSet, ParcoursupViewSet
from engagement.api.views.me import MeViewSet
from engagement.api.views.options import EngagementOptionViewSet
from engagement.api.views.progress import ClassProgressViewSet, MyProgressViewSet
from engagement.api.views.records import RecordViewSet
from engagement.api.views.statistics import TerritoryStatisticsViewSet
from engagement.api.views.sync import SyncViewSet
from engagement.api.views.tutors import TutorLinkViewSet

__all__ = [
    "AppConfigViewSet",
    "CertificateViewSet",
    "ClassExportViewSet",
    "ClassProgressViewSet",
    "ContestViewSet",
    "EngagementOptionViewSet",
    "EvidenceViewSet",
    "ExportViewSet",
    "HourEntryViewSet",
    "MeViewSet",
    "MyProgressViewSet",
    "ParcoursupViewSet",
    "RecordViewSet",
    "SyncViewSet",
    "TerritoryStatisticsViewSet",
    "TutorLinkViewSet",
    "VerifyViewSet",
]
