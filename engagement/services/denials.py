"""Hours that were denied, whomever the student had them confirmed by afterwards, and under whatever entry."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from common.mailboxes import mailbox_of
from engagement.models import HourEntry, RecordEvent
from engagement.states import AttestationVerb


def is_denied_elsewhere() -> Exists:
    """Whether hours of the same person and time were denied under another entry, deleted or sent back since."""
    denied = HourEntry.objects.filter(person=OuterRef("person"), attestations__verb=AttestationVerb.DENY)
    return Exists(denied.exclude(pk=OuterRef("pk")).overlapping(OuterRef("started_at"), OuterRef("ended_at")))


def denied_by_others(entries: Collection[HourEntry]) -> set[Any]:
    """Of entries that were denied once, the ids of those denied by others than the one asked about them now.

    A newer word takes a denial back where it comes from the same mission or tutor.
    """
    now = {entry.pk: _who(entry.mission_id, entry.tutor_email) for entry in entries}
    asked, denied = {}, set()
    moves = RecordEvent.objects.filter(entry__in=now, facts__verb__in=("submit", AttestationVerb.DENY)).order_by("id")
    for event in moves if now else ():
        if event.facts["verb"] == "submit":
            asked[event.entry_id] = _who(event.facts["mission"], event.details.get("tutor_email", ""))
        elif asked.get(event.entry_id) != now.get(event.entry_id):  # type: ignore[arg-type]
            denied.add(event.entry_id)
    return denied


def _who(mission_id: UUID | str | None, tutor_email: str) -> tuple[str, str]:
    return str(mission_id or ""), mailbox_of(tutor_email) if tutor_email else ""
