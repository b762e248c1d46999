"""What changed for whom, in an order that a phone can follow (GET /sync/).

Every person has a sequence. It is taken under the lock of the person's row, which is held until the commit: a
change that commits later has a greater number, so that a cursor never passes one that is still on its way.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Case, F, Max, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import Gone
from common.models import Change, uuid7
from common.sql import SqlText, has_texts


@dataclass(frozen=True)
class Noted:
    """One thing of a person's own data that changed, or went. `kind` is one of engagement.api.sync."""

    person_id: UUID
    kind: str
    object_id: UUID
    is_removed: bool = False


class CursorTooOld(Gone):
    """410: changes that this reader has not seen are no longer kept, or it has seen some that a restored database has
    not; it begins anew."""

    code = "cursor_too_old"
    detail = _("What changed since then is no longer kept. Read everything anew.")


# Numbers of an epoch begin at its second of Unix time, times this. So many changes a second nobody has: they lie beyond
# all numbers of the epochs before, of whichever database those were. JSON's readers take them exactly until 2242.
EPOCH = 2**20


def begin_epoch() -> int:
    """Moves everybody's numbers beyond all that were ever given out, so that each phone reads everything anew; returns
    how many people's.

    For a restored database: its counts come a second time to numbers that phones have seen, for other changes. Safe to
    run twice, and while phones ask.
    """
    start = Greatest(Value(int(timezone.now().timestamp()) * EPOCH), F("change_count") + 1)
    return get_user_model().objects.update(change_count=start, change_floor=start)


def ensure_followed(person: Any, sequence: int) -> None:
    """Raises CursorTooOld when what changed since that number is not all kept, or it is of no time of this database."""
    if not person.change_floor <= sequence <= person.change_count:
        raise CursorTooOld


def changes_after(person: Any, sequence: int, limit: int) -> list[Change]:
    """Up to `limit` changes of the person beyond that number, oldest first. Raises CursorTooOld.

    A change that is not committed yet has a greater number than any that is: whoever goes on from the last one
    they got misses none.
    """
    ensure_followed(person, sequence)
    return list(Change.objects.filter(person=person, sequence__gt=sequence).order_by("sequence")[:limit])


def changed_at(person: Any, kind: str) -> dict[UUID, datetime]:
    """When each of the person's things of this kind changed last, as far as changes are kept."""
    return dict(Change.objects.filter(person=person, kind=kind).values_list("object_id", "changed_at"))


def forget_old_changes() -> int:
    """Deletes what changed over CHANGE_DAYS ago and not since, and remembers up to where; returns how many people's.

    Safe to run twice.
    """
    old = Change.objects.filter(changed_at__lt=timezone.now() - timedelta(days=settings.CHANGE_DAYS))
    people = list(old.order_by("person").values_list("person", flat=True).distinct())
    for person_id in people:
        with transaction.atomic():
            # Under the person's lock, so that no reader finds the floor behind what is gone.
            person = get_user_model().objects.locked().get(pk=person_id)
            theirs = old.filter(person=person)
            last = theirs.aggregate(last=Max("sequence"))["last"]
            if last is not None:
                get_user_model().objects.filter(pk=person_id).update(change_floor=Greatest("change_floor", last))
                theirs.delete()
    return len(people)


KEY, WRITTEN_OVER = ["person", "kind", "object_id"], ["sequence", "is_removed", "changed_at"]
# What `note_changes` writes of one change, in one statement.
NOTE_ONE = SqlText(
    """
    WITH counted AS (
        UPDATE accounts_user SET change_count = change_count + 1 WHERE id = %(person)s RETURNING change_count
    )
    INSERT INTO common_change (id, created_at, person_id, sequence, kind, object_id, is_removed, changed_at)
    SELECT %(id)s, %(now)s, %(person)s, change_count, %(kind)s, %(object)s, %(is_removed)s, %(now)s FROM counted
    ON CONFLICT (person_id, kind, object_id) DO UPDATE
    SET sequence = EXCLUDED.sequence, is_removed = EXCLUDED.is_removed, changed_at = EXCLUDED.changed_at
    """,
    types={
        **dict.fromkeys(["person", "id", "object"], "uuid"),
        "now": "timestamptz",
        "kind": "varchar",
        "is_removed": "bool",
    },
)


def note_change(person_id: UUID, kind: str, object_id: UUID, *, is_removed: bool = False) -> None:
    """As `note_changes`, for one."""
    if not has_texts():
        note_changes([Noted(person_id, kind, object_id, is_removed=is_removed)])
        return
    NOTE_ONE.run(
        person=person_id, id=uuid7(), now=timezone.now(), kind=kind, object=object_id, is_removed=is_removed
    )


def note_changes(changes: Iterable[Noted]) -> None:
    """Puts each thing at the end of its person's sequence, once: only its newest number is kept.

    Called in the transaction of the change. A caller that notes for several people in one transaction locks them
    first, by id, or notes for all of them in one call; then no two transactions wait for each other.
    Three statements per thousand changes, however many people.
    """
    newest = {(noted.person_id, noted.kind, noted.object_id): noted for noted in changes}
    if not newest:
        return
    counts = Counter(person_id for person_id, _kind, _object in newest)
    after = _next_numbers(counts)
    now = timezone.now()
    rows = []
    for noted in newest.values():
        rows.append(
            Change(
                person_id=noted.person_id,
                sequence=after[noted.person_id] - counts[noted.person_id] + 1,
                kind=noted.kind,
                object_id=noted.object_id,
                is_removed=noted.is_removed,
                changed_at=now,
            )
        )
        counts[noted.person_id] -= 1
    Change.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=KEY,
        update_fields=WRITTEN_OVER,
    )


def _next_numbers(counts: Counter[UUID]) -> dict[UUID, int]:
    """Moves each person's count on by that many, under the locks of their rows; returns the new counts."""
    people = get_user_model().objects.filter(pk__in=counts)
    if len(counts) == 1:  # the update takes the lock
        people.update(change_count=F("change_count") + counts.total())
        return dict(people.values_list("pk", "change_count"))
    locked = people.select_for_update(of=("self",), no_key=True).order_by("pk")
    after = {pk: count + counts[pk] for pk, count in locked.values_list("pk", "change_count")}
    ids_by_count: dict[int, list[UUID]] = {}
    for person_id, count in counts.items():
        ids_by_count.setdefault(count, []).append(person_id)
    more = Case(*(When(pk__in=ids, then=Value(count)) for count, ids in ids_by_count.items()))
    people.update(change_count=F("change_count") + more)
    return after
