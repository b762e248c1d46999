"""Totals of the ledger that no single model owns."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from engagement.models import HourEntry, Record
from engagement.states import HourEntryStatus


@dataclass(frozen=True)
class Progress:
    """Whole minutes of one record. `counted`: approved under an option, attested in a passport."""

    record: Record
    target_minutes: int | None
    counted_minutes: int
    pending_minutes: int
    attested_minutes: int
    by_domain: list[dict[str, Any]]


def progress_of(person: Any) -> list[Progress]:
    """The progress of each of a person's records, newest first, in two queries."""
    records = list(
        Record.objects.filter(person=person).select_related("option__school_year", "option__school").order_by("-id")
    )
    rows = (
        HourEntry.objects.filter(record__in=records)
        .values("record", "domain")
        .annotate(
            approved=Coalesce(Sum("approved_minutes"), 0),
            attested=Coalesce(Sum("attested_minutes"), 0),
            pending=Coalesce(Sum("claimed_minutes", filter=Q(status=HourEntryStatus.SUBMITTED)), 0),
        )
        .order_by("domain")
    )
    by_record: dict[Any, list[Any]] = {record.pk: [] for record in records}
    for row in rows:
        by_record[row["record"]].append(row)
    return [_progress(record, by_record[record.pk]) for record in records]


def _progress(record: Record, rows: list[Any]) -> Progress:
    counted = "approved" if record.option_id else "attested"
    return Progress(
        record=record,
        target_minutes=record.option.target_minutes if record.option else None,
        counted_minutes=sum(row[counted] for row in rows),
        pending_minutes=sum(row["pending"] for row in rows),
        attested_minutes=sum(row["attested"] for row in rows),
        by_domain=[{"domain": row["domain"], "minutes": row[counted]} for row in rows if row[counted]],
    )
