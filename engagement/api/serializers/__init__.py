"""Shapes of what the ledger takes and gives."""

from engagement.api.serializers.app_config import AppConfigOutput
from engagement.api.serializers.attestations import (
    AmendmentInput,
    DenialInput,
    TutorAction,
    TutorAnswerInput,
    TutorPageOutput,
)
from engagement.api.serializers.batches import MAX_OPERATIONS, BatchInput, BatchOutput
from engagement.api.serializers.certificates import (
    CertificateCheckOutput,
    CertificateInput,
    CertificateOutput,
    PublicKeysOutput,
    RevocationInput,
)
from engagement.api.serializers.contests import ContestAnswerInput, ContestInput, ContestOutput
from engagement.api.serializers.decisions import (
    MAX_RULINGS,
    ApprovalInput,
    BulkDecisionsInput,
    BulkDecisionsOutput,
    DecisionInput,
    OutcomeOutput,
    RulingInput,
)
from engagement.api.serializers.entries import (
    HourEntryEditInput,
    HourEntryInput,
    HourEntryOutput,
    RecordEventFactsOutput,
    RecordEventOutput,
    RecordOutput,
    SyncedRecordOutput,
)
from engagement.api.serializers.evidence import EvidenceOutput
from engagement.api.serializers.exports import ExportOutput, ExportQuery, ParcoursupTextOutput
from engagement.api.serializers.me import MeOutput
from engagement.api.serializers.options import EngagementOptionEditInput, EngagementOptionInput, EngagementOptionOutput
from engagement.api.serializers.progress import ClassProgressOutput, MyProgressOutput
from engagement.api.serializers.statistics import StatisticsQuery, TerritoryStatisticsOutput
from engagement.api.serializers.sync import SyncOutput

__all__ = [
    "MAX_OPERATIONS",
    "MAX_RULINGS",
    "AmendmentInput",
    "AppConfigOutput",
    "ApprovalInput",
    "BatchInput",
    "BatchOutput",
    "BulkDecisionsInput",
    "BulkDecisionsOutput",
    "CertificateCheckOutput",
    "CertificateInput",
    "CertificateOutput",
    "ClassProgressOutput",
    "ContestAnswerInput",
    "ContestInput",
    "ContestOutput",
    "DecisionInput",
    "DenialInput",
    "EngagementOptionEditInput",
    "EngagementOptionInput",
    "EngagementOptionOutput",
    "EvidenceOutput",
    "ExportOutput",
    "ExportQuery",
    "HourEntryEditInput",
    "HourEntryInput",
    "HourEntryOutput",
    "MeOutput",
    "MyProgressOutput",
    "OutcomeOutput",
    "ParcoursupTextOutput",
    "PublicKeysOutput",
    "RecordEventFactsOutput",
    "RecordEventOutput",
    "RecordOutput",
    "RevocationInput",
    "RulingInput",
    "StatisticsQuery",
    "SyncOutput",
    "SyncedRecordOutput",
    "TerritoryStatisticsOutput",
    "TutorAction",
    "TutorAnswerInput",
    "TutorPageOutput",
]
