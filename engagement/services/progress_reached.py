"""Students hear of half, four fifths and all of their target, a minute at most after it was decided."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import F

from engagement import notices
from engagement.kinds import Kind
from engagement.models import Record
from engagement.notices import Reached
from engagement.progress import Progress, progress_of_records
from notifications import outbox

# Shares of the target in percent, the greatest first.
TOLD_AT = (100, 80, 50)
# Records looked at in one transaction: decisions on them wait as long.
RECORDS_AT_ONCE = 200


def share_of(one: Progress) -> int:
    """The greatest of these shares that counts by now; 0 below them all, and in a passport."""
    target, counted = one.target_minutes, one.counted_minutes
    return next((share for share in TOLD_AT if target and counted * 100 >= share * target), 0)


def shares_of(record_ids: Collection[UUID]) -> list[tuple[Progress, int]]:
    """How far these records have come, and their `share_of`; those of passports are left out."""
    rows = Record.objects.filter(pk__in=record_ids, option__isnull=False)
    records = list(rows.select_related("person", "option__school_year").order_by("pk"))
    return [(one, share_of(one)) for one in progress_of_records(records)] if records else []


def tell_of_progress() -> None:
    """Looks at every record with events since it was looked at. A decision on hundreds waits for none of it. Safe to
    run twice, and to miss."""
    while _look_at_some():
        pass


@transaction.atomic
def _look_at_some() -> bool:
    moved = Record.objects.moved_since_told().select_for_update(of=("self",), skip_locked=True)
    ids = list(moved.order_by("pk").values_list("pk", flat=True)[:RECORDS_AT_ONCE])
    if ids:
        tell(ids)
        Record.objects.filter(pk__in=ids).update(told_event_count=F("event_count"))
    return bool(ids)


def tell(record_ids: Collection[UUID]) -> None:
    """Each share once for each record: of several passed at once the greatest alone, and none below what was told. One
    that is lost before its message left is taken back. Call it under the records' locks.

    note: as many queries for one record as for hundreds.
    """
    shares = shares_of(record_ids)
    told = _told([one.record for one, _share in shares])
    lost = [one.record for one, share in shares if told[one.record.pk] > share]
    if lost:
        outbox.take_back(Kind.PROGRESS_REACHED, *lost)
        told |= _told(lost)
    outbox.publish_many(
        outbox.Letter(
            notices.progress_reached,
            Reached(share, one.counted_minutes, one.target_minutes or 0),
            one.record.person,
            subject=one.record,
            occasion=outbox.occasion_of(share),
        )
        for one, share in shares
        if share > told[one.record.pk]
    )


def _told(records: Collection[Record]) -> dict[UUID, int]:
    """The greatest share that was told of each."""
    found = {record.pk: 0 for record in records}
    for record_id, occasion in outbox.published(Kind.PROGRESS_REACHED, records):
        found[record_id] = max(found[record_id], int(occasion))
    return found
