"""Evidence of hours: pictures written anew, plain PDFs as they came; five an entry, while its author may edit it."""

import hashlib
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common import images, papers
from common.changes import note_change
from common.errors import BadInput, DomainError, NotVisible, WrongState
from common.files import drop_file, keep_file
from common.models import uuid7
from engagement import ledger
from engagement.models import LARGEST_EVIDENCE_BYTES, Evidence, HourEntry, Record
from engagement.services.records import locked_entry
from engagement.states import EDITABLE_HOUR_ENTRY, EvidenceKind

MOST_EVIDENCE = 5
SUFFIXES = {EvidenceKind.PICTURE: "jpg", EvidenceKind.PDF: "pdf"}


class EvidenceTooLarge(BadInput):
    code = "evidence_too_large"
    detail = _("At most 10 MB.")


def _kept(data: bytes) -> tuple[EvidenceKind, bytes]:
    """What kind the content is, and the bytes to keep. Raises EvidenceTooLarge, ImageRefused, PdfRefused."""
    if len(data) > LARGEST_EVIDENCE_BYTES:
        raise EvidenceTooLarge
    if papers.is_pdf(data):
        papers.ensure_plain(data)
        return EvidenceKind.PDF, data
    return EvidenceKind.PICTURE, images.reencode(data)


def add_evidence(entry: HourEntry, data: bytes, *, actor: Any) -> Evidence:
    """Adds a picture or a PDF to a draft or returned entry; the same one again is the one that is there.

    Raises NotAllowed, WrongState, EvidenceTooLarge, ImageRefused, PdfRefused, DomainError (`too_much_evidence`).
    """
    kind, kept = _kept(data)  # before any lock: it takes its time
    return _add(entry, kind, kept, actor)


@transaction.atomic
def _add(entry: HourEntry, kind: EvidenceKind, data: bytes, actor: Any) -> Evidence:
    record, entry = _editable(entry, actor)
    sha256 = hashlib.sha256(data).hexdigest()
    shown = {one.sha256: one for one in Evidence.objects.filter(entry=entry)}
    if sha256 in shown:
        return shown[sha256]
    if len(shown) >= MOST_EVIDENCE:
        raise DomainError(_("An entry has at most five pieces of evidence."), code="too_much_evidence")
    row_id = uuid7()
    file = keep_file(f"evidence/{row_id}.{SUFFIXES[kind]}", data)
    row = Evidence.objects.create(pk=row_id, entry=entry, kind=kind, file=file, size=len(data), sha256=sha256)
    _append(record, entry, "add_evidence", [*shown, sha256], actor)
    return row


@transaction.atomic
def remove_evidence(evidence: Evidence, *, actor: Any) -> None:
    """Takes a piece of evidence back while the entry may be edited; its bytes go with the commit.

    Raises NotAllowed, NotVisible, WrongState.
    """
    record, entry = _editable(evidence.entry, actor)
    shown = {one.pk: one for one in Evidence.objects.filter(entry=entry)}
    row = shown.pop(evidence.pk, None)
    if row is None:
        raise NotVisible
    drop_file(str(row.file.name))
    row.delete()
    _append(record, entry, "remove_evidence", [one.sha256 for one in shown.values()], actor)


def _editable(entry: HourEntry, actor: Any) -> tuple[Record, HourEntry]:
    record, locked = locked_entry(entry, actor)
    if locked.status not in EDITABLE_HOUR_ENTRY:
        raise WrongState("edit", locked.status)
    return record, locked


def _append(record: Record, entry: HourEntry, verb: str, sha256s: list[str], actor: Any) -> None:
    details = ledger.details_of(entry, sha256s)
    ledger.write_events([record], [ledger.next_event(record, entry, verb, actor=actor, details=details)])
    note_change(record.person_id, "hour_entry", entry.pk)
