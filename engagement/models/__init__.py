"""The ledger: options, records, hour entries, and the chain of events that can be added to and never rewritten."""

from engagement.models.attestations import Attestation
from engagement.models.certificates import Certificate
from engagement.models.decisions import Contest, Decision
from engagement.models.entries import LONGEST_MINUTES, SHORTEST_MINUTES, HourEntry, RecordEvent
from engagement.models.evidence import LARGEST_EVIDENCE_BYTES, Evidence
from engagement.models.exports import Export
from engagement.models.options import EngagementOption
from engagement.models.records import Record
from engagement.models.statistics import DENSITIES, Priority, TerritoryTotal
from engagement.models.tutors import MOST_RESENDS, AttestationRequest, TutorAddress

__all__ = [
    "DENSITIES",
    "LARGEST_EVIDENCE_BYTES",
    "LONGEST_MINUTES",
    "MOST_RESENDS",
    "SHORTEST_MINUTES",
    "Attestation",
    "AttestationRequest",
    "Certificate",
    "Contest",
    "Decision",
    "EngagementOption",
    "Evidence",
    "Export",
    "HourEntry",
    "Priority",
    "Record",
    "RecordEvent",
    "TerritoryTotal",
    "TutorAddress",
]
