"""Evidence of hours: pictures and plain PDFs, written anew; five an entry, while its author may edit it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.changes import note_change
from common.errors import DomainError, NotVisible, WrongState
from common.files import drop_file, keep_read_file
from common.models import uuid7
from common.reading import ReadFile
from engagement import ledger
from engagement.models import Evidence, HourEntry, Record
from engagement.services.records import locked_entry
from engagement.states import EDITABLE_HOUR_ENTRY, EvidenceKind

MOST_EVIDENCE = 5


@transaction.atomic
def add_evidence(entry: HourEntry, file: ReadFile, *, actor: User) -> Evidence:
    """Adds a picture or a PDF that was read to a draft or returned entry; the same one again is the one that is there.

    Raises NotAllowed, WrongState, DomainError (`too_much_evidence`).
    """
    record, entry = _editable(entry, actor)
    kind, sha256 = EvidenceKind(file.kind), file.sha256
    shown = {one.sha256: one for one in Evidence.objects.filter(entry=entry)}
    if sha256 in shown:
        return shown[sha256]
    if len(shown) >= MOST_EVIDENCE:
        said = _("An entry has at most five pieces of evidence. Delete one first.")
        raise DomainError(said, code="too_much_evidence")
    row_id = uuid7()
    name = keep_read_file(f"evidence/{row_id}", file)
    row = Evidence.objects.create(pk=row_id, entry=entry, kind=kind, file=name, size=file.size, sha256=sha256)
    _append(record, entry, "add_evidence", [*shown, sha256], actor, rows=[row])
    return row


@transaction.atomic
def remove_evidence(evidence: Evidence, *, actor: User) -> None:
    """Takes a piece of evidence back while the entry may be edited; its bytes go with the commit.

    Raises NotAllowed, NotVisible, WrongState.
    """
    record, entry = _editable(evidence.entry, actor)
    shown = {one.pk: one for one in Evidence.objects.filter(entry=entry)}
    row = shown.pop(evidence.pk, None)
    if row is None:
        raise NotVisible
    drop_file(str(row.file.name))
    _append(record, entry, "remove_evidence", [one.sha256 for one in shown.values()], actor, gone=[row])
    row.delete()


def _editable(entry: HourEntry, actor: User) -> tuple[Record, HourEntry]:
    record, locked = locked_entry(entry, actor)
    if locked.status not in EDITABLE_HOUR_ENTRY:
        raise WrongState("edit", locked.status)
    return record, locked


def _append(record: Record, entry: HourEntry, verb: str, sha256s: list[str], actor: User, **proofs: Any) -> None:
    details = ledger.details_of(entry, sha256s)
    ledger.append_event(record, entry, verb, actor=actor, details=details, **proofs)
    note_change(record.person_id, "hour_entry", entry.pk)
